// Decides whether a configuration can be run: first its shape (schema.ts), then what its fields say about each other, such as
// a route that names an origin that is not there. It is the boundary: what comes out is whole, with every default filled in,
// and nothing after it checks again. Every error names the field and says what would be right. All errors are found at once,
// except that fields are compared with each other only where the shape is right.

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

/** Checks a configuration as it was written, and fills in its defaults. Never throws, whatever `input` is. */
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
  if (regions.length === 0) return [{ path: "regions", detail: "must name one region or more, such as weur: {}" }];
  return regions.flatMap((region) => checkRegion(region, config.regions[region]));
}

/** Where each jurisdiction's objects may live, as far as the nine regions can say. */
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
      detail: "must have one weight above 0: shards of weight 0 hold nothing",
    });
  }
  // Routing would take the objects to be where the region is, while the platform keeps them where the jurisdiction says.
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
    errors.push(at(`must be a scheme, a host and perhaps a port alone: "${url.protocol}//${url.host}"`, "url"));
  }
  if (origin.host !== undefined && origin.host !== "client" && !isHost(origin.host)) {
    errors.push(
      at('must be a host, perhaps with a port, such as "shop.example", or "client" for the client\'s', "host"),
    );
  }
  const shields = configuredShields(origin);
  for (const [index, shield] of shields.entries()) {
    const path = typeof origin.shield === "string" ? ["shield"] : ["shield", index];
    if (config.regions[shield] === undefined) errors.push(at(oneOfRegions(config), ...path));
    else if (shields.indexOf(shield) < index) errors.push(at(`must not name ${shield} twice`, ...path));
  }
  if (origin.secretHeader !== undefined && whyReserved(origin.secretHeader.name) !== undefined) {
    const detail = `must be a field of its own, such as "x-origin-secret": ${origin.secretHeader.name} has another use`;
    errors.push(at(detail, "secretHeader", "name"));
  }
  return errors;
}

/** A name or an address, perhaps with a port, as it would stand in a URL: it is sent as it is written. */
const isHost = (text: string): boolean =>
  /^[A-Za-z0-9.:[\]_-]+$/.test(text) && normalHost(text).kind === "host" && !text.endsWith(":");

/** What a field that names a region must be. */
const oneOfRegions = (config: Config): string => `must be a region that takes part: ${regionsOf(config).join(", ")}`;
