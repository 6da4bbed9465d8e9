// Whether a route can ever be used, given those before it: the first route that matches a request is the one that is used.
// It says "covered" only when it is certain, and looks at one earlier route at a time: two that cover a third together are
// not seen. Patterns mean here what they mean in edge/route/match-route.ts.

import { spellPart } from "../spelling/normal-url.ts";
import type { Route } from "./schema.ts";

/** The first of `earlier` that matches every request that `route` matches; undefined if there is none. */
export const routeCovering = (earlier: readonly Route[], route: Route): Route | undefined =>
  earlier.find(
    ({ match }) =>
      allCovered(match.hosts, route.match.hosts) &&
      allCovered(match.paths?.map(spellPart), route.match.paths?.map(spellPart)) &&
      methodsCovered(match.methods, route.match.methods),
  );

/** An absent list matches everything. */
function allCovered(wide: readonly string[] | undefined, narrow: readonly string[] | undefined): boolean {
  if (wide === undefined || wide.some((pattern) => pattern === "*" || pattern === "/*")) return true;
  return narrow?.every((pattern) => wide.some((other) => patternCovers(other, pattern))) ?? false;
}

/** Whether `wide` matches all that `narrow` matches. */
function patternCovers(wide: string, narrow: string): boolean {
  if (wide === narrow) return true;
  if (wide.endsWith("*")) return !narrow.startsWith("*") && narrow.startsWith(wide.slice(0, -1));
  // `*.jpg` covers `*.tiny.jpg` and `/a.jpg`, and not what begins in some way and ends in any.
  return (
    wide.startsWith("*") && !narrow.endsWith("*") && narrow.endsWith(wide.slice(1)) && narrow.length >= wide.length
  );
}

function methodsCovered(wide: readonly string[] | undefined, narrow: readonly string[] | undefined): boolean {
  if (wide === undefined) return true;
  const taken = new Set(wide.includes("GET") ? [...wide, "HEAD"] : wide);
  return narrow?.every((method) => taken.has(method)) ?? false;
}
