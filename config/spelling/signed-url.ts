// The format of signed URLs, for those who make them (`meridian sign`, a site's own code) and those who check them (the edge).
// Here are the parameters and the text that is signed; making and comparing the signature need a platform's HMAC.
//
//   URL        https://HOST/PATH?QUERY&meridian-expires=SECONDS&meridian-key=ID[&meridian-prefix=/FOLDER/][&meridian-address=1]
//              &meridian-signature=SIGNATURE
//   cookie     meridian-signature=meridian-expires=SECONDS&meridian-key=ID&...   (the same parameters, for players that drop queries)
//   SIGNATURE  base64url without padding of HMAC-SHA256 over the lines of `signedUrlText`, keyed by the UTF-8 bytes of the secret
//
// PATH and QUERY are signed as config/spelling/normal-url.ts spells them, which is how they are written if they are plain. Brackets in a
// query count as their escapes: whichever of the two a client sends, the signature is the same.

/** The parameters, in the order in which they are written. They are taken off before the cache and the origin see a URL. */
export const SIGNATURE_PARAMETERS = {
  expires: "meridian-expires",
  key: "meridian-key",
  prefix: "meridian-prefix",
  address: "meridian-address",
  signature: "meridian-signature",
} as const;

/** The cookie that may carry the parameters in place of the query. */
export const SIGNATURE_COOKIE = "meridian-signature";

/** What a signature allows. */
export interface Grant {
  /** With a port, if it is not the scheme's own. The scheme is not signed: a redirect to https keeps a URL valid. */
  readonly host: string;
  readonly scope:
    | { readonly kind: "url" /** Path and query without the parameters above. */; readonly target: string }
    | { readonly kind: "prefix" /** The beginning of paths; ends in "/". */; readonly prefix: string };
  /** Seconds since 1970; from then on it allows nothing. */
  readonly expires: number;
  /** The one client that may use it, as `clientNetwork` (ip-network.ts) writes it: an IPv4 address, or an IPv6 /64. */
  readonly network?: string | undefined;
}

/** Path and query of a normalised URL without the parameters above, as they are signed. */
export const signedTarget = (target: string): string => target.replaceAll("[", "%5B").replaceAll("]", "%5D");

/** The text whose UTF-8 bytes are signed. Its first line keeps a signature made for another purpose from counting here. */
export const signedUrlText = ({ host, scope, expires, network }: Grant): string =>
  [
    "meridian-signed-url-v1",
    host,
    scope.kind === "url" ? `url ${scope.target}` : `prefix ${scope.prefix}`,
    `${expires}`,
    network ?? "-",
  ].join("\n");

/** The parameters of a grant, as they stand in a query or in the cookie. */
export function signatureParameters(grant: Grant, keyId: string, signature: string): string {
  const names = SIGNATURE_PARAMETERS;
  return [
    `${names.expires}=${grant.expires}`,
    `${names.key}=${keyId}`,
    ...(grant.scope.kind === "prefix" ? [`${names.prefix}=${grant.scope.prefix}`] : []),
    ...(grant.network === undefined ? [] : [`${names.address}=1`]),
    `${names.signature}=${signature}`,
  ].join("&");
}

/** Names that keys may have. */
export const KEY_ID = /^[A-Za-z0-9_-]{1,32}$/;

/** Folders that can be signed: whole segments, and nothing that would end a query's parameter or a cookie. */
export const SIGNABLE_PREFIX = /^\/(?:[^?#&;,"\s\\]*\/)?$/;
