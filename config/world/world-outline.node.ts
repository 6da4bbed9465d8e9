/// <reference path="../typescript/geography.d.ts" />
// Draws the world's land as one SVG path, and says where a place lies on that drawing. It is made when a page is built or
// a report is written, never while requests are served. The projection is Equal Earth, which keeps the sizes of continents
// true; Antarctica is left out, since no region is there and it would take a fifth of the height.

import { readFileSync } from "node:fs";
import { geoEqualEarth, geoPath } from "d3-geo";
import { feature } from "topojson-client";
import type { Coordinates } from "./regions.ts";

/** The land's outline in a box of the asked size, and the way from a place to a point in that box. */
export interface WorldOutline {
  /** The `d` of an SVG path: x to the right, y downward, one decimal. About 50 kB (20 kB gzipped) at a width of 960. */
  readonly path: string;
  /** Where `place` lies in the drawing. */
  readonly project: (place: Coordinates) => readonly [x: number, y: number];
  /** What a page needs to project by itself: `x = translate[0] + scale * rawX`, `y = translate[1] - scale * rawY`. */
  readonly frame: { readonly scale: number; readonly translate: readonly [number, number] };
}

/** Land south of this is Antarctica: polygons that lie wholly below it are not drawn. */
const ANTARCTIC_LATITUDE = -60;

/** The outline of all land but Antarctica, as large as fits into `width` by `height`, in the middle of it. */
export function worldOutline(width: number, height: number): WorldOutline {
  const file = new URL(import.meta.resolve("world-atlas/land-110m.json"));
  const topology = JSON.parse(readFileSync(file, "utf8"));
  const geometry = feature(topology, topology.objects.land).features[0]?.geometry;
  if (!geometry) throw new Error("world-atlas/land-110m.json has no land");
  const land = {
    type: geometry.type,
    coordinates: geometry.coordinates.filter((polygon) =>
      polygon[0]?.some(([, latitude]) => latitude > ANTARCTIC_LATITUDE),
    ),
  };
  const projection = geoEqualEarth().fitExtent(
    [
      [0, 0],
      [width, height],
    ],
    land,
  );
  const path = geoPath(projection).digits(1)(land);
  if (!path) throw new Error("the land has no outline");
  return {
    path,
    project: ({ latitude, longitude }) => {
      const point = projection([longitude, latitude]);
      if (!point) throw new Error(`no point on the map for ${latitude},${longitude}`);
      return point;
    },
    frame: { scale: projection.scale(), translate: projection.translate() },
  };
}
