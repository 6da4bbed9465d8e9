// Distances between places, over the ground and in time. Everything that emulates or compares distances uses this:
// the local launcher's delays, and the choice of a region while nothing has been measured yet.
// The model: light in fibre covers 200 km in a millisecond, cables are PATH_FACTOR times as long as the great circle, and
// equipment at both ends adds a little. It is symmetric and never zero; it knows nothing of congestion or real cables.

import { type Kilometres, kilometres, type Millis, millis } from "../units.ts";
import type { Coordinates } from "./regions.ts";

/** Mean radius of the earth (IUGG), in kilometres. */
const EARTH_RADIUS = 6371.0088;

/** How far light travels in glass fibre in a millisecond (refractive index about 1.5), in kilometres. */
export const FIBRE_KILOMETRES_PER_MILLI = 200;

/** How much longer cables are than the great circle between their ends: routes follow coasts, railways and landing points. */
export const PATH_FACTOR = 1.5;

/** What every round trip costs besides distance: the last mile and the equipment at both ends. */
export const BASE_ROUND_TRIP: Millis = millis(1);

const radians = (degrees: number): number => (degrees * Math.PI) / 180;

/** The distance over the ground between two points, by the haversine formula; 0 to 20,015 km. */
export function greatCircle(a: Coordinates, b: Coordinates): Kilometres {
  const latitudes = Math.sin(radians(b.latitude - a.latitude) / 2) ** 2;
  const longitudes = Math.sin(radians(b.longitude - a.longitude) / 2) ** 2;
  const haversine = latitudes + Math.cos(radians(a.latitude)) * Math.cos(radians(b.latitude)) * longitudes;
  // Rounding can carry the value a hair beyond 1 for opposite points, where the arc sine ends.
  return kilometres(2 * EARTH_RADIUS * Math.asin(Math.min(1, Math.sqrt(haversine))));
}

/** The round-trip time between two places by the model in this file's header; at least `BASE_ROUND_TRIP`. */
export function roundTrip(a: Coordinates, b: Coordinates): Millis {
  return millis(BASE_ROUND_TRIP + (2 * greatCircle(a, b) * PATH_FACTOR) / FIBRE_KILOMETRES_PER_MILLI);
}
