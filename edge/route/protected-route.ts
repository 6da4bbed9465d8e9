// Which route answers a request whose path an origin may read in more than one way. Routes match one spelling, origins serve
// several: with `/vip/*` protected and a rule for everything else behind it, `//vip/a`, `/vip%2Fa`, `/x/..%5Cvip/a` or `/VIP/a` would
// reach the same page unprotected, and `/static/..%2Faccount` would have a personal page stored.
// **Decided**: if any reading of the path (folded-path.ts) belongs to a protected route, that route answers, under the path as it was
// written. So nothing is refused on sites whose names do contain `%2F`, `;` or capitals: at worst such a name is protected as
// well. Only where two protected routes claim the path, of which neither can stand for the other, the request is refused (400).
// `strictPaths: false` in the configuration turns this off, for origins that are known to read a path in one way alone.

import type { Route } from "../../config/schema/schema.ts";
import { isPlain, readingsOf, unescapedOnce } from "./folded-path.ts";
import {
  anyOf,
  type CompiledRoute,
  compiled,
  firstMatch,
  matchRoute,
  type RouteSubject,
  spellPath,
} from "./match-route.ts";

/** The route that answers. */
export type RouteChoice =
  | { readonly kind: "route"; readonly route: Route }
  | { readonly kind: "none" }
  /** Two routes protect what the path may stand for, each in its own way. */
  | { readonly kind: "ambiguous"; readonly routes: readonly Route[] };

/** Whether being answered by another route would give something away: who may see it, how often, where, or that it is not stored. */
export const isProtected = ({ mode, residency, actions }: Route): boolean =>
  mode === "bypass" ||
  residency !== undefined ||
  actions?.signed !== undefined ||
  actions?.access !== undefined ||
  actions?.rateLimit !== undefined;

/** The route that answers `subject`, whose path is normalised. */
export function chooseRoute(
  routes: readonly Route[],
  subject: RouteSubject,
  paths: "strict" | "as-written",
): RouteChoice {
  const written = matchRoute(routes, subject);
  if (written === undefined) return { kind: "none" };
  const others = paths === "strict" ? protectedReadings(routes, subject) : NONE;
  if (others.size === 0 || (others.size === 1 && others.has(written))) return { kind: "route", route: written };
  const claims = new Set(isProtected(written) ? [written, ...others] : others);
  const [only] = claims;
  if (claims.size === 1 && only !== undefined) return { kind: "route", route: only };
  return { kind: "ambiguous", routes: [...claims] };
}

/** Letters' case as an origin may ignore it: by way of capitals, since a dotless "\u0131" has those of "i", and without the dot of "\u0130". */
const smallLetters = (text: string): string => text.toUpperCase().toLowerCase().replaceAll("\u0307", "");

const NONE: ReadonlySet<Route> = new Set();

interface FoldedRoute extends CompiledRoute {
  /** For readings of a path, and for readings in small letters. */
  readonly folded: (reading: string) => boolean;
  readonly small: (reading: string) => boolean;
}

interface Folding {
  readonly routes: readonly FoldedRoute[];
  /** Whether a path without anything to fold and in small letters can only be what it is. */
  readonly isSimple: boolean;
}

const foldings = new WeakMap<readonly Route[], Folding | "unprotected">();

/** The protected routes that answer one of the path's readings. */
function protectedReadings(routes: readonly Route[], subject: RouteSubject): ReadonlySet<Route> {
  const folding = foldingOf(routes);
  if (folding === "unprotected") return NONE;
  const { path } = subject;
  if (folding.isSimple && isPlain(path) && !/[A-Z]/.test(path)) return NONE;
  const found = new Set<Route>();
  const note = (route: Route | undefined): void => {
    if (route !== undefined && isProtected(route)) found.add(route);
  };
  const small = new Set<string>();
  for (const reading of readingsOf(path)) {
    small.add(smallLetters(reading));
    note(firstMatch(folding.routes, subject, (candidate) => candidate.folded(reading)));
  }
  for (const reading of small) note(firstMatch(folding.routes, subject, (candidate) => candidate.small(reading)));
  return found;
}

function foldingOf(routes: readonly Route[]): Folding | "unprotected" {
  let folding = foldings.get(routes);
  if (folding === undefined) {
    folding = routes.some(isProtected) ? fold(routes) : "unprotected";
    foldings.set(routes, folding);
  }
  return folding;
}

function fold(routes: readonly Route[]): Folding {
  const patterns = routes.flatMap(({ match }) => match.paths ?? []);
  return {
    routes: compiled(routes).map((candidate) => {
      const readings = candidate.route.match.paths?.flatMap((pattern) => readingsOfPattern(pattern, candidate.route));
      return { ...candidate, folded: anyOf(readings), small: anyOf(readings?.map(smallLetters)) };
    }),
    isSimple: patterns.every((pattern) => isPlain(pattern) && !/[^!-@[-~]/.test(pattern)),
  };
}

/** A pattern's own readings, its `*` untouched. An unprotected route has few: it must not hide a protected one behind it. */
function readingsOfPattern(pattern: string, route: Route): string[] {
  const [open, end] = [pattern.startsWith("*") ? "*" : "", pattern.endsWith("*") && pattern.length > 1 ? "*" : ""];
  const text = pattern.slice(open.length, pattern.length - end.length);
  const readings = [
    text,
    spellPath(text),
    unescapedOnce(text),
    ...(isProtected(route) ? readingsOf(spellPath(text)) : []),
  ];
  // An asterisk that an escape stood for would be taken for the pattern's own.
  return readings.filter((reading) => !reading.includes("*")).map((reading) => `${open}${reading}${end}`);
}
