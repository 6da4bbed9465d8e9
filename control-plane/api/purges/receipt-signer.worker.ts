// Signs receipts, so that one can be verified later. The key pair is Ed25519 (RFC 8032), derived from the cluster key by HKDF
// (RFC 5869): every region's API signs with the same key, and none has to be distributed; verification needs only the public
// key, which GET /v1/keys returns without a token. The signed text is the canonical JSON of the answer without its signature.
// The derivation's label is for receipts only, so this key signs nothing else.

import type { z } from "zod";
import type { keySetSchema, receiptSchema } from "../schemas.ts";
import { canonicalJson } from "./canonical-json.ts";
import type { UnsignedReceipt } from "./receipts.ts";

type SignedReceipt = z.output<typeof receiptSchema>;
type KeySet = z.output<typeof keySetSchema>;

/** Signs with one deployment's key, and returns its public key. */
export interface ReceiptSigner {
  sign(receipt: UnsignedReceipt): Promise<SignedReceipt>;
  keys(): Promise<KeySet>;
}

interface Pair {
  readonly secret: Awaited<ReturnType<typeof crypto.subtle.importKey>>;
  /** The public key, base64url. */
  readonly x: string;
  readonly kid: string;
}

const LABEL = "meridian receipts v1";
/** The bytes before the seed in a PKCS #8 document (RFC 8410 section 7). */
const PKCS8_PREFIX = Uint8Array.from([48, 46, 2, 1, 0, 48, 5, 6, 3, 43, 101, 112, 4, 34, 4, 32]);
const encoder = new TextEncoder();

/** The signer for this cluster key. The pair is derived at first use and cached. */
export function receiptSigner(clusterKey: string): ReceiptSigner {
  let known: Pair | undefined;
  // The pair is cached, not its promise: requests in a Worker must not wait on another request's promise.
  const pair = async (): Promise<Pair> => {
    known ??= await derive(clusterKey);
    return known;
  };
  return {
    async sign(receipt) {
      const { secret, kid } = await pair();
      const value = await crypto.subtle.sign("Ed25519", secret, encoder.encode(canonicalJson(receipt)));
      return { ...receipt, signature: { alg: "EdDSA", kid, value: base64url(value) } };
    },
    async keys() {
      const { x, kid } = await pair();
      return { keys: [{ kty: "OKP", crv: "Ed25519", x, kid, alg: "EdDSA", use: "sig" }] };
    },
  };
}

async function derive(clusterKey: string): Promise<Pair> {
  const { subtle } = crypto;
  const material = await subtle.importKey("raw", encoder.encode(clusterKey), "HKDF", false, ["deriveBits"]);
  const info = encoder.encode(LABEL);
  const seed = await subtle.deriveBits({ name: "HKDF", hash: "SHA-256", salt: new Uint8Array(), info }, material, 256);
  const document = new Uint8Array([...PKCS8_PREFIX, ...new Uint8Array(seed)]);
  // Extractable only to read the public key once; the signing key is not.
  const readable = await subtle.importKey("pkcs8", document, "Ed25519", true, ["sign"]);
  const { x = "" } = (await subtle.exportKey("jwk", readable)) as { readonly x?: string };
  const secret = await subtle.importKey("pkcs8", document, "Ed25519", false, ["sign"]);
  // A key's id is its thumbprint (RFC 7638, RFC 8037 appendix A.3), which no other key has.
  const thumbprint = canonicalJson({ crv: "Ed25519", kty: "OKP", x });
  return { secret, x, kid: base64url(await subtle.digest("SHA-256", encoder.encode(thumbprint))) };
}

const base64url = (data: ArrayBuffer): string =>
  btoa(String.fromCharCode(...new Uint8Array(data)))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
