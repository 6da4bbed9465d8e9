// Which sites' scripts may read a route's answers (Fetch standard, "CORS protocol"). Preflights are answered here, without the
// origin; what the origin itself says of it is replaced, because it was meant for the request that filled the cache. `Vary: Origin` is added
// towards the client alone: the origin never sees `Origin` on a shared fill, so entries are not split by it.

import type { Actions } from "../../config/schema/action-schema.ts";
import { Fields } from "../http/fields.ts";

export type CorsRules = NonNullable<Actions["cors"]>;

/** Whether a request asks only for permission. */
export const isPreflight = (method: string, fields: Fields): boolean =>
  method === "OPTIONS" && fields.has("origin") && fields.has("access-control-request-method");

/** The answer to a preflight: 204, with permissions if the site has any, else without, which browsers take for a no. */
export function preflightFields(rules: CorsRules, request: Fields): Fields {
  const answer = new Fields();
  const origin = permitted(rules, request.get("origin"));
  answer.append("vary", "Origin, Access-Control-Request-Method, Access-Control-Request-Headers");
  answer.append("cache-control", "no-store");
  if (origin === undefined) return answer;
  answer.append("access-control-allow-origin", origin);
  if (rules.credentials) answer.append("access-control-allow-credentials", "true");
  answer.append("access-control-allow-methods", rules.methods.join(", "));
  if (rules.headers.length > 0) answer.append("access-control-allow-headers", rules.headers.join(", "));
  answer.append("access-control-max-age", `${rules.maxAgeSeconds}`);
  return answer;
}

/** Writes the permissions into an answer's fields. */
export function permit(rules: CorsRules, request: Fields, answer: Fields): void {
  for (const name of new Set([...answer].map(([name]) => name))) {
    if (name.startsWith("access-control-")) answer.delete(name);
  }
  // One answer for all sites needs no Vary; with a list every answer does, even the one to a request without an Origin.
  if (rules.origins !== "any") addVary(answer, "Origin");
  const origin = permitted(rules, request.get("origin"));
  if (origin === undefined) return;
  answer.append("access-control-allow-origin", origin);
  if (rules.credentials) answer.append("access-control-allow-credentials", "true");
  if (rules.expose.length > 0) answer.append("access-control-expose-headers", rules.expose.join(", "));
}

/** Adds a name to `Vary` unless it is there. */
export function addVary(fields: Fields, name: string): void {
  const vary = fields.get("vary");
  const names = (vary ?? "").split(",").map((part) => part.trim().toLowerCase());
  if (names.includes(name.toLowerCase()) || names.includes("*")) return;
  fields.set("vary", vary === undefined || vary.trim() === "" ? name : `${vary}, ${name}`);
}

function permitted({ origins }: CorsRules, origin: string | undefined): string | undefined {
  if (origins === "any") return "*";
  return origin !== undefined && origins.some((pattern) => matches(pattern, origin)) ? origin : undefined;
}

/** Exactly, or by a `*` for one or more labels before a host; browsers send origins in lower case and without a default port. */
function matches(pattern: string, origin: string): boolean {
  const star = pattern.indexOf("*");
  if (star < 0) return pattern === origin;
  const [scheme, ending] = [pattern.slice(0, star), pattern.slice(star + 1)];
  if (!origin.startsWith(scheme) || !origin.endsWith(ending)) return false;
  return /^[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/.test(origin.slice(scheme.length, origin.length - ending.length));
}
