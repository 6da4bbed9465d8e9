// Normalizes URLs: cache keys, purge scopes, routes and signatures all start from this form, so that a purge of a URL finds the
// responses stored for it. It follows RFC 3986 sections 6.2.2 and 6.2.3: lower-case scheme and host, no default port,
// no dot segments, upper-case percent escapes, unreserved characters unescaped, an empty path written "/". Characters that
// RFC 3986 allows in no path and no query (`|`, `{`, `"`, `\`, non-ASCII) have one spelling, their escape (sections 2.1, 2.4).
// It never reorders or drops query parameters (the route's key rules do), and is idempotent.
// **Decided**: a bare "?" is dropped. No server gives `/a?` another meaning than `/a`, and every other cache of the site would
// keep it twice. **Decided**: reserved characters and their escapes stay apart (section 2.2: `/a%2Fb` is no `/a/b`), except "'" in
// a query: the platform's URL parser escapes it in every request that it sends, so only the escape can reach an origin.
// **Decided**: "[" and "]", reserved but allowed in neither, are escaped in paths and stay as written in queries: browsers and
// HTTP clients send `f[]=1` as it is, and origins sign queries as they were written.
// **Decided**: a stray "%" stays, since old applications write `%u0041`. Purges fold all of these (purge-spelling.ts).

import { LIMITS } from "../limits.ts";

/** A URL in its one spelling, or why the text is none. */
export type NormalUrl =
  | { readonly kind: "url"; readonly url: string }
  | { readonly kind: "invalid"; readonly detail: string };

const invalid = (detail: string): NormalUrl => ({ kind: "invalid", detail });

/**
 * The one spelling of an absolute http or https URL. Invalid are: a URL without scheme or host, another scheme, a host that no
 * DNS name or address can be, a fragment, user information, white space or control characters, and more than
 * `LIMITS.urlCharacters` characters.
 */
export function normaliseUrl(text: string): NormalUrl {
  if (text.length > LIMITS.urlCharacters) return invalid(`a URL may have at most ${LIMITS.urlCharacters} characters`);
  if (!/^https?:\/\/[^/?#\\]/i.test(text)) return invalid("a URL must begin with http:// or https:// and a host");
  // The URL parser drops tabs and newlines and trims spaces, which would silently merge different texts.
  if (hasBlank(text)) return invalid("a URL must have no white space or control characters");
  if (text.includes("#")) return invalid("a URL must have no fragment: clients never send it");
  // Half a surrogate pair would become U+FFFD, as any other half would.
  if (!text.isWellFormed()) return invalid("a URL must be well-formed Unicode");
  const hasBackslash = text.includes("\\");
  // The URL parser would end the host here, other parsers would not: the two could disagree about whose URL this is.
  if (hasBackslash && text.slice(0, pathStart(text)).includes("\\")) return invalid("a host must have no backslash");
  let url: URL;
  try {
    // The URL parser would read a backslash in a path as a slash, which RFC 3986 does not.
    url = new URL(hasBackslash ? text.replaceAll("\\", "%5C") : text);
  } catch (problem) {
    if (problem instanceof TypeError) return invalid("this is not a URL");
    throw problem;
  }
  if (url.username !== "" || url.password !== "") return invalid("a URL must have no user name or password");
  const host = hostSpelling(url.host);
  if (host === undefined) return invalid("the host is neither a name nor an address");
  // The parser has removed dot segments, those written `%2e` as well, so unescaping makes no new ones. It gives a bare "?" as
  // an empty `search`.
  const spelt = `${url.protocol}//${host}${spellPart(url.pathname)}${spellQuery(url.search)}`;
  if (spelt.length > LIMITS.urlCharacters) return invalid(`a URL may have at most ${LIMITS.urlCharacters} characters`);
  return { kind: "url", url: spelt };
}

/**
 * `%7e` becomes `~` and `%2f` becomes `%2F`: an escape of anything but an unreserved character stays (RFC 3986 section 2.3).
 * Right after a stray "%" every escape stays, or `%%36%31` would become `%61`, which has yet another normal form.
 */
const normalEscapes = (text: string): string =>
  text.includes("%")
    ? text.replace(/(%[0-9a-f]?)?%([0-9a-f]{2})/gi, (_, stray: string | undefined, digits: string) => {
        const character = String.fromCharCode(Number.parseInt(digits, 16));
        if (stray !== undefined) return `${stray}%${digits.toUpperCase()}`;
        return /[A-Za-z0-9\-._~]/.test(character) ? character : `%${digits.toUpperCase()}`;
      })
    : text;

/** Path and query of a normalised URL, as they stand: no parser is asked again, since some would spell them in another way. */
export const targetOfUrl = (url: string): string => url.slice(pathStart(url));

/** A piece of a path in its one spelling, never an error: only characters that RFC 3986 section 3.3 allows are left unescaped. */
export const spellPart = (text: string): string =>
  normalEscapes(text.replace(/[^A-Za-z0-9\-._~!$&'()*+,;=:@/?%]+/g, (run) => encodeURIComponent(run.toWellFormed())));

const spellQuery = (text: string): string =>
  normalEscapes(text.replace(/[^A-Za-z0-9\-._~!$&'()*+,;=:@/?%[\]]+/g, encodeURIComponent));

/** Where the authority of `scheme://host/path?query` or `//host/path?query` ends. */
export function pathStart(url: string): number {
  for (let at = url.indexOf("//") + 2; at < url.length; at++) {
    const character = url[at];
    if (character === "/" || character === "?" || character === "#") return at;
  }
  return url.length;
}

/**
 * The host, and perhaps port, that the URL parser gave, without the dot of an absolute name: `example.com.` names the same host
 * as `example.com` (RFC 1034 section 3.1) and must not hide from its purges. Undefined where it is neither name nor address.
 */
function hostSpelling(host: string): string | undefined {
  const parts = /^([a-z0-9_-]+(?:\.[a-z0-9_-]+)*|\[[0-9a-f:.]+\])\.?(:[0-9]+)?$/.exec(host);
  if (parts?.[1] === undefined || parts[1].length > LIMITS.hostCharacters) return undefined;
  return parts[2] === undefined ? parts[1] : parts[1] + parts[2];
}

function hasBlank(text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code <= 0x20 || code === 0x7f) return true;
  }
  return false;
}
