// The hosts of a configuration in their one spelling, and what must hold among them. A host that can match no request would be
// a rule that nobody follows: the control API's tokens would go to an origin, an alias's pages would stay after a purge.
// What has one other spelling is spelt so here; what is no host, or leads nowhere for certain, is an error.

import { formatPath } from "./config-path.ts";
import { normalHost } from "./normal-host.ts";
import type { Config } from "./schema.ts";
import type { ConfigError } from "./schema-errors.ts";

/** The configuration with its control host and aliases spelt as requests spell them, and everything that is wrong with them. */
export function checkHosts(config: Config): { readonly config: Config; readonly errors: readonly ConfigError[] } {
  const control = checkControlHost(config);
  const aliases = checkAliases(config, control.host);
  const spelt: Config = {
    ...config,
    aliases: aliases.aliases,
    ...(control.host === undefined ? {} : { controlHost: control.host }),
  };
  return { config: spelt, errors: [...control.errors, ...aliases.errors] };
}

function checkControlHost(config: Config): { readonly host?: string; readonly errors: readonly ConfigError[] } {
  if (config.controlHost === undefined) return { errors: [] };
  const error = (detail: string) => ({ errors: [{ path: "controlHost", detail }] });
  const parsed = normalHost(config.controlHost);
  // With a port it would look as if other ports were the site's, whose requests carry no tokens.
  if (parsed.kind === "invalid" || /:[0-9]*$/.test(config.controlHost) || parsed.host.includes("*")) {
    return error('must be a host alone, without scheme, port or path, such as "cdn-control.example.com"');
  }
  const { name } = parsed;
  const clash = config.routes.find((route) => route.match.hosts?.includes(name));
  if (clash !== undefined) {
    return error(`must not be a host that the route ${clash.name} serves: it would never be asked for pages`);
  }
  return { host: name, errors: [] };
}

function checkAliases(
  config: Config,
  controlHost: string | undefined,
): { readonly aliases: Config["aliases"]; readonly errors: readonly ConfigError[] } {
  const errors: ConfigError[] = [];
  const sites = new Map<string, string>();
  const spelling = new Map<string, string>();
  for (const [alias, site] of Object.entries(config.aliases)) {
    const report = (detail: string): void => void errors.push({ path: formatPath(["aliases", alias]), detail });
    const [from, to] = [normalHost(alias), normalHost(site)];
    if (from.kind === "invalid") {
      report(`must be named by a host, perhaps with a port, such as "www.shop.example": ${from.detail}`);
    } else if (to.kind === "invalid") {
      report(`must be a host, perhaps with a port, such as "shop.example": ${to.detail}`);
    } else if (from.host === to.host) {
      report(`must not stand for itself: "${alias}" and "${site}" are one host`);
    } else if (from.name === controlHost || to.name === controlHost) {
      report("must have nothing to do with controlHost, where no pages are");
    } else if (sites.has(from.host)) {
      report(`must be there once: "${spelling.get(from.host)}" is the same host`);
    } else {
      sites.set(from.host, to.host);
      spelling.set(from.host, alias);
    }
  }
  for (const [from, site] of sites) {
    const further = sites.get(site);
    if (further === undefined) continue;
    const detail = `must be a site's own host: "${site}" is itself an alias, of "${further}"`;
    errors.push({ path: formatPath(["aliases", spelling.get(from) ?? from]), detail });
  }
  return { aliases: Object.fromEntries(sites), errors };
}
