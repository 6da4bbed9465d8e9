// Formats a latency report as a table for the terminal, with notes for the reader. Numbers are the report's own.

import { completeness } from "../../latency/notes.ts";
import type { ProbeKind } from "../../latency/plan.ts";
import type { LatencyReport, PlaceReport } from "../../latency/report.ts";
import { formatHits, formatMillis, formatTimings, median } from "../../latency/text.ts";
import type { Terminal } from "../terminal.node.ts";
import { drawTable } from "./table.node.ts";

const KINDS: readonly ProbeKind[] = ["cold", "warm", "direct"];

export function latencyText(report: LatencyReport, terminal: Terminal): string {
  const { colours } = terminal;
  const right = (title: string) => ({ title, align: "right" as const });
  const table = drawTable(
    [
      { title: "PLACE" },
      { title: "REGION" },
      { title: "" },
      ...["HITS", "P50", "P90", "P99", "MIN", "MAX", "N", "ERR"].map(right),
      { title: "PARTS (P50)" },
    ],
    report.places.flatMap((place) => rowsOf(place, terminal)),
    terminal,
  );
  const lines = [`${colours.bold(report.url)}  time to first byte in milliseconds`, "", table, ""];
  const verdict = verdictOf(report);
  if (verdict !== undefined && completeness(report.places) !== "none") lines.push(verdict);
  lines.push(
    "cold: a URL never requested before; warm: the same URL again" +
      (report.directUrl === undefined ? "." : `; direct: ${report.directUrl} without Meridian.`),
  );
  lines.push("Each is from writing the request on an open connection to the response's head, without connecting.");
  for (const note of report.notes) lines.push(colours.yellow(`Note: ${note}`));
  return lines.join("\n");
}

function rowsOf(place: PlaceReport, { colours }: Terminal): string[][] {
  const paint: Record<ProbeKind, (text: string) => string> = {
    cold: colours.cyan,
    warm: colours.green,
    direct: colours.dim,
  };
  const rows: string[][] = [];
  for (const kind of KINDS) {
    const series = place.series[kind];
    if (!series) continue;
    const times = series.timeToFirstByte;
    const first = rows.length === 0;
    rows.push([
      first ? colours.bold(place.name) : "",
      first ? (place.region ?? "-") : "",
      paint[kind](kind),
      formatHits(kind, series),
      paint[kind](formatMillis(times?.p50)),
      ...[times?.p90, times?.p99, times?.min, times?.max].map(formatMillis),
      String(series.count),
      series.errors === 0 ? "0" : colours.red(String(series.errors)),
      colours.dim(formatTimings(series)),
    ]);
  }
  return rows;
}

/** The summary for the median place; undefined if there is nothing to compare. */
function verdictOf(report: LatencyReport): string | undefined {
  const middle = (kind: ProbeKind) =>
    median(report.places.flatMap((place) => place.series[kind]?.timeToFirstByte?.p50 ?? []));
  const warm = middle("warm");
  const direct = middle("direct");
  if (warm === undefined || direct === undefined || warm === 0 || direct === 0) return undefined;
  const ratio =
    warm <= direct ? `${(direct / warm).toFixed(1)} times as fast` : `${(warm / direct).toFixed(1)} times as slow`;
  return `For the median place a warm answer is ${ratio} as the origin without Meridian (p50).`;
}
