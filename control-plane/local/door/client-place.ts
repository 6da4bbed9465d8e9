// Where a client of the local front door is: what `Meridian-From` says, else the launcher's home. Local mode only.
// The address look-up and the countries' places are handed in, so that this stays pure; it never refuses a request:
// what cannot be read or found leaves the client at home and says so (the edge, which sees the field too, may refuse).

import { parseIpAddress } from "../../../config/world/ip-address.ts";
import { parseMeridianFrom } from "../../../config/world/meridian-from.ts";
import type { Coordinates } from "../../../config/world/regions.ts";

/** What placing a client needs to know of the world. */
export interface Atlas {
  /** The place that stands for a country (ISO 3166 code, capitals), if it is known. */
  readonly country: (code: string) => Coordinates | undefined;
  /** Where an address is, if it is known: its own place, or its country's. Asked only for addresses that are somewhere. */
  readonly address: (address: string) => Coordinates | undefined;
  /** Where clients are that say nothing. */
  readonly home: Coordinates;
}

/** How a client was placed. `unknown`: what it said could not be read or found, so it is at home. */
export interface ClientPlace {
  readonly kind: "country" | "address" | "coordinates" | "home" | "unknown";
  readonly place: Coordinates;
}

/** Places a client by its `Meridian-From` field: a country, an address or `lat,long`. */
export function placeClient(field: string | undefined, atlas: Atlas): ClientPlace {
  if (field === undefined || field.trim() === "") return { kind: "home", place: atlas.home };
  const from = parseMeridianFrom(field);
  switch (from.kind) {
    case "coordinates":
      return { kind: "coordinates", place: from.coordinates };
    case "country":
      return found("country", atlas.country(from.country), atlas);
    case "address": {
      const lookup = parseIpAddress(from.address)?.lookup;
      return found("address", lookup === undefined ? undefined : atlas.address(lookup), atlas);
    }
    case "invalid":
      return { kind: "unknown", place: atlas.home };
  }
}

const found = (kind: "country" | "address", place: Coordinates | undefined, atlas: Atlas): ClientPlace =>
  place === undefined ? { kind: "unknown", place: atlas.home } : { kind, place };
