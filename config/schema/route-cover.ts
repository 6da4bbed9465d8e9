// Detects routes that can never match, because an earlier route matches all their requests. It reports only certain cases, one
// earlier route at a time: two that together cover a third are not detected. Patterns are those of edge/route/match-route.ts.

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
