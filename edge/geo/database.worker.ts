// Looks addresses up in a MaxMind-format file: the one home of `maxmind`. Used where the platform says nothing of a client's
// place, which is local mode; in production the file is not part of the bundle. The reader keeps the whole file in memory.
// It never hands the library what has not been read as an address before, since that answers wrongly and without an error to
// half an address, to a private one, and to an IPv6 address in a file of IPv4 ones.

import { Reader, type Response } from "maxmind";
import { parseIpAddress } from "../../config/world/ip-address.ts";
import { type AddressRecord, readAddressRecord } from "./address-record.ts";
import type { Database } from "./locate.ts";

/** The global that `nodejs_compat` provides; the platform's types leave it out. */
declare const Buffer: { from(data: ArrayBuffer): ConstructorParameters<typeof Reader>[0] };

/** The countries and points that the file `data` knows. Throws if `data` is no MaxMind file. */
export function openDatabase(data: ArrayBuffer): Required<Database> {
  const reader = new Reader<Response>(Buffer.from(data));
  const look = (address: string): AddressRecord => {
    const lookup = parseIpAddress(address)?.lookup;
    if (lookup === undefined) return {};
    // A file of IPv4 addresses would follow the first bits of an IPv6 address to some IPv4 network's record.
    if (lookup.includes(":") && reader.metadata.ipVersion === 4) return {};
    return readAddressRecord(reader.get(lookup));
  };
  return { countryOf: (address) => look(address).country, pointOf: (address) => look(address).point };
}

/** The country of an address according to the file `data`, in ISO 3166 letters. Throws if `data` is no MaxMind file. */
export const countryReader = (data: ArrayBuffer): ((address: string) => string | undefined) =>
  openDatabase(data).countryOf;
