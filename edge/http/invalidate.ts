// What a request that may have changed something makes worthless: URLs (RFC 9111 section 4.4) and groups (RFC 9875), and which
// methods change nothing (RFC 9110 section 9.2). An unknown method may change anything. Only the same origin's URLs
// and groups are touched: one site's answer must not throw away another's entries.

import { EDGE_LIMITS } from "../limits.ts";
import type { Fields } from "./fields.ts";
import { groupsIn } from "./tags.ts";

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
  if (!changes(method, status)) return [];
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

/**
 * The groups whose members an answer ends, by its `Cache-Group-Invalidation` (RFC 9875 section 3), which counts on unsafe
 * methods only. A failed request changes nothing here either. More groups than the limit are taken for none: an answer that
 * ends everything at once is more likely broken than meant.
 */
export function invalidatedGroups(method: string, status: number, response: Fields): string[] {
  if (!changes(method, status)) return [];
  const groups = [...new Set(groupsIn(response.get("cache-group-invalidation")))];
  return groups.length > EDGE_LIMITS.invalidatedGroups ? [] : groups;
}

/** Whether something was asked to change, and the request succeeded (RFC 9111 section 4.4: a non-error response). */
const changes = (method: string, status: number): boolean => !isSafe(method) && status >= 200 && status < 400;
