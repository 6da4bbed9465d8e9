// Authenticates traffic between processes: HMAC-SHA256 with the cluster key over the request line, every field, a
// timestamp and a nonce. The receiver refuses what is unsigned, older than the window, or seen before. Bodies that stream
// are not covered (transport encryption is); control messages are small, so their digest is.

import { LIMITS } from "./limits.ts";

const FIELD = "meridian-internal-signature";
const encoder = new TextEncoder();
const keys = new Map<string, Promise<CryptoKey>>();

/** Why a request from a peer was refused. */
export type PeerRefusal = "unsigned" | "malformed" | "expired" | "replayed" | "forged" | "too-large";

function importKey(secret: string): Promise<CryptoKey> {
  let key = keys.get(secret);
  if (key === undefined) {
    const usages = ["sign", "verify"];
    key = crypto.subtle.importKey("raw", encoder.encode(secret), { name: "HMAC", hash: "SHA-256" }, false, usages);
    keys.set(secret, key);
  }
  return key;
}

const base64url = (data: ArrayBuffer): string =>
  btoa(String.fromCharCode(...new Uint8Array(data)))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");

function fromBase64url(text: string): Uint8Array | undefined {
  if (!/^[\w-]+$/.test(text)) return undefined;
  return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (character) => character.charCodeAt(0));
}

/** Fields that the transport may change on the way, so they cannot be signed; none of them is ever trusted. */
const UNSIGNED = new Set([
  FIELD,
  "host",
  "connection",
  "content-length",
  "transfer-encoding",
  "keep-alive",
  "te",
  "upgrade",
]);

function canonical(
  method: string,
  url: string,
  headers: Headers,
  stamp: string,
  nonce: string,
  digest: string,
): Uint8Array {
  const { pathname, search } = new URL(url);
  const lines = [...headers]
    .filter(([name]) => !UNSIGNED.has(name) && !name.startsWith("cf-"))
    .map(([name, value]) => `${name}:${value.trim()}`);
  return encoder.encode([method, pathname + search, stamp, nonce, digest, ...lines.sort()].join("\n"));
}

/** SHA-256 of a body that is at hand as text; "stream" where it is not. */
const digestOf = async (body: unknown): Promise<string> =>
  typeof body === "string" ? base64url(await crypto.subtle.digest("SHA-256", encoder.encode(body))) : "stream";

/** Signs a request to a peer: adds the signature field to `headers`. `now` is the sender's clock. */
export async function signPeer(
  secret: string,
  method: string,
  url: string,
  headers: Headers,
  body: unknown,
  now: number,
): Promise<void> {
  const nonce = crypto.randomUUID();
  const digest = await digestOf(body);
  const mac = await crypto.subtle.sign(
    "HMAC",
    await importKey(secret),
    canonical(method, url, headers, `${now}`, nonce, digest),
  );
  headers.set(FIELD, `v1;${now};${nonce};${digest};${base64url(mac)}`);
}

/** Nonces seen within the window, oldest first; bounded, and a full table refuses rather than forgets. */
export class Nonces {
  readonly #seen = new Map<string, number>();

  /** Whether `nonce` is new at `now`; from then on it is not. */
  admit(nonce: string, now: number): boolean {
    for (const [old, at] of this.#seen) {
      if (now - at <= LIMITS.peerSignatureWindowMillis * 2) break;
      this.#seen.delete(old);
    }
    if (this.#seen.has(nonce) || this.#seen.size >= LIMITS.peerNonces) return false;
    this.#seen.set(nonce, now);
    return true;
  }
}

const peerNonces = new Nonces();

/** Whether `mac` (base64url) is the HMAC-SHA256 of `text` under the cluster key. */
export async function verifyMac(secret: string, text: string, mac: string): Promise<boolean> {
  const bytes = fromBase64url(mac);
  return bytes !== undefined && crypto.subtle.verify("HMAC", await importKey(secret), bytes, encoder.encode(text));
}

/**
 * Checks a request that came in over the internal port. Returns why it is refused, or the request, its signature
 * removed. A body whose digest was signed is read (it is a small control message) and compared.
 */
export async function verifyPeer(
  secret: string,
  request: Request,
  now: number,
): Promise<{ kind: "refused"; reason: PeerRefusal } | { kind: "peer"; request: Request }> {
  const refused = (reason: PeerRefusal) => ({ kind: "refused", reason }) as const;
  const signature = request.headers.get(FIELD);
  if (signature === null) return refused("unsigned");
  const [version, stamp, nonce, digest, mac] = signature.split(";");
  const macBytes = mac === undefined ? undefined : fromBase64url(mac);
  if (version !== "v1" || !stamp || !nonce || !digest || macBytes === undefined) return refused("malformed");
  if (!(Math.abs(now - Number(stamp)) <= LIMITS.peerSignatureWindowMillis)) return refused("expired");
  const signed = canonical(request.method, request.url, request.headers, stamp, nonce, digest);
  if (!(await crypto.subtle.verify("HMAC", await importKey(secret), macBytes, signed))) return refused("forged");
  if (!peerNonces.admit(nonce, now)) return refused("replayed");
  const headers = new Headers(request.headers);
  headers.delete(FIELD);
  if (digest === "stream") return { kind: "peer", request: new Request(request, { headers }) };
  // Our own messages say how long they are.
  const length = request.headers.get("content-length") ?? (request.body === null ? 0 : Number.POSITIVE_INFINITY);
  if (!(Number(length) <= LIMITS.internalBodyBytes)) return refused("too-large");
  const body = await request.text();
  if ((await digestOf(body)) !== digest) return refused("forged");
  return {
    kind: "peer",
    request: new Request(request.url, { method: request.method, headers, body, redirect: "manual" }),
  };
}
