// Which route a request follows: the first in the configuration whose host, path and method all match. Compiled once for each
// list of routes. Paths are compared as cache keys spell them (normal-url.ts), so `/%61ccount` cannot slip past `/account/*`, and
// reserved characters as if they were not escaped: `/it%27s` follows the route of `/it's`.
// Matching is exact where the pattern is: `/account/*` covers what lies below, and not `/account` itself. What an origin may
// read a path as beyond that is looked at by protected-route.ts.

import type { Config, Route } from "../../config/schema/schema.ts";
import { spellPart } from "../../config/spelling/normal-url.ts";

/** What of a request takes part. */
export interface RouteSubject {
  /** The host that the client asked for, in any case; a port is ignored. */
  readonly host: string;
  /** Path without query, normalised. */
  readonly path: string;
  readonly method: string;
}

/** The first of `routes` that matches, or undefined. `GET` in a route's methods covers HEAD, which asks for the same thing. */
export function matchRoute(routes: readonly Route[], subject: RouteSubject): Route | undefined {
  const path = comparable(subject.path);
  return firstMatch(compiled(routes), subject, (candidate) => candidate.paths(path));
}

/** The route of this name, if it is configured: nodes send each other a route's name, not the route. */
export const routeNamed = (config: Config, name: string): Route | undefined =>
  config.routes.find((route) => route.name === name);

/** A route, prepared for being compared with requests. */
export interface CompiledRoute {
  readonly route: Route;
  readonly hosts: (host: string) => boolean;
  readonly paths: (path: string) => boolean;
  readonly methods: ReadonlySet<string> | undefined;
}

/** The first whose host and method match, and whose path does in the way of `matches`. */
export function firstMatch<Candidate extends CompiledRoute>(
  candidates: readonly Candidate[],
  subject: RouteSubject,
  matches: (candidate: Candidate) => boolean,
): Route | undefined {
  const host = subject.host.toLowerCase().replace(/:[0-9]*$/, "");
  return candidates.find(
    (candidate) =>
      candidate.hosts(host) &&
      matches(candidate) &&
      (candidate.methods === undefined || candidate.methods.has(subject.method)),
  )?.route;
}

const compilations = new WeakMap<readonly Route[], readonly CompiledRoute[]>();

/** The routes, prepared once for each list. */
export function compiled(routes: readonly Route[]): readonly CompiledRoute[] {
  let compilation = compilations.get(routes);
  if (compilation === undefined) {
    compilation = routes.map((route) => ({
      route,
      hosts: anyOf(route.match.hosts?.map((pattern) => pattern.toLowerCase())),
      paths: anyOf(route.match.paths?.map((pattern) => comparable(spellPath(pattern)))),
      methods: route.match.methods && withHead(route.match.methods),
    }));
    compilations.set(routes, compilation);
  }
  return compilation;
}

const withHead = (methods: readonly string[]): ReadonlySet<string> =>
  new Set(methods.includes("GET") ? [...methods, "HEAD"] : methods);

/** A pattern as a request's path would be spelt: `/café/*` is asked for as `/caf%C3%A9/...`. */
export const spellPath = (pattern: string): string => spellPart(pattern);

/** A normalised path or pattern, with the reserved characters unescaped that separate nothing in a path. */
const comparable = (path: string): string =>
  path.includes("%")
    ? path.replace(/%(?:2[146789BC]|3[ABD]|40)/g, (coded) => String.fromCharCode(Number.parseInt(coded.slice(1), 16)))
    : path;

/** Whether a text equals one of the patterns, begins as one that ends in `*`, or ends as one that begins with `*`. */
export function anyOf(patterns: readonly string[] | undefined): (text: string) => boolean {
  if (patterns === undefined) return () => true;
  const exact = new Set(patterns.filter((pattern) => !pattern.includes("*")));
  const beginnings = patterns.filter((pattern) => pattern.endsWith("*")).map((pattern) => pattern.slice(0, -1));
  const endings = patterns.filter((pattern) => pattern.startsWith("*")).map((pattern) => pattern.slice(1));
  return (text) =>
    exact.has(text) ||
    beginnings.some((beginning) => text.startsWith(beginning)) ||
    // `*.example.com` is for subdomains and `*.jpg` for names: something must stand before the ending.
    endings.some((ending) => text.length > ending.length && text.endsWith(ending));
}
