// How the local front door passes a client's address to an edge: one field that carries the address, when it was said, a nonce
// and a signature with the cluster key. The text is fixed here for both sides; signing and checking need a platform's
// HMAC and live with their shells. An edge believes no such field unsigned, old or seen before.
//
//   Meridian-Internal-Client: v1;<address>;<timestamp in ms>;<nonce>;<base64url HMAC-SHA256>

/** The field, in lower case. Data ports strip it from what clients send when it does not verify. */
export const CLIENT_FIELD = "meridian-internal-client";

/** What is said of a client. */
export interface ClientAssertion {
  /** IPv4 or IPv6 in text form, without brackets or zone. */
  readonly address: string;
  /** Milliseconds since 1970 by the front door's clock. */
  readonly timestampMillis: number;
  /** Unique for every request: 8 to 64 characters of `A-Z a-z 0-9 _ -`. */
  readonly nonce: string;
}

/**
 * The text whose UTF-8 bytes are signed: HMAC-SHA256, keyed by the UTF-8 bytes of the cluster key as it is written. Its
 * first part keeps a signature made for another purpose with the same key from counting here.
 */
export const signedText = (assertion: ClientAssertion): string =>
  `meridian-client-v1|${assertion.address}|${assertion.timestampMillis}|${assertion.nonce}`;

/** The field's value. `signature` is base64url without padding. */
export const formatClientAssertion = (assertion: ClientAssertion, signature: string): string =>
  `v1;${assertion.address};${assertion.timestampMillis};${assertion.nonce};${signature}`;

const PATTERN = /^v1;([0-9A-Fa-f:.]{2,45});(\d{1,15});([\w-]{8,64});([\w-]{43})$/;

/** Reads a field's value; undefined if it is not of this form. Says nothing of whether the signature is right. */
export function parseClientAssertion(text: string): (ClientAssertion & { readonly signature: string }) | undefined {
  const [, address, timestamp, nonce, signature] = PATTERN.exec(text) ?? [];
  if (address === undefined || nonce === undefined || signature === undefined) return undefined;
  return { address, timestampMillis: Number(timestamp), nonce, signature };
}
