// Which path the origin is asked for. A rewrite acts only towards the origin, after the key was made: purges, keys and
// explanations keep to the URL that clients know, and two URLs that are rewritten to one path stay two entries, each purged
// under its own name. The new path is a function of the client's path, so the key still determines the request.
// What the origin writes into pages and `Location` is its own business and is not rewritten back.

import type { Route } from "../../config/schema/schema.ts";
import { type PathRule, pathRule, targetOf } from "./path-pattern.ts";

const compiled = new WeakMap<Route, readonly PathRule[]>();

/** Path and query for the origin, from the client's in their one spelling. The first rule that matches is used; the query stays. */
export function originPath(route: Route, pathAndQuery: string): string {
  const rules = route.actions?.rewrite;
  if (rules === undefined) return pathAndQuery;
  let prepared = compiled.get(route);
  if (prepared === undefined) {
    prepared = rules.map(pathRule);
    compiled.set(route, prepared);
  }
  const end = pathAndQuery.indexOf("?");
  const path = end < 0 ? pathAndQuery : pathAndQuery.slice(0, end);
  for (const rule of prepared) {
    const target = targetOf(rule, path);
    if (target !== undefined) return target + pathAndQuery.slice(path.length);
  }
  return pathAndQuery;
}
