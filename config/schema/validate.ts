// Validates a configuration: first against the schema (schema.ts), then the rules between fields, such as a route with an unknown
// origin. It is the boundary: a valid configuration has every default filled in, and later code does not check again. Every error
// names the field and what it must be. All errors are reported at once, but rules between fields only apply if the schema matches.

import { readShape } from "../read-shape.ts";
import { normalHost } from "../spelling/normal-host.ts";
import { configuredShields, regionsOf } from "../world/places.ts";
import type { RegionId } from "../world/regions.ts";
import { formatPath } from "./config-path.ts";
import { withFramework } from "./frameworks.ts";
import { whyReserved } from "./reserved-fields.ts";
import { type Config, configSchema, type Origin, type RegionConfig } from "./schema.ts";
import { type ConfigError, describeIssues } from "./schema-errors.ts";
import { checkHosts } from "./validate-hosts.ts";
import { checkRoutes } from "./validate-routes.ts";

export type Validation =
  | { readonly kind: "valid"; readonly config: Config }
  | { readonly kind: "invalid"; readonly errors: readonly ConfigError[] };

/** Validates a configuration as written, and fills in its defaults. Never throws for any `input`. */
export function validate(input: unknown): Validation {
  const parsed = readShape(configSchema, input);
  if (!parsed.success) return { kind: "invalid", errors: describeIssues(parsed.error.issues, configSchema, input) };
  const config = parsed.data;
  const errors = [
    ...checkRegions(config),
    ...Object.entries(config.origins).flatMap(([name, origin]) => checkOrigin(name, origin, config)),
    ...checkHosts(config),
    ...checkRoutes(config),
  ];
  if (errors.length > 0) return { kind: "invalid", errors };
  return { kind: "valid", config: { ...config, routes: config.routes.map(withFramework) } };
}

function checkRegions(config: Config): ConfigError[] {
  const regions = regionsOf(config);
  if (regions.length === 0) return [{ path: "regions", detail: "must have at least one region, such as weur: {}" }];
  return regions.flatMap((region) => checkRegion(region, config.regions[region]));
}

/** The regions that can be in each jurisdiction. */
const REGIONS_OF: Readonly<Record<"eu" | "fedramp", readonly RegionId[]>> = {
  eu: ["weur", "eeur"],
  fedramp: ["wnam", "enam"],
};

function checkRegion(region: RegionId, settings: RegionConfig | undefined): ConfigError[] {
  if (settings === undefined) return [];
  const errors: ConfigError[] = [];
  if (typeof settings.shards !== "number" && settings.shards.every((weight) => weight === 0)) {
    errors.push({
      path: formatPath(["regions", region, "shards"]),
      detail: "must have a weight above 0: shards of weight 0 store nothing",
    });
  }
  // Routing would assume the objects in the region, while the platform places them in the jurisdiction.
  if (settings.jurisdiction !== undefined && !REGIONS_OF[settings.jurisdiction].includes(region)) {
    errors.push({
      path: formatPath(["regions", region, "jurisdiction"]),
      detail: `"${settings.jurisdiction}" must be on one of ${REGIONS_OF[settings.jurisdiction].join(", ")}`,
    });
  }
  return errors;
}

function checkOrigin(name: string, origin: Origin, config: Config): ConfigError[] {
  const at = (detail: string, ...path: PropertyKey[]): ConfigError => ({
    path: formatPath(["origins", name, ...path]),
    detail,
  });
  const errors: ConfigError[] = [];
  const url = new URL(origin.url);
  if (url.pathname !== "/" || url.search !== "" || url.hash !== "" || url.username !== "" || url.password !== "") {
    errors.push(at(`must be only a scheme, a host and an optional port: "${url.protocol}//${url.host}"`, "url"));
  }
  if (origin.host !== undefined && origin.host !== "client" && !isHost(origin.host)) {
    errors.push(
      at('must be a host with an optional port, such as "shop.example", or "client" for the client\'s', "host"),
    );
  }
  const shields = configuredShields(origin);
  for (const [index, shield] of shields.entries()) {
    const path = typeof origin.shield === "string" ? ["shield"] : ["shield", index];
    if (config.regions[shield] === undefined) errors.push(at(oneOfRegions(config), ...path));
    else if (shields.indexOf(shield) < index) errors.push(at(`must not name ${shield} twice`, ...path));
  }
  if (origin.secretHeader !== undefined && whyReserved(origin.secretHeader.name) !== undefined) {
    const detail = `must be a dedicated field, such as "x-origin-secret": ${origin.secretHeader.name} has another use`;
    errors.push(at(detail, "secretHeader", "name"));
  }
  return errors;
}

/** A name or an address, perhaps with a port, as it would stand in a URL: it is sent as it is written. */
const isHost = (text: string): boolean =>
  /^[A-Za-z0-9.:[\]_-]+$/.test(text) && normalHost(text).kind === "host" && !text.endsWith(":");

/** The error for a field that must name a region. */
const oneOfRegions = (config: Config): string =>
  `must be one of the configured regions: ${regionsOf(config).join(", ")}`;
