// Reads `Cache-Control`, of requests and responses alike (RFC 9111 section 5.2). It never throws, and where a value is wrong
// or said twice it takes the more restrictive meaning: a lifetime that is no number is zero, two lifetimes are the shorter,
// a malformed permission is none. Field names behind `no-cache=` and `private=` are not distinguished: the whole response is
// meant, which sections 5.2.2.4 and 5.2.2.7 allow and most caches do.

import { type Seconds, seconds } from "../../config/units.ts";
import { membersOf } from "./list.ts";

/** What a `Cache-Control`, or a targeted field like it, says. An absent directive is false or undefined. */
export interface Directives {
  readonly noStore: boolean;
  readonly noCache: boolean;
  readonly private: boolean;
  readonly public: boolean;
  readonly mustRevalidate: boolean;
  readonly proxyRevalidate: boolean;
  readonly mustUnderstand: boolean;
  readonly onlyIfCached: boolean;
  readonly maxAge: Seconds | undefined;
  readonly sMaxAge: Seconds | undefined;
  readonly staleWhileRevalidate: Seconds | undefined;
  readonly staleIfError: Seconds | undefined;
  readonly minFresh: Seconds | undefined;
  /** Infinity where the directive has no argument: staleness of any length is welcome. */
  readonly maxStale: Seconds | undefined;
}

/** Nothing said. */
export const NO_DIRECTIVES: Directives = Object.freeze({
  noStore: false,
  noCache: false,
  private: false,
  public: false,
  mustRevalidate: false,
  proxyRevalidate: false,
  mustUnderstand: false,
  onlyIfCached: false,
  maxAge: undefined,
  sMaxAge: undefined,
  staleWhileRevalidate: undefined,
  staleIfError: undefined,
  minFresh: undefined,
  maxStale: undefined,
});

/** Delta-seconds beyond this are this: 68 years, which the RFC names as enough for ever (RFC 9111 section 1.2.2). */
export const MAX_DELTA_SECONDS = 2 ** 31;

/** The directives of a combined `Cache-Control` value; unknown ones are ignored. Never throws. */
export function parseCacheControl(value: string | undefined): Directives {
  if (value === undefined) return NO_DIRECTIVES;
  const directives: Building = { ...NO_DIRECTIVES };
  for (const member of membersOf(value)) add(directives, member);
  return directives;
}

/** A non-negative whole number of seconds; undefined if it is anything else. */
export function deltaSeconds(text: string): Seconds | undefined {
  return /^[0-9]+$/.test(text) ? seconds(Math.min(Number(text), MAX_DELTA_SECONDS)) : undefined;
}

type Building = { -readonly [Name in keyof Directives]: Directives[Name] };

function add(directives: Building, member: string): void {
  const equals = member.indexOf("=");
  // Whitespace around "=" is no valid syntax. The name is still recognised, so that `private =x` stays private.
  const name = (equals < 0 ? member : member.slice(0, equals)).trim().toLowerCase();
  const argument = equals < 0 ? undefined : member.slice(equals + 1);
  const misspelt = equals > 0 && member[equals - 1]?.trim() === "";
  const delta = argument === undefined || misspelt ? undefined : deltaSeconds(unquoted(argument));
  switch (name) {
    case "no-store":
      directives.noStore = true;
      break;
    case "no-cache":
      directives.noCache = true;
      break;
    case "private":
      directives.private = true;
      break;
    case "must-revalidate":
      directives.mustRevalidate = true;
      break;
    case "proxy-revalidate":
      directives.proxyRevalidate = true;
      break;
    case "only-if-cached":
      directives.onlyIfCached = true;
      break;
    // These two permit something, so they count only where they are well-formed.
    case "public":
      directives.public ||= argument === undefined;
      break;
    case "must-understand":
      directives.mustUnderstand ||= argument === undefined;
      break;
    case "max-age":
      directives.maxAge = shorter(directives.maxAge, delta);
      break;
    case "s-maxage":
      directives.sMaxAge = shorter(directives.sMaxAge, delta);
      break;
    case "stale-while-revalidate":
      directives.staleWhileRevalidate = shorter(directives.staleWhileRevalidate, delta);
      break;
    case "stale-if-error":
      directives.staleIfError = shorter(directives.staleIfError, delta);
      break;
    case "max-stale":
      directives.maxStale = shorter(
        directives.maxStale,
        argument === undefined ? seconds(Number.POSITIVE_INFINITY) : delta,
      );
      break;
    case "min-fresh":
      // A demand: the greater restricts more, and what is no number demands nothing.
      if (delta !== undefined) directives.minFresh = seconds(Math.max(directives.minFresh ?? 0, delta));
      break;
  }
}

/** The shorter of two lifetimes (RFC 9111 section 4.2.1 for duplicates); what is no number is zero. */
const shorter = (known: Seconds | undefined, delta: Seconds | undefined): Seconds =>
  seconds(Math.min(known ?? Number.POSITIVE_INFINITY, delta ?? 0));

/** Both forms of an argument ought to be accepted, regardless of what the definition of the directive says (RFC 9111 section 5.2). */
const unquoted = (argument: string): string =>
  argument.length >= 2 && argument.startsWith('"') && argument.endsWith('"') ? argument.slice(1, -1) : argument;
