// The configuration for the regions of one run: the user's, reduced to the participating regions, with this run's origin
// addresses. Pure. Invariant: the reduction never widens what a route allows. A route restricted to regions that do not
// participate could not be served, so such a run is refused before it starts.

import type { Config, Origin, Route } from "../../../config/schema/schema.ts";
import { joinAliases } from "../../../config/spelling/host-aliases.ts";
import { type Coordinates, REGIONS, type RegionId } from "../../../config/world/regions.ts";
import { DEFAULT_FRONT_DOOR, portPlan } from "./ports.ts";

/** This run's differences from the configuration's file. */
export interface RunSettings {
  readonly regions: readonly RegionId[];
  /** Replaces every origin; its place is unknown. */
  readonly originUrl?: string;
  /** The front door's port in this run. */
  readonly frontDoor: number;
  /** Where the example origin listens in this run. */
  readonly exampleOriginPort: number;
}

/** The example origin's address in configurations, regardless of its port in a run. */
const EXAMPLE_ORIGIN = `http://127.0.0.1:${portPlan(DEFAULT_FRONT_DOOR).exampleOrigin}`;

/** Whether an origin of the configuration is the example origin. */
export const isExampleOrigin = (origin: Origin): boolean => new URL(origin.url).origin === EXAMPLE_ORIGIN;

/** The configuration for a run. */
export function effectiveConfig(config: Config, settings: RunSettings): Config {
  const takesPart = (region: RegionId): boolean => settings.regions.includes(region);
  return {
    ...config,
    aliases: joinAliases(localAliases(settings.frontDoor), config.aliases),
    regions: Object.fromEntries(settings.regions.map((region) => [region, config.regions[region]])),
    origins: Object.fromEntries(
      Object.entries(config.origins).map(([name, origin]) => [name, originFor(origin, settings, takesPart)]),
    ),
    routes: config.routes.map((route) => routeFor(route, takesPart)),
  };
}

/** All ports of a run, under every name of this machine, are aliases of one site: the front door's. */
function localAliases(frontDoor: number): Config["aliases"] {
  const { edges } = portPlan(frontDoor);
  const ports = [frontDoor, ...Object.values(edges)];
  // The doors speak http, whose URLs name no port 80.
  const at = (host: string, port: number): string => (port === 80 ? host : `${host}:${port}`);
  const site = at("127.0.0.1", frontDoor);
  const hosts = ports.flatMap((port) => [at("127.0.0.1", port), at("localhost", port), at("[::1]", port)]);
  return Object.fromEntries(hosts.filter((host) => host !== site).map((host) => [host, site]));
}

function originFor(origin: Origin, settings: RunSettings, takesPart: (region: RegionId) => boolean): Origin {
  const { shield, place, ...rest } = origin;
  const shields = (shield === undefined ? [] : [shield].flat()).filter(takesPart);
  const cut: Origin = shields.length > 0 ? { ...rest, shield: shields } : rest;
  if (settings.originUrl !== undefined) return { ...cut, url: settings.originUrl };
  const placed: Origin = place === undefined ? cut : { ...cut, place };
  return isExampleOrigin(origin) ? { ...placed, url: `http://127.0.0.1:${settings.exampleOriginPort}` } : placed;
}

function routeFor(route: Route, takesPart: (region: RegionId) => boolean): Route {
  const prefer = Object.entries(route.prefer)
    .map(([key, regions]) => [key, regions.filter(takesPart)] as const)
    .filter(([, regions]) => regions.length > 0);
  const resident = route.residency?.filter(takesPart);
  return {
    ...route,
    prefer: Object.fromEntries(prefer),
    ...(resident !== undefined && resident.length > 0 ? { residency: resident } : {}),
  };
}

/** An error for each route that none of `regions` may serve; a run must not start with any. */
export const unservableRoutes = (config: Config, regions: readonly RegionId[]): string[] =>
  config.routes.flatMap(({ name, residency }) =>
    residency === undefined || residency.some((region) => regions.includes(region))
      ? []
      : [
          `route "${name}" is restricted to ${residency.join(" ")}: at least one of them must be in the run (--regions)`,
        ],
  );

/** A region's place: as configured, else its default. */
export const regionPlace = (config: Config, region: RegionId): Coordinates =>
  config.regions[region]?.place ?? REGIONS[region].place;

/** An origin's place, if known. */
export function originPlace(config: Config, origin: Origin): Coordinates | undefined {
  return typeof origin.place === "string" ? regionPlace(config, origin.place) : origin.place;
}
