// Places a client of the local front door: by `Meridian-From`, else at the launcher's home. Local mode only. The address look-up
// and the countries' places are arguments, so that this stays pure. It never refuses a request: for an unreadable or unknown
// place the client is at home with the kind `unknown` (the edge, which receives the field too, may refuse it).

import { parseIpAddress } from "../../../config/world/ip-address.ts";
import { parseMeridianFrom } from "../../../config/world/meridian-from.ts";
import type { Coordinates } from "../../../config/world/regions.ts";

/** The geographic data for placing a client. */
export interface Atlas {
  /** A country's representative place (ISO 3166 code, capitals), if known. */
  readonly country: (code: string) => Coordinates | undefined;
  /** An address's place, if known: its own, or its country's. Called only for public addresses. */
  readonly address: (address: string) => Coordinates | undefined;
  /** The place of clients that name none. */
  readonly home: Coordinates;
}

/** How a client was placed. `unknown`: its place could not be read or found, so it is at home. */
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
