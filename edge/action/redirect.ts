// Whether a request is sent elsewhere instead of being answered: to https, to the host that is meant to be seen, or by a rule
// for its path, in this order and in one step. `Location` is always a whole URL: a path such as `//evil.example`, which a
// client can ask for, would otherwise lead to another host (RFC 9110 section 10.2.2, RFC 3986 section 4.2).

import type { Actions } from "../../config/schema/action-schema.ts";
import { type PathRule, pathRule, targetOf } from "./path-pattern.ts";

export interface RedirectRules {
  readonly https: boolean;
  readonly hosts: { readonly from: ReadonlySet<string>; readonly to: string } | undefined;
  readonly paths: readonly (PathRule & { readonly status: Redirect["status"]; readonly query: "keep" | "drop" })[];
}

export interface Redirect {
  readonly status: 301 | 302 | 303 | 307 | 308;
  readonly location: string;
}

/** Prepares the rules of a route. */
export const redirectRules = ({ https, hosts, paths }: NonNullable<Actions["redirect"]>): RedirectRules => ({
  https,
  hosts: hosts && { from: new Set(hosts.from), to: hosts.to },
  paths: (paths ?? []).map((rule) => ({ ...pathRule(rule), status: rule.status, query: rule.query })),
});

/**
 * Where a request for `url` (in its one spelling) is sent; undefined if it is answered. `secure` is whether the client came
 * over TLS, "unknown" in the local run, whose doors speak plain HTTP alone. The change of scheme or host keeps the method
 * of what is no GET or HEAD (308), which 301 would not.
 */
export function redirectOf(
  rules: RedirectRules,
  request: { readonly url: string; readonly method: string; readonly secure: "yes" | "no" | "unknown" },
): Redirect | undefined {
  const { protocol, host, hostname, pathname, search } = new URL(request.url);
  const scheme = rules.https && request.secure === "no" ? "https:" : protocol;
  const site = rules.hosts?.from.has(hostname) ? rules.hosts.to : host;
  for (const rule of rules.paths) {
    const target = targetOf(rule, pathname);
    if (target === undefined) continue;
    const base = target.startsWith("/") ? `${scheme}//${site}${target}` : target;
    return { status: rule.status, location: rule.query === "keep" ? base + search : base };
  }
  if (scheme === protocol && site === host) return undefined;
  const status = request.method === "GET" || request.method === "HEAD" ? 301 : 308;
  return { status, location: `${scheme}//${site}${pathname}${search}` };
}
