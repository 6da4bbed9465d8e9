// What a record of a MaxMind-format file says of an address. Files differ in shape: GeoLite2 and GeoIP2 nest a country and a
// location, the free lists of ip-location-db are flat, some give coordinates as text. A file is chosen by the user, so a
// record is read like any outside input: what is not of a known shape is not there.

import type { Coordinates } from "../../config/world/regions.ts";

/** The country (ISO 3166 letters) and the point that a record names. */
export interface AddressRecord {
  readonly country?: string;
  readonly point?: Coordinates;
}

/** Reads one record; empty if it says nothing that is known here. */
export function readAddressRecord(record: unknown): AddressRecord {
  const top = objectOf(record);
  // Where the address is used counts before where it is registered, which may be the provider's seat.
  const country = [top.country_code, objectOf(top.country).iso_code, objectOf(top.registered_country).iso_code].find(
    isCountryCode,
  );
  const point = pointOf(objectOf(top.location)) ?? pointOf(top);
  return { ...(country !== undefined && { country }), ...(point !== undefined && { point }) };
}

const objectOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};

/** `ZZ` is how some files say "unknown"; `EU` and `AP` in old ones name no country, and no country's place is found for them. */
const isCountryCode = (value: unknown): value is string =>
  typeof value === "string" && /^[A-Z]{2}$/.test(value) && value !== "ZZ";

function pointOf(record: Readonly<Record<string, unknown>>): Coordinates | undefined {
  const latitude = degreesOf(record.latitude, 90);
  const longitude = degreesOf(record.longitude, 180);
  // Flat files write 0,0 where they know nothing; that place is in the sea.
  if (latitude === undefined || longitude === undefined || (latitude === 0 && longitude === 0)) return undefined;
  return { latitude, longitude };
}

function degreesOf(value: unknown, most: number): number | undefined {
  const degrees = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  return typeof degrees === "number" && Math.abs(degrees) <= most ? degrees : undefined;
}
