// One spelling for each URL: cache keys, purge scopes and routes all start from it, so that a purge of a URL finds what a
// client of that URL stored. It follows RFC 3986 section 6.2.2 and 6.2.3: lower-case scheme and host, no default port, no dot
// segments, upper-case percent escapes, unreserved characters unescaped, an empty path written "/".
// It never reorders or drops query parameters (the route's key rules do), and what it gives is its own normal form.

import { LIMITS } from "./limits.ts";

/** A URL in its one spelling, or why the text is none. */
export type NormalUrl =
  | { readonly kind: "url"; readonly url: string }
  | { readonly kind: "invalid"; readonly detail: string };

const invalid = (detail: string): NormalUrl => ({ kind: "invalid", detail });

/**
 * The one spelling of an absolute http or https URL. Invalid are: a URL without scheme or host, another scheme, a
 * fragment, user information, white space or control characters, and more than `LIMITS.urlCharacters` characters.
 */
export function normaliseUrl(text: string): NormalUrl {
  if (text.length > LIMITS.urlCharacters) return invalid(`a URL has at most ${LIMITS.urlCharacters} characters`);
  if (!/^https?:\/\/[^/?#\\]/i.test(text)) return invalid("a URL begins with http:// or https:// and a host");
  // The URL parser drops tabs and newlines and trims spaces: two texts would become one without anybody having said so.
  if (hasBlank(text)) return invalid("a URL has no white space or control characters");
  if (text.includes("#")) return invalid("a URL to a cache has no fragment: it is never sent");
  // Half a surrogate pair would become U+FFFD, as any other half would.
  if (!text.isWellFormed()) return invalid("a URL is well-formed Unicode");
  let url: URL;
  try {
    url = new URL(text);
  } catch (problem) {
    if (problem instanceof TypeError) return invalid("this is not a URL");
    throw problem;
  }
  if (url.username !== "" || url.password !== "") return invalid("a URL to a cache carries no user name or password");
  // `example.com.` names the same host as `example.com` (RFC 1034 section 3.1), and must not hide from its purges.
  const host = url.host.replace(/\.(?=:|$)/, "");
  if (host === "" || host.startsWith(":")) return invalid("this is not a URL");
  // From `href`, since `search` does not tell a bare "?" from no query, and RFC 3986 section 6.2.3 leaves those two apart.
  const start = url.href.indexOf("?");
  const query = start < 0 ? "" : url.href.slice(start);
  // The parser has removed dot segments, those written `%2e` as well, so unescaping makes no new ones.
  const spelt = `${url.protocol}//${host}${normalEscapes(url.pathname)}${normalEscapes(query)}`;
  if (spelt.length > LIMITS.urlCharacters) return invalid(`a URL has at most ${LIMITS.urlCharacters} characters`);
  return { kind: "url", url: spelt };
}

/**
 * `%7e` becomes `~` and `%2f` becomes `%2F`: an escape of anything but an unreserved character stays (RFC 3986 section 2.3).
 * Right after a stray "%" every escape stays, or `%%36%31` would become `%61`, which has yet another normal form.
 */
export const normalEscapes = (text: string): string =>
  text.replace(/(%[0-9a-f]?)?%([0-9a-f]{2})/gi, (_, stray: string | undefined, digits: string) => {
    const character = String.fromCharCode(Number.parseInt(digits, 16));
    if (stray !== undefined) return `${stray}%${digits.toUpperCase()}`;
    return /[A-Za-z0-9\-._~]/.test(character) ? character : `%${digits.toUpperCase()}`;
  });

function hasBlank(text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code <= 0x20 || code === 0x7f) return true;
  }
  return false;
}
