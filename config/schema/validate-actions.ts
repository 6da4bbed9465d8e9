// Rules between the fields of a route's actions. Above all the key must still determine the request: on a cached `forward: "key"`
// route an action may add only a constant or a part of the key to the origin's request. Also, patterns must be able to match,
// redirects must not loop, and actions must not change Meridian's own fields.

import { LIMITS } from "../limits.ts";
import { countryPlace } from "../world/country-places.ts";
import { parseIpNetwork } from "../world/ip-network.ts";
import { whyNotAnswered, whyNotSent, whyNotTaken } from "./action-fields.ts";
import type { Actions } from "./action-schema.ts";
import { passesFor } from "./reserved-fields.ts";
import type { Config, Route } from "./schema.ts";
import { mayNameSecret } from "./secrets.ts";

/** Reports a fault of the field at `path` below the route's actions. */
type ReportAction = (detail: string, ...path: PropertyKey[]) => void;

/** Reports all faults of one route's actions. */
export function checkActions(route: Route, config: Config, report: ReportAction): void {
  const { actions } = route;
  if (actions === undefined) return;
  checkAccess(actions, report);
  checkRedirects(actions, config, report);
  checkCors(actions, route.match.methods, report);
  checkSigned(actions, report);
  for (const [index, rule] of (actions.rewrite ?? []).entries()) checkPathRule(rule, "path", report, "rewrite", index);
  checkRequestFields(route, actions, config, report);
  checkResponseFields(actions, report);
  checkErrorPages(actions, report);
}

function checkAccess({ access }: Actions, report: ReportAction): void {
  for (const side of ["allow", "deny"] as const) {
    const clients = access?.[side];
    if (clients === undefined) continue;
    if (clients.countries === undefined && clients.addresses === undefined) {
      report("must have countries or addresses: an empty list matches no client", "access", side);
    }
    for (const [index, country] of (clients.countries ?? []).entries()) {
      if (country === "XX" || countryPlace(country) !== undefined) continue;
      report(`must be a country's code (ISO 3166), or "XX" for an unknown one`, "access", side, "countries", index);
    }
    for (const [index, text] of (clients.addresses ?? []).entries()) {
      const parsed = parseIpNetwork(text);
      if (parsed.kind === "invalid") report(`must be ${parsed.detail}`, "access", side, "addresses", index);
    }
  }
}

const HOST = /^[a-z0-9_-]+(\.[a-z0-9_-]+)*$|^\[[0-9a-f:]+\]$/;

function checkRedirects({ redirect }: Actions, config: Config, report: ReportAction): void {
  if (redirect === undefined) return;
  const { hosts, paths } = redirect;
  for (const [index, host] of (hosts?.from ?? []).entries()) {
    const at = ["redirect", "hosts", "from", index];
    if (!HOST.test(host)) report("must be a lower-case host without scheme, port or path", ...at);
    else if (host === hosts?.to) report("must not be the redirect's target", ...at);
    else if (Object.hasOwn(config.aliases, host)) {
      report(`is an alias of ${config.aliases[host]}and serves its pages: it cannot be redirected too`, ...at);
    }
  }
  if (hosts !== undefined && !HOST.test(hosts.to.replace(/:\d{1,5}$/, ""))) {
    report('must be a lower-case host with an optional port, such as "www.shop.example"', "redirect", "hosts", "to");
  }
  for (const [index, rule] of (paths ?? []).entries()) {
    checkPathRule(rule, "path or URL", report, "redirect", "paths", index);
    const beginning = rule.from.endsWith("*") ? rule.from.slice(0, -1) : undefined;
    if (beginning === undefined ? rule.to === rule.from : rule.to.startsWith(beginning)) {
      report(`must lead away from ${rule.from}, or the redirect would loop`, "redirect", "paths", index, "to");
    }
  }
}

const PATH = String.raw`/[^*?#\s\\]*\*?`;
const TARGETS = {
  path: [new RegExp(`^${PATH}$`), 'a path, exact ("/a/b") or with a "*" at its end ("/b/*"), without query'],
  "path or URL": [
    // The host must be complete before the "*", or clients could choose it.
    new RegExp(String.raw`^(?:https?://[A-Za-z0-9.:[\]_-]+)?${PATH}$`),
    'a path ("/b", "/b/*") or a URL with one ("https://other.example/b/*"), without query',
  ],
} as const;

function checkPathRule(
  { from, to }: { readonly from: string; readonly to: string },
  target: keyof typeof TARGETS,
  report: ReportAction,
  ...path: PropertyKey[]
): void {
  const [pattern, description] = TARGETS[target];
  if (!TARGETS.path[0].test(from) || !from.isWellFormed()) report(`must be ${TARGETS.path[1]}`, ...path, "from");
  if (!pattern.test(to) || !to.isWellFormed()) report(`must be ${description}`, ...path, "to");
  else if (to.endsWith("*") && !from.endsWith("*")) {
    report('must have no "*", since `from` has none', ...path, "to");
  }
}

function checkCors({ cors }: Actions, methods: Route["match"]["methods"], report: ReportAction): void {
  if (cors === undefined) return;
  if (methods !== undefined && !methods.includes("OPTIONS")) {
    report('needs "OPTIONS" among match.methods: preflights would never match this route', "cors");
  }
  if (cors.origins === "any") {
    if (cors.credentials) {
      report('must be false with origins: "any": every site could read one user\'s data', "cors", "credentials");
    }
    return;
  }
  for (const [index, origin] of cors.origins.entries()) {
    if (/^https?:\/\/(?:\*\.)?[a-z0-9._-]+(?::\d{1,5})?$|^https?:\/\/\[[0-9a-f:]+\](?::\d{1,5})?$/.test(origin))
      continue;
    report(
      'must be a scheme, a host and an optional port ("https://app.example"), or "https://*." and a host',
      "cors",
      "origins",
      index,
    );
  }
}

