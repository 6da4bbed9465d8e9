// The seven continents by their usual two letters, as country-places.ts and Cloudflare's `request.cf.continent` have them.
// Four of the codes are countries' codes too (AF, AS, NA, SA), so configuration distinguishes the two: see `preferenceOf`.

/** Africa, Antarctica, Asia, Europe, North America (with Central America and the Caribbean), Oceania, South America. */
export const CONTINENTS = ["AF", "AN", "AS", "EU", "NA", "OC", "SA"] as const;
export type Continent = (typeof CONTINENTS)[number];

/** Whether `text` is a continent's code. */
export const isContinent = (text: string): text is Continent => (CONTINENTS as readonly string[]).includes(text);

/** What a key of a route's `prefer` names. */
export type Preference =
  | { readonly kind: "continent"; readonly continent: Continent }
  | { readonly kind: "country"; readonly country: string };

/**
 * Two letters that name a continent mean the continent: `SA` is South America and `country:SA` is Saudi Arabia.
 * All other two letters mean the country.
 */
export function preferenceOf(key: string): Preference {
  if (isContinent(key)) return { kind: "continent", continent: key };
  return { kind: "country", country: key.replace(/^country:/, "") };
}
