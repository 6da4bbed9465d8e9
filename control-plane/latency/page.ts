// The report as one self-contained HTML page: its content security policy forbids every request, and all foreign text (names,
// errors, URLs) is escaped. Numbers are the report's own.

import { drawMap, type Outline, SPEED_BOUNDS } from "./map.ts";
import { completeness } from "./notes.ts";
import type { ProbeKind } from "./plan.ts";
import type { LatencyReport, PlaceReport, Series } from "./report.ts";
import { escapeHtml, formatHits, formatMillis, formatTimings, median } from "./text.ts";

/** The page's parts, besides the report. */
export interface PageParts {
  readonly style: string;
  /** Bundled JavaScript that draws the chart from the element `#report`. */
  readonly script: string;
  readonly outline: Outline;
  /** The size of the box that `outline` was drawn for. */
  readonly map: { readonly width: number; readonly height: number };
}

const KINDS: readonly ProbeKind[] = ["cold", "warm", "direct"];
const POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/** The whole page. */
export function drawPage(report: LatencyReport, parts: PageParts): string {
  const unplaced = report.places.filter((place) => place.place === undefined && place.from !== undefined);
  const chartHeight = 70 + report.places.length * 58;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<title>Latency of ${escapeHtml(report.url)}</title>
<style>${parts.style}</style>
</head>
<body>
<header>
<p class="eyebrow">Meridian &middot; latency</p>
<h1>${escapeHtml(report.url)}</h1>
<p class="lead">${escapeHtml(subtitle(report))}</p>
</header>
<main>
${tiles(report)}
${report.places.some((place) => place.place) ? mapSection(report, parts, unplaced) : ""}
<section>
<h2>Time to first byte</h2>
<p class="key">${KINDS.filter((kind) => report.places.some((place) => place.series[kind]))
    .map((kind) => `<span><i class="${kind}"></i>${kind}</span>`)
    .join(
      "",
    )}<span class="parts"><i class="part-50"></i>to p50 <i class="part-90"></i>to p90 <i class="part-99"></i>to p99</span></p>
<div class="chart" style="height:${chartHeight}px"><canvas id="chart" role="img" aria-label="The table below as bars"></canvas></div>
</section>
<section>
<h2>Numbers</h2>
<div class="scroll">${table(report)}</div>
<p class="small">Milliseconds. &ldquo;Parts&rdquo; are the medians of what each tier reports in <code>Server-Timing</code>.</p>
</section>
${report.notes.length === 0 ? "" : `<section><h2>Notes</h2><ul>${report.notes.map((note) => `<li>${escapeHtml(note)}</li>`).join("")}</ul></section>`}
${method(report)}
</main>
<footer>Drawn with Chart.js (MIT licence, Chart.js contributors); land from Natural Earth (public domain) by world-atlas. This page makes no requests.</footer>
<script type="application/json" id="report">${JSON.stringify(report).replaceAll("<", "\\u003c")}</script>
<script>${parts.script.replaceAll("</script", "<\\/script")}</script>
</body>
</html>
`;
}

function subtitle(report: LatencyReport): string {
  const date = new Date(report.startedAt).toISOString().replace("T", " ").slice(0, 16);
  const places = report.places.length === 1 ? "1 place" : `${report.places.length} places`;
  const failures = { all: "", some: ", some probes failed", none: ", no probe was answered" }[
    completeness(report.places)
  ];
  return `${date} UTC, ${places}, ${report.samples} samples of each kind${failures}`;
}

/** Medians over the places. */
function tiles(report: LatencyReport): string {
  const middle = (kind: ProbeKind) =>
    median(report.places.flatMap((place) => place.series[kind]?.timeToFirstByte?.p50 ?? []));
  const [cold, warm, direct] = [middle("cold"), middle("warm"), middle("direct")];
  const tile = (className: string, value: string, label: string) =>
    `<div class="tile ${className}"><strong>${value}</strong><span>${label}</span></div>`;
  const time = (value: number) => `${value < 99.95 ? value.toFixed(1) : Math.round(value)}<small> ms</small>`;
  const shown: string[] = [];
  if (warm !== undefined) shown.push(tile("warm", time(warm), "warm: already in a cache"));
  if (cold !== undefined) shown.push(tile("cold", time(cold), "cold: all the way to the origin"));
  if (direct !== undefined) shown.push(tile("direct", time(direct), "direct: the origin without Meridian"));
  if (warm !== undefined && direct !== undefined && warm > 0) {
    const [ratio, word] = warm <= direct ? [direct / warm, "faster"] : [warm / direct, "slower"];
    shown.push(tile("ratio", `${ratio.toFixed(1)}<small> &times;</small>`, `${word} warm than direct`));
  }
  return `<div class="tiles">${shown.join("")}</div><p class="small">p50 of the median place.</p>`;
}

function mapSection(report: LatencyReport, parts: PageParts, unplaced: readonly PlaceReport[]): string {
  const bounds = [...SPEED_BOUNDS.map((bound) => `to ${bound} ms`), "more"];
  const missing =
    unplaced.length === 0
      ? ""
      : `<p class="small">Not on the map, since where they are is not known here: ${escapeHtml(unplaced.map((place) => place.name).join(", "))}.</p>`;
  return `<section>
<h2>Places and their regions</h2>
<p class="key">${bounds.map((bound, index) => `<span><i class="speed-${index}"></i>${bound}</span>`).join("")}<span><i class="region-key"></i>region</span></p>
${drawMap(parts.outline, report.places, parts.map.width, parts.map.height)}
<p class="small">Each line goes from a place to the region that answered it; its colour is the place&rsquo;s warm p50.</p>${missing}
</section>`;
}

function table(report: LatencyReport): string {
  const head = ["Place", "Region", "", "Hits", "p50", "p90", "p99", "min", "max", "mean", "Answers", "Errors", "Parts"];
  const rows = report.places.flatMap((place) => {
    const present = KINDS.flatMap((kind) => {
      const series = place.series[kind];
      return series ? [{ kind, series }] : [];
    });
    return present.map(({ kind, series }, index) => row(place, kind, series, index === 0 ? present.length : 0));
  });
  const heads = head.map(
    (text) => `<th scope="col"${text === "Region" || text === "Hits" ? ' class="aside"' : ""}>${text}</th>`,
  );
  return `<table><thead><tr>${heads.join("")}</tr></thead><tbody>${rows.join("")}</tbody></table>`;
}

/** One series; the place's own cells are in the first of its `rowsOfPlace` rows and span them. */
function row(place: PlaceReport, kind: ProbeKind, series: Series, rowsOfPlace: number): string {
  const times = series.timeToFirstByte;
  const lead =
    rowsOfPlace === 0
      ? ""
      : `<th scope="rowgroup" rowspan="${rowsOfPlace}">${escapeHtml(place.name)}</th><td class="aside" rowspan="${rowsOfPlace}">${escapeHtml(place.region ?? "-")}</td>`;
  const numbers = [times?.p50, times?.p90, times?.p99, times?.min, times?.max, times?.mean].map(formatMillis);
  const counts = [String(series.count), String(series.errors)];
  return (
    `<tr${rowsOfPlace === 0 ? "" : ' class="first"'}>${lead}<td class="kind"><i class="${kind}"></i>${kind}</td>` +
    `<td class="number aside">${formatHits(kind, series)}</td>` +
    [...numbers, ...counts].map((text) => `<td class="number">${text}</td>`).join("") +
    `<td class="timings">${escapeHtml(formatTimings(series))}</td></tr>`
  );
}

function method(report: LatencyReport): string {
  const direct =
    report.directUrl === undefined
      ? ""
      : `<dt>direct</dt><dd>The same request to the origin, <code>${escapeHtml(report.directUrl)}</code>, without Meridian in between.</dd>`;
  const placed =
    report.clients === "placed"
      ? "Each probe named its place (<code>Meridian-From</code>); a local Meridian then emulates the distance to its region."
      : "All probes came from the machine that measured, by its own address.";
  return `<section>
<h2>How this was measured</h2>
<dl>
<dt>time to first byte</dt><dd>From writing the request to an open, idle connection until the response&rsquo;s head has been read. It includes the round trip, but not connecting or TLS.</dd>
<dt>cold</dt><dd>A URL never requested before: <code>meridian-probe</code> with a new value is added to the query. It passes through every tier to the origin.</dd>
<dt>warm</dt><dd>The same URL repeatedly, after one request that is not counted.</dd>
${direct}
<dt>order</dt><dd>Rounds, each with every place and kind once in a new random order, so that drift during the measurement affects all alike. ${report.concurrency} ${report.concurrency === 1 ? "probe" : "probes"} at a time, ${(report.tookMillis / 1000).toFixed(0)} seconds in all.</dd>
<dt>places</dt><dd>${placed}</dd>
<dt>percentiles</dt><dd>From a histogram (HdrHistogram, three significant figures) for each place and kind.</dd>
</dl>
</section>`;
}
