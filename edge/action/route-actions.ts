// A route's actions, prepared once: lists become sets, patterns are spelt, networks are read. A route without actions has none
// here, and its requests pay for one look at a map.

import type { Actions } from "../../config/schema/action-schema.ts";
import type { Route } from "../../config/schema/schema.ts";
import { type AccessRules, accessRules } from "./access.ts";
import type { CorsRules } from "./cors.ts";
import { type ErrorPages, errorPages } from "./error-page.ts";
import { type RedirectRules, redirectRules } from "./redirect.ts";

export interface RouteActions {
  readonly access: AccessRules | undefined;
  readonly rateLimit: Actions["rateLimit"];
  readonly redirect: RedirectRules | undefined;
  readonly cors: CorsRules | undefined;
  /** Names of secrets by key id. */
  readonly signingKeys: ReadonlyMap<string, string> | undefined;
  /** Lower-case names of request fields that are taken as never sent. */
  readonly removed: readonly string[];
  readonly response: Actions["response"];
  readonly errorPages: ErrorPages | undefined;
}

const prepared = new WeakMap<Route, RouteActions>();

/** The actions of a route; undefined if it has none. */
export function actionsOf(route: Route): RouteActions | undefined {
  if (route.actions === undefined) return undefined;
  let actions = prepared.get(route);
  if (actions === undefined) {
    actions = prepare(route.actions);
    prepared.set(route, actions);
  }
  return actions;
}

const prepare = (actions: Actions): RouteActions => ({
  access: actions.access && accessRules(actions.access),
  rateLimit: actions.rateLimit,
  redirect: actions.redirect && redirectRules(actions.redirect),
  cors: actions.cors,
  signingKeys: actions.signed && new Map(Object.entries(actions.signed.keys)),
  removed: (actions.request?.remove ?? []).map((name) => name.toLowerCase()),
  response: actions.response,
  errorPages: actions.errorPages && errorPages(actions.errorPages),
});
