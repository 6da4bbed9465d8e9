// Signs the front door's assertion of a client's address (config/node/client-assertion.ts) with Node's HMAC. Edges verify it.

import { createHmac, randomUUID } from "node:crypto";
import { formatClientAssertion, signedText } from "../../../config/node/client-assertion.ts";

/** The value of `Meridian-Internal-Client` for a client at `address`, said at `nowMillis`. */
export function signClient(clusterKey: string, address: string, nowMillis: number): string {
  // A dual-stack socket shows IPv4 clients as mapped IPv6 addresses; a zone means nothing beyond this machine.
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, "").replace(/%.*$/, "");
  const assertion = { address: plain, timestampMillis: nowMillis, nonce: randomUUID() };
  const signature = createHmac("sha256", clusterKey).update(signedText(assertion)).digest("base64url");
  return formatClientAssertion(assertion, signature);
}
