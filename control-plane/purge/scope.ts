// What a purge is about: reads and normalises what users write, and gives each scope one key. purge-set.ts and purge-target.ts decide
// what matches. A normalised scope is its own normal form, so hubs, shards and receipts spell a scope the same way.

import { LIMITS } from "../../config/limits.ts";
import { normalHost } from "../../config/spelling/normal-host.ts";
import { normaliseUrl } from "../../config/spelling/normal-url.ts";
import type { Scope } from "./event.ts";

/** A scope in its one spelling, or why the text is none. */
export type ParsedScope =
  | { readonly kind: "scope"; readonly scope: Scope }
  | { readonly kind: "invalid"; readonly detail: string };

const invalid = (detail: string): ParsedScope => ({ kind: "invalid", detail });

/** One key for each scope: two scopes have the same key only if they are the same. */
export function scopeKey(scope: Scope): string {
  switch (scope.kind) {
    case "url":
      return `url ${scope.url}`;
    case "prefix":
      return `prefix ${scope.prefix}`;
    case "tag":
      return `tag ${scope.tag}`;
    case "host":
      return `host ${scope.host}`;
    case "everything":
      return "everything";
  }
}

/** A URL as clients use it, or `//host/path` for both schemes. Invalid: no host, a fragment, a path that ends in `/*`, what `normaliseUrl` refuses. */
export function parseUrlScope(text: string): ParsedScope {
  const result = parseUrl(text);
  if (result.kind === "invalid") return result;
  // A page whose name is an asterisk can still be purged, as `%2A`.
  if (/^[^?]*\/\*$/.test(result.url)) {
    const below = result.url.slice(0, -1);
    return invalid(`a URL names one page and knows no *: for everything below ${below} purge the prefix ${below}`);
  }
  return { kind: "scope", scope: { kind: "url", url: result.url } };
}

/** A URL or `//host/path` without query, whose path ends a segment: `https://h/a` covers `/a`, `/a/b` and `/a?x`, not `/ab`. */
export function parsePrefixScope(text: string): ParsedScope {
  if (text.includes("?")) return invalid("a prefix has no query: it covers every query of its paths");
  if (text.endsWith("*")) return invalid("a prefix is written without *: it covers everything below its path");
  const result = parseUrl(text);
  return result.kind === "invalid" ? result : { kind: "scope", scope: { kind: "prefix", prefix: result.url } };
}

/** A tag: 1 to 1024 visible ASCII characters without comma or space, compared exactly. */
export function parseTagScope(text: string): ParsedScope {
  if (text.length === 0 || text.length > LIMITS.tagCharacters) {
    return invalid(`a tag has 1 to ${LIMITS.tagCharacters} characters`);
  }
  if (!/^[!-+\--~]+$/.test(text)) return invalid("a tag is visible ASCII without comma or space");
  return { kind: "scope", scope: { kind: "tag", tag: text } };
}

/** An exact host without port, or `*.host` for its subdomains, which do not include the host itself. */
export function parseHostScope(text: string): ParsedScope {
  const wildcard = text.startsWith("*.");
  const name = wildcard ? text.slice(2) : text;
  if (/[/?#@\\]/.test(name)) return invalid("a host is a name alone, without scheme or path");
  if (name.includes("*")) return invalid("a host has * only as its first label: *.example.com");
  if (/^[^[].*:|\]:/.test(name)) return invalid("a host is given without port: all its ports are meant");
  const result = normalHost(name);
  if (result.kind === "invalid") return invalid("this is not a host name");
  const { name: host } = result;
  const isAddress = host.startsWith("[") || /^[0-9.]+$/.test(host);
  if (wildcard && isAddress) return invalid("an address has no subdomains");
  return { kind: "scope", scope: { kind: "host", host: wildcard ? `*.${host}` : host } };
}

/**
 * The absolute URLs that a normalised URL or prefix stands for: itself, or one for each scheme if it has none. This is what a
 * purge set uses when nothing is known of key rules, and what the shards' own rules start from.
 */
export function absoluteUrls(url: string): readonly string[] {
  if (!url.startsWith("//")) return [url];
  const urls: string[] = [];
  for (const scheme of ["https:", "http:"]) {
    // Again normalised, since a port may be the default of one scheme only.
    const result = normaliseUrl(`${scheme}${url}`);
    if (result.kind === "url") urls.push(result.url);
  }
  return urls;
}

type ParsedUrl = ReturnType<typeof normaliseUrl>;

function parseUrl(text: string): ParsedUrl {
  if (!text.startsWith("//")) {
    if (/^[a-z][a-z0-9+.-]*:/i.test(text) || text === "") return normaliseUrl(text);
    return { kind: "invalid", detail: "a URL is absolute: https://host/path, or //host/path for both schemes" };
  }
  const secure = normaliseUrl(`https:${text}`);
  const plain = normaliseUrl(`http:${text}`);
  if (secure.kind === "invalid") return secure;
  if (plain.kind === "invalid") return plain;
  const [one, other] = [secure.url.slice("https:".length), plain.url.slice("http:".length)];
  // Where they differ, a default port was dropped from one: the other spelling still says it.
  return { kind: "url", url: one.length > other.length ? one : other };
}