function checkSigned({ signed }: Actions, report: ReportAction): void {
  if (signed === undefined) return;
  if (Object.keys(signed.keys).length === 0) {
    report('must have at least one key, such as { "2026": "URL_KEY_2026" }', "signed", "keys");
  }
  for (const [id, secret] of Object.entries(signed.keys)) {
    if (mayNameSecret(secret)) continue;
    report(
      'must be the name of a separate secret in the environment, in capital letters, such as "URL_KEY_2026"',
      "signed",
      "keys",
      id,
    );
  }
}

function checkRequestFields(route: Route, { request }: Actions, config: Config, report: ReportAction): void {
  if (request === undefined) return;
  const secret = config.origins[route.origin]?.secretHeader?.name.toLowerCase();
  for (const kind of ["set", "add"] as const) {
    const names = Object.keys(request[kind] ?? {});
    checkSpelling(names, report, "request", kind);
    for (const [name, value] of Object.entries(request[kind] ?? {})) {
      const at = ["request", kind, name];
      const lower = name.toLowerCase();
      const reason =
        secret !== undefined && passesFor(lower, secret) ? "it is the origin's secretHeader" : whyNotSent(lower);
      if (reason !== undefined) report(`must not be ${lower}: ${reason}`, ...at);
      const unkeyed = typeof value === "string" ? undefined : whyUnkeyed(route, value.client);
      if (unkeyed !== undefined) report(unkeyed, ...at);
    }
  }
  const part = new Map([
    ...route.key.headers.map((name) => [name.toLowerCase(), "key.headers"] as const),
    ...route.variantHeaders.map((name) => [name.toLowerCase(), "variantHeaders"] as const),
    ...(route.key.cookies.length > 0 ? [["cookie", "key.cookies"] as const] : []),
    ...(route.key.device ? [["user-agent", "key.device"] as const, ["sec-ch-ua-mobile", "key.device"] as const] : []),
  ]);
  for (const [index, name] of (request.remove ?? []).entries()) {
    const lower = name.toLowerCase();
    const reason = whyNotTaken(lower) ?? (part.has(lower) ? `${part.get(lower)} is made of it` : undefined);
    if (reason !== undefined) report(`must not be ${lower}: ${reason}`, "request", "remove", index);
  }
}

/** Why a fact about the client cannot go to a route's origin: it would mix different clients' answers. */
function whyUnkeyed({ mode, forward, key }: Route, fact: string): string | undefined {
  if (mode !== "cache" || forward !== "key") return undefined;
  if (fact === "country" && !key.country)
    return "needs key.country: true, or clients of one country get another's answer";
  if (fact === "device" && !key.device) return "needs key.device: true, or one kind of device gets another's answer";
  if (fact !== "address") return undefined;
  return 'must not be the client\'s address where answers are shared; use mode: "bypass" or forward: "all"';
}

function checkResponseFields({ response, cors }: Actions, report: ReportAction): void {
  for (const what of ["remove", "set", "add"] as const) {
    const given = response?.[what];
    if (given === undefined) continue;
    const names = Array.isArray(given) ? given : Object.keys(given);
    if (what !== "remove") checkSpelling(names, report, "response", what);
    for (const [index, name] of names.entries()) {
      const lower = name.toLowerCase();
      const ofCors = cors !== undefined && lower.startsWith("access-control-") ? "`cors` writes it" : undefined;
      const reason = ofCors ?? whyNotAnswered(lower, what);
      const at = ["response", what, Array.isArray(given) ? index : name];
      if (reason !== undefined) report(`must not be ${lower}: ${reason}`, ...at);
    }
  }
}

/** Names that differ only in case are one field. */
function checkSpelling(names: readonly string[], report: ReportAction, ...path: PropertyKey[]): void {
  const lower = names.map((name) => name.toLowerCase());
  for (const [index, name] of lower.entries()) {
    if (lower.indexOf(name) < index) report(`must not name ${name} twice`, ...path, names[index] as string);
  }
}

function checkErrorPages({ errorPages }: Actions, report: ReportAction): void {
  const taken = new Set<string | number>();
  for (const [index, { statuses, contentType }] of (errorPages ?? []).entries()) {
    if (!/^[a-z]+\/[a-z0-9.+-]+(?:;.*)?$/.test(contentType)) {
      report('must be a media type, such as "text/html; charset=utf-8"', "errorPages", index, "contentType");
    }
    for (const [place, status] of statuses.entries()) {
      if (taken.has(status)) report(`must not name ${status} twice`, "errorPages", index, "statuses", place);
      taken.add(status);
    }
  }
}

/** The limit for all pages together: the configuration is sent as one text. */
export function checkErrorPagesTogether(config: Config): string | undefined {
  const total = config.routes
    .flatMap(({ actions }) => actions?.errorPages ?? [])
    .reduce((sum, { body }) => sum + body.length, 0);
  if (total <= LIMITS.errorPagesCharacters) return undefined;
  return `have error pages of ${total} characters in total; at most ${LIMITS.errorPagesCharacters} are allowed`;
}
