// Parses `Meridian-From`, a local client's claimed place. Its callers (the edge's locate.ts, the local front door) decide whether to
// accept it, and the place.

import { parseIpAddress } from "./ip-address.ts";
import type { Coordinates } from "./regions.ts";

/** A country's code (two capital letters, which need not exist), an address, a point, or why it is none of these. */
export type MeridianFrom =
  | { readonly kind: "country"; readonly country: string }
  | { readonly kind: "address"; readonly address: string }
  | { readonly kind: "coordinates"; readonly coordinates: Coordinates }
  | { readonly kind: "invalid"; readonly detail: string };

const NUMBER = String.raw`([+-]?\d{1,3}(?:\.\d{1,15})?)`;
const POINT = new RegExp(String.raw`^${NUMBER}\s*,\s*${NUMBER}$`);

/** Reads `JP`, `203.0.113.7`, `2001:db8::1` or `35.68,139.69` (latitude, longitude in degrees). */
export function parseMeridianFrom(value: string): MeridianFrom {
  const text = value.trim();
  if (/^[a-z]{2}$/i.test(text)) return { kind: "country", country: text.toUpperCase() };
  const point = POINT.exec(text);
  if (point !== null) {
    const coordinates = { latitude: Number(point[1]), longitude: Number(point[2]) };
    if (Math.abs(coordinates.latitude) > 90) return invalid(`latitude ${point[1]} is not between -90 and 90`);
    if (Math.abs(coordinates.longitude) > 180) return invalid(`longitude ${point[2]} is not between -180 and 180`);
    return { kind: "coordinates", coordinates };
  }
  const address = parseIpAddress(text);
  if (address !== undefined) return { kind: "address", address: address.text };
  return invalid(
    "Meridian-From must be a country (JP), an IP address (203.0.113.7) or latitude,longitude (35.68,139.69)",
  );
}

const invalid = (detail: string): MeridianFrom => ({ kind: "invalid", detail });
