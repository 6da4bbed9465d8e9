// Caveats for readers of a report: series that are not what their name implies (a "cold" probe that was a hit, a "warm" one that
// was not), failures, and what could not be measured. It changes no number.

import type { ProbeKind } from "./plan.ts";
import type { LatencyReport, PlaceReport, Series } from "./report.ts";

/** The notes on a report, most serious first; empty if there is nothing to add. */
export function notesOn(report: Omit<LatencyReport, "notes">): string[] {
  const notes: string[] = [];
  for (const kind of ["cold", "warm", "direct"] as const) {
    const total = combined(report.places, kind);
    if (total.errors > 0) {
      notes.push(`${total.errors} of ${total.count + total.errors} ${kind} probes failed (${total.firstError}).`);
    }
    const odd = Object.entries(total.statuses).filter(([status]) => Number(status) >= 300 && Number(status) !== 304);
    for (const [status, count] of odd) {
      const meant = Number(status) < 400 ? " Redirects are not followed: measure the target URL (--path)." : "";
      notes.push(`${count} ${kind} answers had status ${status}: their times are included.${meant}`);
    }
  }
  const cold = combined(report.places, "cold");
  const coldHits = (cold.outcomes.hit ?? 0) + (cold.outcomes["stale hit"] ?? 0) + (cold.outcomes.revalidated ?? 0);
  if (coldHits > 0) {
    notes.push(
      `${coldHits} of ${cold.count} cold probes were answered from a cache, so "cold" is not cold: the route for this ` +
        "path omits the query parameter meridian-probe from its cache key. Measure a path whose route includes it (--path).",
    );
  }
  const warm = combined(report.places, "warm");
  const bypassed = warm.outcomes.bypass ?? 0;
  const unknown = warm.outcomes.unknown ?? 0;
  const missed = warm.count - (warm.outcomes.hit ?? 0) - (warm.outcomes["stale hit"] ?? 0) - bypassed - unknown;
  if (bypassed > 0) {
    notes.push(
      `${bypassed} of ${warm.count} warm answers bypassed the cache: the route or the response does not allow storing.`,
    );
  }
  if (missed > 0) {
    notes.push(
      `${missed} of ${warm.count} warm answers were not hits: the object is not stored, or became stale during the measurement.`,
    );
  }
  if (unknown > 0)
    notes.push(
      `${unknown} of ${warm.count} warm answers had no Cache-Status, so hits and misses cannot be distinguished.`,
    );
  if (report.directUrl === undefined) {
    notes.push("The origin was not measured without the CDN: give its address with --direct URL.");
  }
  if (report.clients === "here") {
    notes.push(
      "All probes come from this machine: only a local Meridian accepts a place from the client (Meridian-From), a deployed one " +
        "uses the client's address. Run this command on machines in other places to measure for their users.",
    );
  }
  if (report.samples < 100) {
    notes.push(
      `With ${report.samples} samples p99 is the slowest answer; --samples 100 or more makes it a percentile.`,
    );
  }
  return notes;
}

/** Whether every probe was answered, some were, or none. */
export function completeness(places: readonly PlaceReport[]): "all" | "some" | "none" {
  let answered = 0;
  let failed = 0;
  for (const { series } of places) {
    for (const one of Object.values(series)) {
      answered += one.count;
      failed += one.errors;
    }
  }
  if (answered === 0) return "none";
  return failed === 0 ? "all" : "some";
}

/** The share of a series' answers from a cache, 0 to 1; undefined without any Cache-Status. */
export function hitShare(series: Series): number | undefined {
  const known = series.count - (series.outcomes.unknown ?? 0);
  if (known === 0) return undefined;
  return ((series.outcomes.hit ?? 0) + (series.outcomes["stale hit"] ?? 0)) / known;
}

interface Combined {
  count: number;
  errors: number;
  firstError: string;
  readonly outcomes: Record<string, number>;
  readonly statuses: Record<string, number>;
}

function combined(places: readonly PlaceReport[], kind: ProbeKind): Combined {
  const total: Combined = { count: 0, errors: 0, firstError: "", outcomes: {}, statuses: {} };
  for (const place of places) {
    const series = place.series[kind];
    if (!series) continue;
    total.count += series.count;
    total.errors += series.errors;
    total.firstError ||= Object.keys(series.errorKinds)[0] ?? "";
    for (const [name, count] of Object.entries(series.outcomes))
      total.outcomes[name] = (total.outcomes[name] ?? 0) + count;
    for (const [name, count] of Object.entries(series.statuses))
      total.statuses[name] = (total.statuses[name] ?? 0) + count;
  }
  return total;
}
