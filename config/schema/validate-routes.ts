// Rules between the fields of routes, and between routes and the rest: references exist, patterns can match, keys use allowed
// fields, lifetimes fit the retention, and no route is hidden by an earlier one.

import { spellPart } from "../spelling/normal-url.ts";
import { CONTINENTS, preferenceOf } from "../world/continents.ts";
import { countryPlace } from "../world/country-places.ts";
import { regionsOf } from "../world/places.ts";
import { formatPath } from "./config-path.ts";
import { withFramework } from "./frameworks.ts";
import { whyReserved } from "./reserved-fields.ts";
import { routeCovering } from "./route-cover.ts";
import type { Config, Route } from "./schema.ts";
import type { ConfigError } from "./schema-errors.ts";
import { checkActions, checkErrorPagesTogether } from "./validate-actions.ts";

/** Reports a fault of the field at `path` below the route. */
type ReportRoute = (detail: string, ...path: PropertyKey[]) => void;

/** All faults of the routes of a configuration that matches the schema. */
export function checkRoutes(config: Config): ConfigError[] {
  const errors: ConfigError[] = [];
  for (const [index, route] of config.routes.entries()) {
    const report: ReportRoute = (detail, ...path) =>
      errors.push({ path: formatPath(["routes", index, ...path]), detail });
    const earlier = config.routes.slice(0, index);
    if (earlier.some((other) => other.name === route.name)) {
      report(`must be unique: "${route.name}" is another route's name`, "name");
    }
    if (!Object.hasOwn(config.origins, route.origin)) {
      report(
        `must be an origin of this configuration: ${Object.keys(config.origins).join(", ") || "there is none"}`,
        "origin",
      );
    }
    const covering = routeCovering(earlier, route);
    if (covering !== undefined) {
      report(
        `can never be used: the earlier route ${covering.name} matches all its requests; put this one first`,
        "match",
      );
    }
    checkMatch(route, report);
    checkRegionsOfRoute(route, config, report);
    checkKey(route, report);
    checkFramework(route, report);
    checkTimes(route, config, report);
    checkTargets(route, report);
    checkActions(route, config, (detail, ...path) => report(detail, "actions", ...path));
  }
  const tooMuch = checkErrorPagesTogether(config);
  if (tooMuch !== undefined) errors.push({ path: "routes", detail: tooMuch });
  return errors;
}

