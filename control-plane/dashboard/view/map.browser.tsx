/// <reference path="../../../config/typescript/geography.d.ts" />
// The world map: each region is a dot, coloured by health, in a halo whose area is its share of the traffic. A lost region is a
// cross, and a cut link a dashed line with an arrow at the end that does not answer, so that neither relies on colour. The land
// is drawn at build time (`build.node.ts`); only regions are projected here, by the same projection. The map repeats the
// table's data, so for screen readers it is one image with a summary.

import { geoEqualEarthRaw } from "d3-geo";
import type { JSX } from "preact";
import type { Coordinates } from "../../../config/world/regions.ts";
import { formatPlural, formatRate } from "../format.ts";
import { labelSides } from "../map-labels.ts";
import { cutLine } from "../map-lines.ts";
import { type CutLink, HEALTHS, healthOf, type PageHealth, type Region } from "../model.ts";
import type { PageState } from "../state.ts";

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
export function mapPanel(state: PageState): JSX.Element {
  const regions = state.regions ?? [];
  return (
    <section class="panel map" aria-labelledby="map-title">
      <div class="title">
        <h2 id="map-title">Regions</h2>
        <ul class="legend" aria-hidden="true">
          {([...HEALTHS, "cut link"] as const).map(legendItem)}
        </ul>
      </div>
      <svg viewBox={`0 0 ${WORLD.width} ${WORLD.height}`} role="img" aria-label={describe(state)}>
        <path class="land" d={WORLD.path} />
        {links(state, regions)}
        {markers(state, regions)}
      </svg>
    </section>
  );
}

const legendItem = (name: PageHealth | "cut link"): JSX.Element =>
  name === "cut link" ? (
    <li key={name} class="cut">
      <span class="line" />
      {name}
    </li>
  ) : (
    <li key={name} class={name}>
      <span class="dot" />
      {name}
    </li>
  );

/** One line per cut link. Those of both directions curve to opposite sides, so neither covers the other. */
function links({ cutLinks }: PageState, regions: readonly Region[]): readonly JSX.Element[] {
  const places = new Map(regions.map(({ id, place }) => [id, project(place)]));
  return cutLinks.flatMap(({ from, to }) => {
    const [start, end] = [places.get(from), places.get(to)];
    if (!start || !end) return [];
    const { line, arrow } = cutLine(start, end);
    return [
      <g key={`${from}>${to}`} class="link cut">
        <title>{`The link ${from} → ${to} is cut`}</title>
        <path class="line" d={line} />
        <path class="arrow" d={arrow} />
      </g>,
    ];
  });
}

function markers({ rates: traffic, lostRegions }: PageState, regions: readonly Region[]): readonly JSX.Element[] {
  const points = regions.map(({ place }) => project(place));
  const sides = labelSides(points);
  const rates = regions.map(({ id }) => traffic[id]?.requestsPerSecond ?? 0);
  const most = Math.max(...rates, 1);
  return regions.map((region, index) => {
    const { id, name, city } = region;
    const health = healthOf(region, lostRegions);
    const [x, y] = points[index] ?? [0, 0];
    const rate = rates[index] ?? 0;
    const halo = Math.max(SMALLEST_HALO, LARGEST_HALO * Math.sqrt(rate / most));
    const side = sides[index] ?? "below";
    return (
      <g key={id} class={`marker ${health} ${side}`} transform={`translate(${x.toFixed(1)} ${y.toFixed(1)})`}>
        <title>{`${id}, ${name} (${city}): ${health}, ${formatRate(rate)} requests per second`}</title>
        <circle class="halo" style={{ r: `${halo.toFixed(1)}px` }} />
        {health === "lost" ? <path class="cross" d={CROSS} /> : <circle class="core" />}
        <text text-anchor={ANCHORS[side]}>{id}</text>
      </g>
    );
  });
}

/** Centred on the marker; the style scales it. */
const CROSS = "M-5-5 5 5M5-5-5 5";
const ANCHORS = { below: "middle", left: "end", right: "start" } as const;

function describe({ regions = [], lostRegions, cutLinks }: PageState): string {
  const healths = regions.map((region) => healthOf(region, lostRegions));
  const counts = HEALTHS.map((wanted) => `${healths.filter((health) => health === wanted).length} ${wanted}`);
  return `World map with ${formatPlural(regions.length, "region")}: ${counts.join(", ")}; ${describeLinks(cutLinks)}`;
}

const describeLinks = (links: readonly CutLink[]): string =>
  links.length === 0 ? "no link is cut" : `cut links: ${links.map(({ from, to }) => `${from} to ${to}`).join(", ")}`;
