// Which field speaks to this cache: `Meridian-CDN-Cache-Control`, else `CDN-Cache-Control` (RFC 9213), else `Surrogate-Control`
// of older CDNs, else `Cache-Control`. The first that is valid and not empty is the only one that counts, and `Expires` counts
// only beside `Cache-Control`. A targeted field that does not parse is as good as absent; a lifetime in it that is no
// integer is zero, never a guess (section 2.1 bids not to convert).

import { type Seconds, seconds } from "../../config/units.ts";
import { type Directives, MAX_DELTA_SECONDS, NO_DIRECTIVES, parseCacheControl } from "./cache-control.ts";
import type { Fields } from "./fields.ts";
import { membersOf } from "./list.ts";
import { dictionaryOf } from "./structured.ts";

/** Our own field, above the one for all CDNs (RFC 9213 section 2.2: the target list). */
export const OWN_TARGETED_FIELD = "meridian-cdn-cache-control";
const TARGET_LIST = [OWN_TARGETED_FIELD, "cdn-cache-control"] as const;

/** The directives that hold here, and whether a field meant for CDNs alone gave them. */
export interface Selected {
  readonly directives: Directives;
  readonly targeted: boolean;
}

/** The directives of a response that hold for this cache (RFC 9213 section 2.2). Never throws. */
export function selectDirectives(fields: Fields): Selected {
  for (const name of TARGET_LIST) {
    const value = fields.get(name);
    const directives = value === undefined ? undefined : parseTargeted(value);
    if (directives !== undefined) return { directives, targeted: true };
  }
  const general = parseCacheControl(fields.get("cache-control"));
  const surrogate = parseSurrogateControl(fields.get("surrogate-control"));
  if (surrogate === undefined) return { directives: general, targeted: false };
  // No standard says that this field may open what is private, and the CDN that made it popular does not let it.
  return { directives: { ...surrogate, private: surrogate.private || general.private }, targeted: true };
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
 * `Cache-Control`. A directive with `;target` is meant for another device. Without a word on storing it says something else
 * (`content="ESI/1.0"`) and is passed over.
 */
function parseSurrogateControl(value: string | undefined): Directives | undefined {
  if (value === undefined) return undefined;
  const ours = membersOf(value).filter((member) => membersOf(member, ";").length === 1);
  const directives = parseCacheControl(ours.join(", "));
  return directives.maxAge !== undefined || directives.noStore || directives.private ? directives : undefined;
}
