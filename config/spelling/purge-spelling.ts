// The normal form for matching purges with stored responses. It is coarser than that of keys (normal-url.ts): URLs that clients,
// scripts or origins may treat alike are one here, so a purge may cover more than it lists, never less. Over-purging costs a
// refetch, under-purging serves withdrawn content. Folded are: reserved characters and their escapes, except those that
// separate parameters; a stray "%" and "%25"; "+" and "%20" in a query; the order of parameters, and empty ones; `%2F`, `%5C` and
// repeated slashes in a path, and the dot segments that they make. Not folded are letters' case, a closing slash and
// `;parameters`: sites do serve different pages under these.

import { pathStart } from "./normal-url.ts";

/** The purge spelling of a normalised URL, absolute or `//host/path`. It is its own purge spelling. */
export function purgeSpelling(url: string): string {
  const start = pathStart(url);
  // Most URLs have nothing to fold, and every request has its own.
  if (!/[?%]|\/[./]/.test(url.slice(start))) return url;
  const end = url.indexOf("?", start);
  const path = foldPath(url.slice(start, end < 0 ? url.length : end));
  const query = end < 0 ? "" : foldQuery(url.slice(end + 1));
  return `${url.slice(0, start)}${path}${query === "" ? "" : `?${query}`}`;
}

function foldPath(path: string): string {
  const slashed = resolved(path, /[A-Za-z0-9\-._~!$&'()*+,;=:@/]/).replace(/%5C/g, "/");
  return withoutDotSegments(slashed.replace(/\/{2,}/g, "/"));
}

function foldQuery(query: string): string {
  const parts = query.split("&").filter((part) => part !== "");
  const spelt = parts.map((part) => resolved(part, /[A-Za-z0-9\-._~!$'()*,;:@/?[\]]/).replaceAll("+", "%20"));
  return spelt.sort().join("&");
}

/** Escapes of `plain` characters are resolved, others are written with capitals, and a "%" that begins none is escaped. */
const resolved = (text: string, plain: RegExp): string =>
  text.replace(/%(?:([0-9A-Fa-f]{2}))?/g, (_, digits: string | undefined) => {
    if (digits === undefined) return "%25";
    const character = String.fromCharCode(Number.parseInt(digits, 16));
    return plain.test(character) ? character : `%${digits.toUpperCase()}`;
  });

/** RFC 3986 section 5.2.4, for an absolute path without empty segments. */
export function withoutDotSegments(path: string): string {
  if (!/\/\.\.?(?:\/|$)/.test(path)) return path;
  const segments: string[] = [];
  const parts = path.split("/").slice(1);
  for (const [index, part] of parts.entries()) {
    const isLast = index === parts.length - 1;
    if (part === "..") segments.pop();
    else if (part !== ".") segments.push(part);
    if (isLast && (part === "." || part === "..")) segments.push("");
  }
  return `/${segments.join("/")}`;
}
