// The places to measure from, sent as `Meridian-From` (local mode only). It parses the user's list and has a default place per
// region; it never guesses coordinates: they come from the user, from the list below, or are absent.

import { parseMeridianFrom } from "../../config/world/meridian-from.ts";
import type { Coordinates, RegionId } from "../../config/world/regions.ts";
import { LATENCY_LIMITS } from "./limits.ts";

/** A place to measure from: its `Meridian-From` value, name, and coordinates if known. */
export interface ProbePlace {
  /** The value of `Meridian-From`: a country's code, an address, or `latitude,longitude`. Absent for "here". */
  readonly from?: string;
  readonly name: string;
  readonly place?: Coordinates;
}

/** The measuring machine, for deployments that place clients by their real address. */
export const HERE: ProbePlace = { name: "here" };

const city = (name: string, latitude: number, longitude: number): ProbePlace => ({
  name,
  from: `${latitude},${longitude}`,
  place: { latitude, longitude },
});

/**
 * For each region a large city some distance from its data centre: measuring next to the data centre would not represent
 * its clients.
 */
export const PLACE_OF_REGION: Readonly<Record<RegionId, ProbePlace>> = {
  wnam: city("Seattle", 47.61, -122.33),
  enam: city("Toronto", 43.65, -79.38),
  sam: city("Buenos Aires", -34.6, -58.38),
  weur: city("London", 51.51, -0.13),
  eeur: city("Kyiv", 50.45, 30.52),
  apac: city("Seoul", 37.57, 126.98),
  oc: city("Auckland", -36.85, 174.76),
  afr: city("Nairobi", -1.29, 36.82),
  me: city("Mumbai", 19.08, 72.88),
};

/** The result of parsing a list of places. */
export type PlaceList =
  | { readonly kind: "places"; readonly places: readonly ProbePlace[] }
  | { readonly kind: "invalid"; readonly detail: string };

const PART = /[+-]?\d+(?:\.\d+)?,[+-]?\d+(?:\.\d+)?|[^,;\s]+/g;

/**
 * Reads `JP,DE,203.0.113.7,35.68,139.69`: countries (ISO 3166-1, two letters), IP addresses, and pairs of latitude and
 * longitude, separated by commas, semicolons or spaces. Two plain numbers in a row are one pair. Repetitions are dropped.
 */
export function parsePlaces(text: string): PlaceList {
  const places = new Map<string, ProbePlace>();
  for (const part of text.match(PART) ?? []) {
    const place = parsePlace(part);
    if (!place) {
      return {
        kind: "invalid",
        detail: `"${part}" is not a place: give a country (JP), an IP address, or latitude,longitude`,
      };
    }
    places.set(place.from ?? "", place);
  }
  if (places.size === 0) return { kind: "invalid", detail: "give at least one place, for example JP,DE,BR" };
  if (places.size > LATENCY_LIMITS.latencyPlaces)
    return { kind: "invalid", detail: `at most ${LATENCY_LIMITS.latencyPlaces} places can be measured` };
  return { kind: "places", places: [...places.values()] };
}

function parsePlace(text: string): ProbePlace | undefined {
  const from = parseMeridianFrom(text);
  switch (from.kind) {
    case "country":
      return { from: from.country, name: COUNTRY_NAMES.of(from.country) ?? from.country };
    case "address":
      return { from: from.address, name: from.address };
    case "coordinates":
      return { from: text, name: text, place: from.coordinates };
    case "invalid":
      return undefined;
  }
}

const COUNTRY_NAMES = new Intl.DisplayNames(["en"], { type: "region" });
