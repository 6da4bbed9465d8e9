// Whether a receipt is as the deployment signed it: Ed25519 over the canonical JSON of the receipt without its signature. It
// takes whatever members the receipt has, for those of a later version are signed too; it believes nothing that the receipt
// says of itself but which key to look for, and only among the keys that it is given.

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
    const detail = `${receipt.id} names the key ${kid}, which is none of those given (${known}).`;
    return { kind: "not-signed", code: "unknown-key", detail };
  }
  const key = createPublicKey({ key: { kty: jwk.kty, crv: jwk.crv, x: jwk.x }, format: "jwk" });
  const value = Buffer.from(signature.value, "base64url");
  if (verify(null, Buffer.from(canonicalJson(signed)), key, value)) return { kind: "signed", kid };
  const detail = `The signature of ${receipt.id} does not fit: it was changed after it was signed, or signed with another key.`;
  return { kind: "not-signed", code: "forged", detail };
}
