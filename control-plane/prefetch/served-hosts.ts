// Whether clients of this deployment can request a URL, by its host: warming any other would only store one site's pages under
// another's name. The hosts that the platform routes to a deployed Worker are unknown here, so there a route for every host
// accepts all.
// **Decided: a local run serves the hosts that its configuration names, and any name on one of its own ports**: names that a
// machine's own table leads there are for trying things out, and a host on another port leads somewhere else.

import type { Config } from "../../config/schema/schema.ts";

/** Why no client can request a normalised URL here; undefined if one can. */
export function whyNotServed(config: Config, url: string, mode: "local" | "production"): string | undefined {
  const { host, hostname, port } = new URL(url);
  const named = config.routes.flatMap(({ match }) => match.hosts ?? []).map((host) => host.toLowerCase());
  const sites = Object.entries(config.aliases).flat();
  if (named.some((pattern) => isHostOf(pattern, hostname)) || sites.includes(host)) return undefined;
  const servesAll = config.routes.some(({ match }) => match.hosts === undefined);
  if (!servesAll) return `${host} is the host of no route`;
  // Without aliases the ports of a run are not known, and any host may be one of them.
  if (mode === "production" || sites.length === 0 || sites.some((site) => portOf(site) === port)) return undefined;
  return `${host} is no host of this run, which is ${sites.at(-1)}: name it in a route's hosts or as an alias`;
}

/** A host of the configuration: exact without port, or `*.example.com` for its subdomains. */
const isHostOf = (pattern: string, hostname: string): boolean =>
  pattern.startsWith("*.") ? hostname.endsWith(pattern.slice(1)) : hostname === pattern;

const portOf = (host: string): string => /:(\d+)$/.exec(host)?.[1] ?? "";
