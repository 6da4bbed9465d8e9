// One site under several hosts. Requests, purges and explanations for an alias apply to the site's host, so a page is stored once
// and can be purged under any of its names. The local run uses it for its many ports.
// Hosts come from clients, and may be `constructor`: only own properties of the configuration count.

import type { Config } from "../schema/schema.ts";
import { normaliseUrl, pathStart } from "./normal-url.ts";

type Aliases = Config["aliases"];

const siteOf = (aliases: Aliases, host: string): string | undefined =>
  Object.hasOwn(aliases, host) ? aliases[host] : undefined;

/** A normalised URL, absolute or `//host/path`, with its host replaced if the configuration calls it an alias. */
export function withoutAlias(aliases: Aliases, url: string): string {
  const start = url.indexOf("//") + 2;
  const end = pathStart(url);
  const site = siteOf(aliases, url.slice(start, end));
  return site === undefined ? url : url.slice(0, start) + site + url.slice(end);
}

/**
 * The URLs that a purge of a normalised URL or prefix is about. `//h:443/` is `h` over https and `h:443` over http, of which one
 * may be an alias and the other not.
 */
export function sitesOfUrl(aliases: Aliases, url: string): string[] {
  if (!/^\/\/[^/?]*:(?:80|443)(?:[/?]|$)/.test(url)) return [withoutAlias(aliases, url)];
  return ["https:", "http:"].flatMap((scheme) => {
    const normal = normaliseUrl(`${scheme}${url}`);
    return normal.kind === "url" ? [withoutAlias(aliases, normal.url)] : [];
  });
}

/**
 * The hosts, without port, that a purge of `host` is about: those that it stands for, on any port, and itself unless it is an
 * alias. A host with `*.` is about what is stored under such names, so about no site that an alias among them stands for.
 */
export function sitesOfHost(aliases: Aliases, host: string): string[] {
  const sites = Object.entries(aliases)
    .filter(([alias]) => withoutPort(alias) === host)
    .map(([, site]) => withoutPort(site));
  return [...new Set([...(Object.hasOwn(aliases, host) ? [] : [host]), ...sites])];
}

const withoutPort = (host: string): string => host.replace(/:[0-9]+$/, "");

/** Both lists of aliases as one, in which none stands for another: what `first` leads to may be an alias of `second`. */
export function joinAliases(first: Aliases, second: Aliases): Aliases {
  const through = Object.entries(first).map(([alias, site]) => [alias, siteOf(second, site) ?? site]);
  const joined = Object.fromEntries([...through, ...Object.entries(second)]);
  // The other way round: what `second` leads to may be an alias of `first`.
  return Object.fromEntries(
    Object.entries<string>(joined)
      .map(([alias, site]) => [alias, siteOf(first, site) ?? site] as const)
      .filter(([alias, site]) => alias !== site),
  );
}
