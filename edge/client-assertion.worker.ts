// Checks what the local front door says of a client's address (config/node/client-assertion.ts): signed with the cluster key,
// recent, not seen before. Only in local mode; in production the platform itself says who the client is.

import { LIMITS } from "../config/limits.ts";
import { CLIENT_FIELD, parseClientAssertion, signedText } from "../config/node/client-assertion.ts";
import type { Environment } from "../config/node/environment.worker.ts";
import { ownRegion } from "../config/node/nodes.worker.ts";
import { Nonces, verifyMac } from "../config/node/peer-signature.worker.ts";
import type { EpochMillis } from "../config/units.ts";

const nonces = new Nonces();

/** The client's address, if the holder of the cluster key vouches for it; undefined otherwise. */
export async function vouchedAddress(
  env: Environment,
  headers: Headers,
  now: EpochMillis,
): Promise<string | undefined> {
  const text = headers.get(CLIENT_FIELD);
  if (text === null || ownRegion(env) === undefined) return undefined;
  const assertion = parseClientAssertion(text);
  if (assertion === undefined) return undefined;
  if (Math.abs(now - assertion.timestampMillis) > LIMITS.peerSignatureWindowMillis) return undefined;
  if (!(await verifyMac(env.CLUSTER_KEY, signedText(assertion), assertion.signature))) return undefined;
  return nonces.admit(assertion.nonce, now) ? assertion.address : undefined;
}
