// Verifies a receipt's signature: Ed25519 over the canonical JSON of the receipt without its signature. Unknown members are
// included, since a later version signs them too. The receipt only selects the key, and only among those given.

import { createPublicKey, verify } from "node:crypto";
import type { z } from "zod";
import { canonicalJson } from "../../api/purges/canonical-json.ts";
import type { keySetSchema, receiptSchema } from "../../api/schemas.ts";

/** `kid` names the key with which it is signed. */
export type SignatureCheck =
  | { readonly kind: "signed"; readonly kid: string }
  | { readonly kind: "not-signed"; readonly code: "unknown-key" | "forged"; readonly detail: string };

/** Checks a receipt against these keys. */
export function checkSignature(
  receipt: z.output<typeof receiptSchema>,
  { keys }: z.output<typeof keySetSchema>,
): SignatureCheck {
  const { signature, ...signed } = receipt;
  const { kid } = signature;
  const jwk = keys.find((key) => key.kid === kid);
  if (jwk === undefined) {
    const known = keys.map((key) => key.kid).join(", ");
    const detail = `${receipt.id} refers to the key ${kid}, which is not among those given (${known}).`;
    return { kind: "not-signed", code: "unknown-key", detail };
  }
  const key = createPublicKey({ key: { kty: jwk.kty, crv: jwk.crv, x: jwk.x }, format: "jwk" });
  const value = Buffer.from(signature.value, "base64url");
  if (verify(null, Buffer.from(canonicalJson(signed)), key, value)) return { kind: "signed", kid };
  const detail = `The signature of ${receipt.id} is invalid: the receipt was altered after signing, or signed with another key.`;
  return { kind: "not-signed", code: "forged", detail };
}
