// What a request that may have changed something makes worthless (RFC 9111 section 4.4), and which methods change nothing
// (RFC 9110 section 9.2). A method that nobody knows may change anything. Only the same origin's URLs are touched: one
// site's answer must not throw away another's entries.

import type { Fields } from "./fields.ts";

/** Methods that ask for nothing to change, as registered with IANA; all others are unsafe. */
const SAFE: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS", "TRACE", "QUERY", "PROPFIND", "REPORT", "SEARCH"]);
const IDEMPOTENT: ReadonlySet<string> = new Set([...SAFE, "PUT", "DELETE"]);

/** Whether the method asks for nothing to change (RFC 9110 section 9.2.1). Methods are sensitive to case. */
export const isSafe = (method: string): boolean => SAFE.has(method);

/** Whether asking twice is as good as asking once (RFC 9110 section 9.2.2), so that a retry does no harm. */
export const isIdempotent = (method: string): boolean => IDEMPOTENT.has(method);

/**
 * The URLs whose stored responses an answer ends: for an unsafe method that succeeded the target, and what `Location` and
 * `Content-Location` name at the same origin. Absolute, without fragment, each once; none if the request failed.
 */
export function invalidatedUrls(method: string, status: number, url: string, response: Fields): string[] {
  if (isSafe(method) || status < 200 || status >= 400) return [];
  const urls = new Set<string>([url]);
  for (const name of ["location", "content-location"]) {
    const reference = response.get(name);
    if (reference === undefined || !URL.canParse(reference, url)) continue;
    const named = new URL(reference, url);
    named.hash = "";
    if (named.origin === new URL(url).origin) urls.add(named.href);
  }
  return [...urls];
}
