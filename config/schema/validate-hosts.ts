// What must hold among the hosts of a configuration. A host that can match no request would be a rule that never applies: the
// control API's tokens would go to an origin, an alias's pages would stay after a purge. So hosts are written in the spelling in
// which requests are compared (normal-host.ts), as those of routes are, and an error names it.

import { normalHost } from "../spelling/normal-host.ts";
import { formatPath } from "./config-path.ts";
import type { Config } from "./schema.ts";
import type { ConfigError } from "./schema-errors.ts";

/** All faults of the control host and the aliases. */
export const checkHosts = (config: Config): ConfigError[] => [...checkControlHost(config), ...checkAliases(config)];

function checkControlHost({ controlHost, routes }: Config): ConfigError[] {
  if (controlHost === undefined) return [];
  const error = (detail: string): ConfigError[] => [{ path: "controlHost", detail }];
  const parsed = normalHost(controlHost);
  // A port would suggest that other ports serve the site, whose requests have no tokens.
  if (parsed.kind === "invalid" || /:[0-9]*$/.test(controlHost)) {
    return error('must be only a host, without scheme, port or path, such as "cdn-control.example.com"');
  }
  if (parsed.name !== controlHost) return error(`must be written "${parsed.name}", as requests are compared`);
  const clash = routes.find((route) => route.match.hosts?.includes(controlHost));
  if (clash === undefined) return [];
  return error(`must not be a host of the route ${clash.name}, which would never get its requests`);
}

function checkAliases({ aliases, controlHost }: Config): ConfigError[] {
  const errors: ConfigError[] = [];
  for (const [alias, site] of Object.entries(aliases)) {
    const detail = whyNoAlias(alias, site, aliases, controlHost);
    if (detail !== undefined) errors.push({ path: formatPath(["aliases", alias]), detail });
  }
  return errors;
}

function whyNoAlias(
  alias: string,
  site: string,
  aliases: Config["aliases"],
  controlHost: string | undefined,
): string | undefined {
  const [from, to] = [normalHost(alias), normalHost(site)];
  if (from.kind === "invalid")
    return `must be a host with an optional port, such as "www.shop.example": ${from.detail}`;
  if (to.kind === "invalid") return `must be a host with an optional port, such as "shop.example": ${to.detail}`;
  if (from.host !== alias) return `must be named "${from.host}", as requests are compared`;
  if (to.host !== site) return `must be written "${to.host}", as requests are compared`;
  if (alias === site) return "must not be its own alias";
  if (from.name === controlHost || to.name === controlHost)
    return "must not involve controlHost, which serves no pages";
  if (!Object.hasOwn(aliases, site)) return undefined;
  return `must be a site's own host: "${site}" is itself an alias, of "${aliases[site]}"`;
}