function checkMatch(route: Route, report: ReportRoute): void {
  for (const [index, host] of (route.match.hosts ?? []).entries()) {
    if (!/^(\*\.)?[a-z0-9_-]+(\.[a-z0-9_-]+)*$|^\[[0-9a-f:]+\]$/.test(host)) {
      report(
        'must be a lower-case host without scheme, port or path, or "*." and a host; international names as "xn--..."',
        "match",
        "hosts",
        index,
      );
    }
  }
  for (const [index, path] of (route.match.paths ?? []).entries()) {
    const stars = path.split("*").length - 1;
    const placed = stars === 0 || (stars === 1 && (path.endsWith("*") || path.startsWith("*")));
    if (!placed || !/^[/*]/.test(path) || /[?#]/.test(path) || !path.isWellFormed()) {
      report(
        'must be an exact path ("/a/b"), a beginning ("/a/*") or an ending ("*.jpg"), without query or fragment',
        "match",
        "paths",
        index,
      );
    } else if (/\/\.{1,2}(?:\/|$)/.test(spellPart(path))) {
      report('must have no segment "." or "..": paths are compared without them', "match", "paths", index);
    }
  }
}

function checkRegionsOfRoute(route: Route, config: Config, report: ReportRoute): void {
  const takePart = `must be one of the configured regions: ${regionsOf(config).join(", ")}`;
  for (const [index, region] of (route.residency ?? []).entries()) {
    if (config.regions[region] === undefined) report(takePart, "residency", index);
  }
  if (route.websocket && route.residency !== undefined) {
    report(
      "must be false with residency: a WebSocket goes directly from the edge to the origin, and an edge may be anywhere",
      "websocket",
    );
  }
  if (route.edgeCopies && route.residency !== undefined) {
    report("must be false with residency: an edge may be anywhere, and must store nothing of this route", "edgeCopies");
  }
  for (const [key, regions] of Object.entries(route.prefer)) {
    const preference = preferenceOf(key);
    if (preference.kind === "country" && countryPlace(preference.country) === undefined) {
      report(`must be a country's code (ISO 3166) or a continent's: ${CONTINENTS.join(", ")}`, "prefer", key);
    }
    for (const [index, region] of regions.entries()) {
      if (config.regions[region] === undefined) report(takePart, "prefer", key, index);
      else if (route.residency !== undefined && !route.residency.includes(region)) {
        report(`must be a region of this route's residency: ${route.residency.join(", ")}`, "prefer", key, index);
      }
    }
  }
}

function checkKey(route: Route, report: ReportRoute): void {
  const { query, headers, cookies } = route.key;
  checkFieldNames(headers, ["key", "headers"], report);
  checkFieldNames(route.variantHeaders, ["variantHeaders"], report);
  for (const [index, cookie] of cookies.entries()) {
    const path = ["key", "cookies", index];
    if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(cookie)) report("must be a cookie's name (RFC 6265)", ...path);
    if (cookies.indexOf(cookie) < index) report(`must not name ${cookie} twice`, ...path);
  }
  if (typeof query === "string") return;
  const [kind, patterns] = "only" in query ? (["only", query.only] as const) : (["except", query.except] as const);
  for (const [index, pattern] of patterns.entries()) {
    if (!/^[^*]+\*?$/.test(pattern)) {
      report('must be a parameter\'s name, or a prefix of names that ends in "*"', "key", "query", kind, index);
    }
  }
}

function checkFramework(route: Route, report: ReportRoute): void {
  for (const [index, cookie] of route.bypassCookies.entries()) {
    const path = ["bypassCookies", index];
    if (!/^[!#$%&'+.^_`|~0-9A-Za-z-]+\*?$/.test(cookie)) {
      report('must be a cookie\'s name (RFC 6265), or a prefix of names that ends in "*"', ...path);
    }
    if (route.key.cookies.some((name) => matchesPattern(name, cookie))) {
      report("must not match a cookie of key.cookies: requests with it would never be served from the cache", ...path);
    }
  }
  const { variantHeaders } = withFramework(route);
  if (variantHeaders.length > MOST_VARIANT_HEADERS) {
    report(`must have at most ${MOST_VARIANT_HEADERS} names, including those of the framework`, "variantHeaders");
  }
}

const MOST_VARIANT_HEADERS = 16;

const matchesPattern = (name: string, pattern: string): boolean =>
  pattern.endsWith("*") ? name.startsWith(pattern.slice(0, -1)) : name === pattern;

function checkFieldNames(names: readonly string[], path: readonly PropertyKey[], report: ReportRoute): void {
  const lowerCase = names.map((name) => name.toLowerCase());
  for (const [index, name] of lowerCase.entries()) {
    const reason = whyReserved(name);
    if (reason !== undefined) report(`must not be ${name}: ${reason}`, ...path, index);
    if (lowerCase.indexOf(name) < index) report(`must not name ${name} twice`, ...path, index);
  }
}

/** Fields that already speak to every cache, which a list of fields for this one cannot hold. */
const FOR_ALL_CACHES: ReadonlySet<string> = new Set(["cache-control", "expires", "pragma"]);

function checkTargets({ targets }: Route, report: ReportRoute): void {
  const lowerCase = targets.map((name) => name.toLowerCase());
  for (const [index, name] of lowerCase.entries()) {
    if (FOR_ALL_CACHES.has(name)) report(`must be a targeted field: ${name} applies to all caches`, "targets", index);
    if (name === "meridian-cdn-cache-control")
      report("must not be Meridian's own field, which always comes first", "targets", index);
    if (lowerCase.indexOf(name) < index) report(`must not name ${name} twice`, "targets", index);
  }
}

function checkTimes(route: Route, config: Config, report: ReportRoute): void {
  const { edgeSeconds, defaultSeconds, byStatus } = route.ttl;
  const longest = config.maxRetentionSeconds;
  const tooLong = (seconds: number | undefined): boolean => seconds !== undefined && seconds > longest;
  const detail = `must be at most maxRetentionSeconds, which is ${longest}: no entry is kept longer`;
  if (tooLong(edgeSeconds)) report(detail, "ttl", "edgeSeconds");
  if (tooLong(defaultSeconds)) report(detail, "ttl", "defaultSeconds");
  for (const [status, seconds] of Object.entries(byStatus)) {
    if (tooLong(seconds)) report(detail, "ttl", "byStatus", status);
    if (status === "206" || status === "304") {
      report(
        "must be the status of a complete response: 206 and 304 have the lifetime of the response they belong to",
        "ttl",
        "byStatus",
        status,
      );
    }
  }
}
