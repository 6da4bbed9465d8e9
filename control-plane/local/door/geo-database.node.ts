// Looks up addresses for the front door in a MaxMind-format database, through `maxmind`, in the launcher's own process.
// The edge has its own reader of the same file; this one exists because the network picks a region before any edge sees a request.
// An IPv6 address in a database of IPv4 would silently find a wrong record, so it is not looked up there.

import { readFile } from "node:fs/promises";
import { type CountryResponse, Reader, type Response } from "maxmind";
import type { Coordinates } from "../../../config/world/regions.ts";

/** A database's entry for an address: a point if it has one, else the country's code, else nothing. */
export type DatabaseFinding = { readonly place: Coordinates } | { readonly country: string } | undefined;

/** The records of the databases that are in use: MaxMind's own nest the country, the free ones have a plain code. */
type Record = Partial<CountryResponse> & {
  readonly country_code?: string;
  readonly location?: { readonly latitude?: number; readonly longitude?: number };
};

/** Opens a database file. Throws if it cannot be read or is none. */
export async function openGeoDatabase(file: string): Promise<(address: string) => DatabaseFinding> {
  const reader = new Reader<Response>(await readFile(file));
  return (address) => {
    if (address.includes(":") && reader.metadata.ipVersion === 4) return undefined;
    const record = reader.get(address) as Record | null;
    const { latitude, longitude } = record?.location ?? {};
    if (latitude !== undefined && longitude !== undefined) return { place: { latitude, longitude } };
    const country = record?.country?.iso_code ?? record?.country_code;
    return country === undefined ? undefined : { country };
  };
}
