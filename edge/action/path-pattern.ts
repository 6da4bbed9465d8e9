// Path patterns of redirects and rewrites: a path as it is, or the beginning of paths that ends in `*`. What stands in the
// place of the `*` is put in the place of the `*` of the target. Paths are compared as cache keys spell them, so no other
// spelling of a path slips past a rule.

import { spellPath } from "../route/match-route.ts";

/** A rule that was prepared once for its route. */
export interface PathRule {
  readonly from: string;
  readonly to: string;
  readonly open: boolean;
}

/** Prepares a rule of the configuration, which validate-actions.ts has checked. */
export function pathRule({ from, to }: { readonly from: string; readonly to: string }): PathRule {
  const open = from.endsWith("*");
  const start = to.indexOf("/", to.startsWith("/") ? 0 : to.indexOf("//") + 2);
  const target = to.slice(0, start) + spellPath(to.slice(start));
  return { from: spellPath(open ? from.slice(0, -1) : from), to: target, open };
}

/** Where a normalised path (without query) leads by a rule; undefined if the rule is not for it. */
export function targetOf({ from, to, open }: PathRule, path: string): string | undefined {
  if (open ? !path.startsWith(from) : path !== from) return undefined;
  return to.endsWith("*") ? to.slice(0, -1) + path.slice(from.length) : to;
}
