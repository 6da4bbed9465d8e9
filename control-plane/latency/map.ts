// The report's map as SVG: the land, the regions, the places that were measured from, and an arc from each place to the
// region that answered it, coloured by how fast its warm answers were. Colours are CSS classes `speed-0` to `speed-4`, so
// that light and dark pages define their own. It uses only the report's data.

import { geoInterpolate } from "d3-geo";
import { type Coordinates, REGION_IDS, REGIONS } from "../../config/world/regions.ts";
import type { PlaceReport } from "./report.ts";
import { escapeHtml } from "./text.ts";

/** The land's outline and the way from a place to a point on it (`config/world/world-outline.node.ts`). */
export interface Outline {
  readonly path: string;
  readonly project: (place: Coordinates) => readonly [x: number, y: number];
}

/** Upper bounds in milliseconds of the speeds that have a colour; what is slower than the last has the fifth. */
export const SPEED_BOUNDS = [20, 50, 100, 200] as const;

/** Which of the five colours a time has: 0 is the fastest. */
export const speedOf = (milliseconds: number): number => {
  const index = SPEED_BOUNDS.findIndex((bound) => milliseconds <= bound);
  return index < 0 ? SPEED_BOUNDS.length : index;
};

/** The map in a box of `width` by `height`; places whose coordinates are unknown are left out. */
export function drawMap(outline: Outline, places: readonly PlaceReport[], width: number, height: number): string {
  const answering = new Set(places.map((place) => place.region));
  const labels = new MapLabels(width, height);
  const arcs: string[] = [];
  const dots: string[] = [];
  const squares: string[] = [];
  for (const id of REGION_IDS) {
    const [x, y] = outline.project(REGIONS[id].place);
    labels.occupy(x - 6, y - 6, 12, 12);
    squares.push(
      `<rect class="region${answering.has(id) ? "" : " idle"}" x="${round(x - 4.5)}" y="${round(y - 4.5)}" width="9" height="9" ` +
        `rx="2"><title>${escapeHtml(`${REGIONS[id].name} (${id}), ${REGIONS[id].city}`)}</title></rect>`,
    );
  }
  const known = places.flatMap((report) => (report.place ? [{ report, point: outline.project(report.place) }] : []));
  for (const { point } of known) labels.occupy(point[0] - 5, point[1] - 5, 10, 10);
  for (const { report, point } of known) {
    const warm = report.series.warm?.timeToFirstByte?.p50;
    const speed = warm === undefined ? "unknown" : `speed-${speedOf(warm)}`;
    const region = REGION_IDS.find((id) => id === report.region);
    if (region && report.place) {
      const points = arc(outline, report.place, REGIONS[region].place);
      for (const [x, y] of points) labels.occupy(x - 1, y - 1, 2, 2);
      arcs.push(`<path class="arc ${speed}" d="${line(points, width)}"/>`);
    }
    const time = warm === undefined ? "" : ` ${warm < 10 ? warm.toFixed(1) : Math.round(warm)} ms`;
    const title = `${report.name}: ${report.region ?? "no region"}${warm === undefined ? "" : `, warm p50${time}`}`;
    dots.push(
      `<circle class="place ${speed}" cx="${round(point[0])}" cy="${round(point[1])}" r="5"><title>${escapeHtml(title)}</title></circle>`,
      labels.place(point, `${report.name}${time}`, "place-label"),
    );
  }
  for (const id of REGION_IDS) {
    if (answering.has(id)) squares.push(labels.place(outline.project(REGIONS[id].place), id, "region-label"));
  }
  return (
    `<svg class="map" viewBox="0 0 ${width} ${height}" role="img" aria-label="Places, and the regions that answered them">` +
    `<path class="land" d="${outline.path}"/><g class="arcs">${arcs.join("")}</g>${squares.join("")}${dots.join("")}</svg>`
  );
}

const round = (value: number): number => Math.round(value * 10) / 10;

/** Points on the map along the great circle from `a` to `b`. */
function arc(outline: Outline, a: Coordinates, b: Coordinates): (readonly [number, number])[] {
  const steps = 48;
  return Array.from({ length: steps + 1 }, (_, step) => outline.project(along(a, b, step / steps)));
}

/** The points as an SVG path; where they leave the map at one side they come back at the other. */
function line(points: readonly (readonly [number, number])[], width: number): string {
  const commands = points.map(([x, y], index) => {
    const before = points[index - 1];
    return `${!before || Math.abs(x - before[0]) > width / 2 ? "M" : "L"}${round(x)},${round(y)}`;
  });
  return commands.join("");
}

/** The point at `share` (0 to 1) of the great circle from `a` to `b`. */
export function along(a: Coordinates, b: Coordinates, share: number): Coordinates {
  const [longitude, latitude] = geoInterpolate([a.longitude, a.latitude], [b.longitude, b.latitude])(share);
  return { latitude, longitude };
}

/** Puts labels next to their points so that they cover neither points nor each other, as far as there is room. */
class MapLabels {
  readonly #taken: { x: number; y: number; width: number; height: number }[] = [];
  readonly #width: number;
  readonly #height: number;

  constructor(width: number, height: number) {
    this.#width = width;
    this.#height = height;
  }

  occupy(x: number, y: number, width: number, height: number): void {
    this.#taken.push({ x, y, width, height });
  }

  /** A text element near `point`, in the first of eight positions that is free; the one to the right if none is. */
  place([x, y]: readonly [number, number], text: string, className: string): string {
    // Bold capitals are the widest that a name has in the page's font; too wide a guess only moves a label.
    const width = text.length * 7.2 + 4;
    const height = 13;
    const candidates = [
      [x + 8, y - 7],
      [x - 8 - width, y - 7],
      [x - width / 2, y - 21],
      [x - width / 2, y + 8],
      [x + 6, y - 19],
      [x + 6, y + 6],
      [x - 6 - width, y - 19],
      [x - 6 - width, y + 6],
    ] as const;
    const [left, top] = candidates.find((corner) => this.#isFree(corner[0], corner[1], width, height)) ?? candidates[0];
    this.occupy(left, top, width, height);
    // What stands to the left of its point ends there, however much narrower than the guess it turns out.
    const leftward = left + width <= x;
    return `<text class="${className}" x="${round(leftward ? left + width - 2 : left + 2)}" y="${round(top + 11)}"${leftward ? ' text-anchor="end"' : ""}>${escapeHtml(text)}</text>`;
  }

  #isFree(x: number, y: number, width: number, height: number): boolean {
    if (x < 0 || y < 0 || x + width > this.#width || y + height > this.#height) return false;
    return !this.#taken.some(
      (other) => x < other.x + other.width && other.x < x + width && y < other.y + other.height && other.y < y + height,
    );
  }
}
