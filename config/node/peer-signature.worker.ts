// Authenticates traffic between processes: HMAC-SHA256 with the cluster key over the receiving region, the request line,
// every field, a timestamp, a nonce and the body's digest. The receiver refuses messages that are unsigned, signed for another
// region, older than the window or than its own process, or seen before. So a message is valid once, at one process: nonces that
// a process lost when it stopped are older than the next process.
// Bodies of clients' requests stream through and are not covered; every other message carries its digest.

import { LIMITS } from "../limits.ts";
import type { RegionId } from "../world/regions.ts";

const FIELD = "meridian-internal-signature";
/** The version of what is signed; another one is refused, since local processes are started together. */
const VERSION = "v2";
/** Replaces the digest of a streamed body. */
const STREAM = "stream";
/** The one path whose body may stream: a tier's request, with a client's upload. */
const STREAMING_PATH = "/request";
const encoder = new TextEncoder();
const keys = new Map<string, Promise<CryptoKey>>();

/** Why a request from a peer was refused. */
export type PeerRefusal = "unsigned" | "malformed" | "expired" | "replayed" | "forged" | "undigested" | "too-large";

/** The process that checks: its region, and when it began, in milliseconds since 1970. */
export interface PeerSelf {
  readonly region: RegionId;
  readonly startedAt: number;
}

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
  // Four characters are three bytes; one that is left over is none (RFC 4648 section 4).
  if (!/^[\w-]+$/.test(text) || text.length % 4 === 1) return undefined;
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
  to: RegionId,
  method: string,
  url: string,
  headers: Headers,
  stamp: string,
  nonce: string,
  digest: string,
): Uint8Array {
  const { pathname, search } = new URL(url);
  const lines = [...headers].filter(([name]) => !UNSIGNED.has(name)).map(([name, value]) => `${name}:${value.trim()}`);
  return encoder.encode([VERSION, to, method, pathname + search, stamp, nonce, digest, ...lines.sort()].join("\n"));
}

/** SHA-256 of no bytes at all, which most requests have for a body. */
const EMPTY_DIGEST = "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU";

/** SHA-256 of a body that is at hand; "stream" where it is not. */
async function digestOf(body: unknown): Promise<string> {
  if (body === undefined || body === null || body === "") return EMPTY_DIGEST;
  const bytes = typeof body === "string" ? encoder.encode(body) : body;
  if (!(bytes instanceof ArrayBuffer || ArrayBuffer.isView(bytes))) return STREAM;
  return base64url(await crypto.subtle.digest("SHA-256", bytes as BufferSource));
}

/** Signs a request to the process of region `to`: adds the signature field to `headers`. `now` is the sender's clock. */
export async function signPeer(
  secret: string,
  method: string,
  url: string,
  headers: Headers,
  body: unknown,
  now: number,
  to: RegionId,
): Promise<void> {
  const nonce = crypto.randomUUID();
  const digest = await digestOf(body);
  const mac = await crypto.subtle.sign(
    "HMAC",
    await importKey(secret),
    canonical(to, method, url, headers, `${now}`, nonce, digest),
  );
  headers.set(FIELD, `${VERSION};${now};${nonce};${digest};${base64url(mac)}`);
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
 * removed. It never throws for what a request holds. A body whose digest was signed is read and compared.
 */
export async function verifyPeer(
  secret: string,
  request: Request,
  now: number,
  self: PeerSelf,
): Promise<{ kind: "refused"; reason: PeerRefusal } | { kind: "peer"; request: Request }> {
  const refused = (reason: PeerRefusal) => ({ kind: "refused", reason }) as const;
  const signature = request.headers.get(FIELD);
  if (signature === null) return refused("unsigned");
  const [version, stamp = "", nonce, digest, mac, ...more] = signature.split(";");
  const macBytes = mac === undefined ? undefined : fromBase64url(mac);
  const isWellFormed = version === VERSION && /^\d{1,15}$/.test(stamp) && more.length === 0;
  if (!isWellFormed || !nonce || !digest || macBytes === undefined) return refused("malformed");
  const signedAt = Number(stamp);
  if (Math.abs(now - signedAt) > LIMITS.peerSignatureWindowMillis) return refused("expired");
  // This process cannot know which messages its predecessor accepted, so it accepts none of that time.
  if (signedAt < self.startedAt) return refused("expired");
  const signed = canonical(self.region, request.method, request.url, request.headers, stamp, nonce, digest);
  if (!(await crypto.subtle.verify("HMAC", await importKey(secret), macBytes, signed))) return refused("forged");
  if (!peerNonces.admit(nonce, now)) return refused("replayed");
  const headers = new Headers(request.headers);
  headers.delete(FIELD);
  if (digest === STREAM) {
    // Its signer says so, and yet: what is said to a hub or of purges must be what was signed.
    if (new URL(request.url).pathname !== STREAMING_PATH) return refused("undigested");
    return { kind: "peer", request: new Request(request, { headers }) };
  }
  if (digest === EMPTY_DIGEST && request.body === null)
    return { kind: "peer", request: new Request(request, { headers }) };
  // Our own messages say how long they are.
  const length = request.headers.get("content-length") ?? (request.body === null ? 0 : Number.POSITIVE_INFINITY);
  if (!(Number(length) <= LIMITS.internalBodyBytes)) return refused("too-large");
  const body = await request.arrayBuffer();
  const isEmpty = body.byteLength === 0;
  if ((isEmpty ? EMPTY_DIGEST : await digestOf(body)) !== digest) return refused("forged");
  const init = { method: request.method, headers, redirect: "manual", ...(isEmpty ? {} : { body }) } as const;
  return { kind: "peer", request: new Request(request.url, init) };
}
