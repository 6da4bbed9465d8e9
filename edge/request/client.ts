// Which facts about a client are believed, and from whom. In production the platform's own: its address and `request.cf`.
// Locally what the front door asserts, signed, and where the client itself claims to be, which is what local mode is for.
// Never a field that a client could have written: locally the runtime invents `cf` and passes `CF-Connecting-IP` on, and in
// production `Meridian-From` is noise. What is not believed does not leave this file.

import { parseIpAddress } from "../../config/world/ip-address.ts";
import type { CfPlace } from "../geo/locate.ts";

/** What the platform says of a connection. */
export interface CfFacts extends CfPlace {
  readonly connectingIp?: string | undefined;
  readonly scheme?: "http" | "https" | undefined;
}

/** What is believed of a client. */
export interface TrustedClient {
  /** In one spelling (ip-address.ts); absent if no trusted source says it. */
  readonly address?: string;
  readonly scheme: "http" | "https";
  /** The value of `Meridian-From`, unread. Only in local mode. */
  readonly from?: string;
  /** Only in production. */
  readonly cf?: CfPlace;
}

/** Sorts the facts. `assertion` is the address from a field whose signature, age and nonce have been checked. */
export function clientOf(input: {
  readonly cf?: CfFacts | undefined;
  readonly assertion?: string | undefined;
  readonly meridianFrom?: string | undefined;
  readonly local: boolean;
}): TrustedClient {
  const address = parseIpAddress((input.local ? input.assertion : input.cf?.connectingIp) ?? "")?.text;
  const known = address === undefined ? {} : { address };
  if (input.local) {
    // The front door and the regions' own ports speak plain HTTP, regardless of what a client writes into X-Forwarded-Proto.
    return { ...known, scheme: "http", ...(input.meridianFrom !== undefined && { from: input.meridianFrom }) };
  }
  const scheme = input.cf?.scheme ?? "https";
  if (input.cf === undefined) return { ...known, scheme };
  const { country, continent, latitude, longitude } = input.cf;
  return { ...known, scheme, cf: { country, continent, latitude, longitude } };
}
