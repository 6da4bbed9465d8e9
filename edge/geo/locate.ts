// Where a client is, from the best source there is: its own word in local mode, the platform's `request.cf`, its address in
// the MaxMind database, and if none of these knows, the place of the region that it reached. The answer always names its
// source. Which of these facts may be believed is decided before (request/client.ts); here they are believed.

import { isContinent } from "../../config/world/continents.ts";
import { countryPlace } from "../../config/world/country-places.ts";
import { parseMeridianFrom } from "../../config/world/meridian-from.ts";
import { type Coordinates, REGIONS, type RegionId } from "../../config/world/regions.ts";
import type { Place } from "./place.ts";

/** What `request.cf` says of a client's place: text, as the platform has it. Country T1 is Tor, XX is unknown. */
export interface CfPlace {
  readonly country?: string | undefined;
  readonly continent?: string | undefined;
  readonly latitude?: string | undefined;
  readonly longitude?: string | undefined;
}

/** What a database of addresses knows; each answers undefined for what it does not know. */
export interface Database {
  readonly countryOf: (address: string) => string | undefined;
  /** Databases of cities know a point, which is better than the country's. */
  readonly pointOf?: (address: string) => Coordinates | undefined;
}

export interface LocateInput extends Database {
  /** The value of `Meridian-From`, if it may be believed. */
  readonly from?: string | undefined;
  readonly cf?: CfPlace | undefined;
  readonly address?: string | undefined;
  /** The region that the client reached; undefined in production, where an edge belongs to none. */
  readonly region: RegionId | undefined;
}

/** `Meridian-From` names no place. Everything else that cannot be read is passed over for the next source. */
export interface NoPlace {
  readonly kind: "invalid";
  readonly detail: string;
}

/** The client's place, or what is wrong with its `Meridian-From`. */
export function locate(input: LocateInput): Place | NoPlace {
  const claimed = input.from === undefined ? undefined : placeFrom(input.from, input);
  return (
    claimed ?? placeOfCf(input.cf) ?? placeOfAddress(input.address, input, "database") ?? placeOfRegion(input.region)
  );
}

/** Undefined for an address that the database does not know: the next source may. */
function placeFrom(text: string, database: Database): Place | NoPlace | undefined {
  const from = parseMeridianFrom(text);
  switch (from.kind) {
    case "coordinates":
      return { coordinates: from.coordinates, source: "meridian-from" };
    case "address":
      return placeOfAddress(from.address, database, "meridian-from");
    case "country":
      return (
        placeOfCountry(from.country, "meridian-from") ?? {
          kind: "invalid",
          detail: `Meridian-From: ${from.country} is not the code of a country (ISO 3166)`,
        }
      );
    case "invalid":
      return from;
  }
}

function placeOfCf(cf: CfPlace | undefined): Place | undefined {
  if (cf === undefined) return undefined;
  const known = placeOfCountry(cf.country, "cf");
  const latitude = degrees(cf.latitude, 90);
  const longitude = degrees(cf.longitude, 180);
  // A point without its other half is none; the country's point is better than a pole or the Gulf of Guinea.
  if (latitude === undefined || longitude === undefined) return known;
  const continent = cf.continent !== undefined && isContinent(cf.continent) ? cf.continent : known?.continent;
  return {
    coordinates: { latitude, longitude },
    ...(known?.country !== undefined && { country: known.country }),
    ...(continent !== undefined && { continent }),
    source: "cf",
  };
}

function degrees(text: string | undefined, most: number): number | undefined {
  if (text === undefined || text.trim() === "") return undefined;
  const value = Number(text);
  return Math.abs(value) <= most ? value : undefined;
}

function placeOfAddress(address: string | undefined, database: Database, source: Place["source"]): Place | undefined {
  if (address === undefined) return undefined;
  const known = placeOfCountry(database.countryOf(address), source);
  const point = database.pointOf?.(address);
  return point === undefined ? known : { ...known, coordinates: point, source };
}

function placeOfCountry(code: string | undefined, source: Place["source"]): Place | undefined {
  const known = code === undefined ? undefined : countryPlace(code);
  return known && { ...known, country: code as string, source };
}

/**
 * A point only: that a client reached a region says nothing of its country, which keys and preferences go by. Without any
 * region: western Europe, where the middle of the hemisphere with most land lies, so that the guess is the least wrong.
 */
const placeOfRegion = (region: RegionId | undefined): Place => ({
  coordinates: REGIONS[region ?? "weur"].place,
  source: "region",
});
