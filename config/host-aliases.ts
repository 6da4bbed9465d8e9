// One site under several hosts. Requests, purges and explanations for an alias are those of the host that it stands for, so
// a page is stored once and purged under whichever name it is known by. The local run uses it for its many ports.

import type { Config } from "./schema.ts";

/** A normalised URL, absolute or `//host/path`, with its host replaced if the configuration calls it an alias. */
export function withoutAlias(aliases: Config["aliases"], url: string): string {
  const start = url.indexOf("//") + 2;
  const slash = url.indexOf("/", start);
  const end = slash < 0 ? url.length : slash;
  const site = aliases[url.slice(start, end)];
  return site === undefined ? url : url.slice(0, start) + site + url.slice(end);
}

/** A host without port, replaced if the configuration calls it an alias of a host without port. */
export const siteOfHost = (aliases: Config["aliases"], host: string): string => aliases[host] ?? host;
