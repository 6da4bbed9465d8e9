// Derives current rates from cumulative counters: requests and bytes per second, per region and overall. A restarted region
// counts from zero again, which must never yield a negative rate. A region that was silent for a while is compared with its
// last report, so that nothing is lost or counted twice.

import type { RegionId } from "../../config/world/regions.ts";
import { DASHBOARD_LIMITS } from "./limits.ts";
import { instantOf, type RegionReport, reportOf, type Sample } from "./model.ts";

/** Cumulative counters, which restart at zero with their process. */
export type RateTotals = Pick<RegionReport, "requests" | "clientBytes" | "originRequests" | "originFailures">;

/** Traffic over an interval. */
export interface Rates {
  readonly requestsPerSecond: number;
  readonly bytesPerSecond: number;
  readonly originPerSecond: number;
  readonly originFailuresPerSecond: number;
}

/** The samples in the window of current traffic (`DASHBOARD_LIMITS.dashboardRecentMillis`), oldest first. */
export type Recent = readonly Sample[];

const NO_TOTALS: RateTotals = { requests: 0, clientBytes: 0, originRequests: 0, originFailures: 0 };

/** The difference between two reports of one region; if any counter fell, the region restarted and all of `next` is new. */
export function increments(previous: RateTotals, next: RateTotals): RateTotals {
  const restarted =
    next.requests < previous.requests ||
    next.clientBytes < previous.clientBytes ||
    next.originRequests < previous.originRequests ||
    next.originFailures < previous.originFailures;
  const from = restarted ? NO_TOTALS : previous;
  return {
    requests: next.requests - from.requests,
    clientBytes: next.clientBytes - from.clientBytes,
    originRequests: next.originRequests - from.originRequests,
    originFailures: next.originFailures - from.originFailures,
  };
}

/**
 * The samples to keep after `sample`: those of the last ten seconds, and one before them for comparison. A sample that is not
 * later than the last is ignored (another region may have answered, with a clock behind).
 */
export function addSample(recent: Recent, sample: Sample): Recent {
  const latest = recent.at(-1);
  if (latest && instantOf(sample.at) <= instantOf(latest.at)) return recent;
  const from = instantOf(sample.at) - DASHBOARD_LIMITS.dashboardRecentMillis;
  const firstWithin = recent.findIndex(({ at }) => instantOf(at) >= from);
  const kept = firstWithin === -1 ? recent.slice(-1) : recent.slice(firstWithin);
  return [...kept, sample];
}

/** Each region's current traffic; none for a region without two reports, or without one in the latest sample. */
export function regionRates(recent: Recent): Readonly<Partial<Record<RegionId, Rates>>> {
  const rates: Partial<Record<RegionId, Rates>> = {};
  for (const { region: id, reachable } of recent.at(-1)?.regions ?? []) {
    if (!reachable) continue;
    const reports = recent.flatMap((sample) => {
      const totals = reportOf(sample, id);
      return totals ? [{ at: instantOf(sample.at), totals }] : [];
    });
    const [first, last] = [reports[0], reports.at(-1)];
    if (!first || !last || first === last) continue;
    const counted = reports
      .slice(1)
      .map(({ totals }, index) => increments(reports[index]?.totals ?? NO_TOTALS, totals))
      .reduce(add, NO_TOTALS);
    rates[id] = perSecond(counted, (last.at - first.at) / 1000);
  }
  return rates;
}

/** The traffic of all regions together; undefined if no region's is known. */
export function totalRates(regions: Readonly<Partial<Record<RegionId, Rates>>>): Rates | undefined {
  const all = Object.values(regions);
  if (all.length === 0) return undefined;
  const sum = (pick: (rates: Rates) => number) => all.reduce((total, rates) => total + pick(rates), 0);
  return {
    requestsPerSecond: sum((rates) => rates.requestsPerSecond),
    bytesPerSecond: sum((rates) => rates.bytesPerSecond),
    originPerSecond: sum((rates) => rates.originPerSecond),
    originFailuresPerSecond: sum((rates) => rates.originFailuresPerSecond),
  };
}

const add = (a: RateTotals, b: RateTotals): RateTotals => ({
  requests: a.requests + b.requests,
  clientBytes: a.clientBytes + b.clientBytes,
  originRequests: a.originRequests + b.originRequests,
  originFailures: a.originFailures + b.originFailures,
});

const perSecond = (counted: RateTotals, elapsedSeconds: number): Rates => ({
  requestsPerSecond: counted.requests / elapsedSeconds,
  bytesPerSecond: counted.clientBytes / elapsedSeconds,
  originPerSecond: counted.originRequests / elapsedSeconds,
  originFailuresPerSecond: counted.originFailures / elapsedSeconds,
});
