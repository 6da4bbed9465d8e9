/// <reference path="../../../config/typescript/geography.d.ts" />
// The world with the regions on it: a dot each, coloured by health, in a halo whose area is its share of the traffic. The
// land is drawn when the page is built (`build.node.ts`); only the places of regions are projected here, by the same
// projection. The picture repeats what the table says, so for screen readers it is one image with a summary.

import { geoEqualEarthRaw } from "d3-geo";
import { h, type JSX } from "preact";
import type { Coordinates } from "../../../config/world/regions.ts";
import { formatPlural, formatRate } from "../format.ts";
import { labelSides } from "../map-labels.ts";
import type { Region } from "../model.ts";
import type { State } from "../state.ts";

/** Filled in by the build. */
declare const WORLD: {
  readonly path: string;
  readonly width: number;
  readonly height: number;
  readonly frame: { readonly scale: number; readonly translate: readonly [number, number] };
};

const LARGEST_HALO = 34;
const SMALLEST_HALO = 7;

function project({ latitude, longitude }: Coordinates): readonly [x: number, y: number] {
  const [x, y] = geoEqualEarthRaw((longitude * Math.PI) / 180, (latitude * Math.PI) / 180);
  const { scale, translate } = WORLD.frame;
  return [translate[0] + scale * x, translate[1] - scale * y];
}

/** The panel with the map and its legend. */
export function mapPanel(state: State): JSX.Element {
  const regions = state.regions ?? [];
  return h(
    "section",
    { class: "panel map", "aria-labelledby": "map-title" },
    h(
      "div",
      { class: "title" },
      h("h2", { id: "map-title" }, "Regions"),
      h("ul", { class: "legend", "aria-hidden": "true" }, ["live", "drained", "down"].map(legendItem)),
    ),
    h(
      "svg",
      { viewBox: `0 0 ${WORLD.width} ${WORLD.height}`, role: "img", "aria-label": describe(regions) },
      h("path", { class: "land", d: WORLD.path }),
      markers(state, regions),
    ),
  );
}

const legendItem = (health: string): JSX.Element =>
  h("li", { key: health, class: health }, h("span", { class: "dot" }), health);

function markers({ rates: traffic }: State, regions: readonly Region[]): readonly JSX.Element[] {
  const points = regions.map(({ place }) => project(place));
  const sides = labelSides(points);
  const rates = regions.map(({ id }) => traffic[id]?.requestsPerSecond ?? 0);
  const most = Math.max(...rates, 1);
  return regions.map(({ id, name, city, health }, index) => {
    const [x, y] = points[index] ?? [0, 0];
    const rate = rates[index] ?? 0;
    const halo = Math.max(SMALLEST_HALO, LARGEST_HALO * Math.sqrt(rate / most));
    const side = sides[index] ?? "below";
    return h(
      "g",
      { key: id, class: `marker ${health} ${side}`, transform: `translate(${x.toFixed(1)} ${y.toFixed(1)})` },
      h("title", null, `${id}, ${name} (${city}): ${health}, ${formatRate(rate)} requests per second`),
      h("circle", { class: "halo", style: { r: `${halo.toFixed(1)}px` } }),
      h("circle", { class: "core" }),
      h("text", { "text-anchor": ANCHORS[side] }, id),
    );
  });
}

const ANCHORS = { below: "middle", left: "end", right: "start" } as const;

function describe(regions: readonly Region[]): string {
  const count = (wanted: string) => regions.filter(({ health }) => health === wanted).length;
  return `World map with ${formatPlural(regions.length, "region")}: ${count("live")} live, ${count("drained")} drained, ${count("down")} down`;
}
