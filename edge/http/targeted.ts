// Which field speaks to this cache (RFC 9213): the first of the target list that is valid and not empty, else `Cache-Control`.
// By default the list is `Meridian-CDN-Cache-Control`, `CDN-Cache-Control`, and `Surrogate-Control` of older CDNs, which has
// its own syntax. Only that one field counts, and `Expires` counts only together with `Cache-Control`. A targeted field that does
// not parse is as good as absent; a lifetime in it that is no integer is zero, never a guess (section 2.1).

import { type Seconds, seconds } from "../../config/units.ts";
import { type Directives, MAX_DELTA_SECONDS, NO_DIRECTIVES, parseCacheControl } from "./cache-control.ts";
import type { Fields } from "./fields.ts";
import { membersOf } from "./list.ts";
import { dictionaryOf } from "./structured.ts";

/** Our own field, the first of every target list (RFC 9213 section 2.2). */
export const OWN_TARGETED_FIELD = "meridian-cdn-cache-control";
/** The one target that is no structured field. */
export const SURROGATE_FIELD = "surrogate-control";

/** The directives that hold here, and whether a field meant for CDNs alone gave them. */
export interface Selected {
  readonly directives: Directives;
  readonly targeted: boolean;
}

/** The directives of a response that hold for this cache (RFC 9213 section 2.2); `targets` in lower case. Never throws. */
export function selectDirectives(fields: Fields, targets: readonly string[]): Selected {
  for (const name of targets) {
    const value = fields.get(name);
    if (value === undefined) continue;
    const directives = name === SURROGATE_FIELD ? surrogateDirectives(value, fields) : parseTargeted(value);
    if (directives !== undefined) return { directives, targeted: true };
  }
  return { directives: parseCacheControl(fields.get("cache-control")), targeted: false };
}

function parseTargeted(value: string): Directives | undefined {
  const dictionary = dictionaryOf(value);
  if (dictionary === undefined || dictionary.size === 0) return undefined;
  const says = (name: string): boolean => dictionary.has(name) && dictionary.get(name)?.[0] !== false;
  const permits = (name: string): boolean => dictionary.get(name)?.[0] === true;
  const lifetime = (name: string): Seconds | undefined => {
    if (!dictionary.has(name)) return undefined;
    const delta: unknown = dictionary.get(name)?.[0];
    return seconds(
      typeof delta === "number" && Number.isInteger(delta) ? Math.max(0, Math.min(delta, MAX_DELTA_SECONDS)) : 0,
    );
  };
  return {
    ...NO_DIRECTIVES,
    noStore: says("no-store"),
    noCache: says("no-cache"),
    private: says("private"),
    mustRevalidate: says("must-revalidate"),
    proxyRevalidate: says("proxy-revalidate"),
    public: permits("public"),
    mustUnderstand: permits("must-understand"),
    maxAge: lifetime("max-age"),
    sMaxAge: lifetime("s-maxage"),
    staleWhileRevalidate: lifetime("stale-while-revalidate"),
    staleIfError: lifetime("stale-if-error"),
  };
}

/**
 * The predecessor of targeted fields, a W3C note of 2001 that origins behind other CDNs still send, in the syntax of
 * `Cache-Control`. A directive with `;target` is for the device of that name, which ours says in `Surrogate-Capability`.
 * Without a word on storing the field says something else (`content="ESI/1.0"`) and is passed over.
 */
function surrogateDirectives(value: string, fields: Fields): Directives | undefined {
  const ours = membersOf(value)
    .map((member) => membersOf(member, ";"))
    .filter(([, ...targets]) => targets.length === 0 || targets.includes(SURROGATE_NAME))
    .map(([directive]) => directive);
  const directives = parseCacheControl(ours.join(", "));
  if (directives.maxAge === undefined && !directives.noStore && !directives.private) return undefined;
  // No standard says that this field may open what is private, and the CDN that made it popular does not let it.
  return { ...directives, private: directives.private || parseCacheControl(fields.get("cache-control")).private };
}

/** Our device token in `Surrogate-Control` targets and in `Surrogate-Capability`. */
const SURROGATE_NAME = "meridian";
/** What origins are sent where a route obeys `Surrogate-Control`, as its note demands; we process no ESI and say so by silence. */
export const SURROGATE_CAPABILITY = `${SURROGATE_NAME}="Surrogate/1.0"`;
