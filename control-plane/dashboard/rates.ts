// Turns counters that only grow into what people watch: requests and bytes per second, now, for each region and in all. A region
// that was restarted counts from zero again, which must look like little traffic and never like less than none. A region that
// was silent for a while is compared with its last report, so that nothing is lost or counted twice.

import type { RegionId } from "../../config/world/regions.ts";
import { DASHBOARD_LIMITS } from "./limits.ts";
import { instantOf, type RegionReport, reportOf, type Sample } from "./model.ts";

/** Counters that only grow, until what counts begins again at zero. */
export type Totals = Pick<RegionReport, "requests" | "clientBytes" | "originRequests" | "originFailures">;

/** Traffic over an interval. */
export interface Rates {
  readonly requestsPerSecond: number;
  readonly bytesPerSecond: number;
  readonly originPerSecond: number;
  readonly originFailuresPerSecond: number;
}

/** The samples that "now" is measured over (`DASHBOARD_LIMITS.dashboardRecentMillis`), oldest first. */
export type Recent = readonly Sample[];

const NO_TOTALS: Totals = { requests: 0, clientBytes: 0, originRequests: 0, originFailures: 0 };

/** What was counted between two reports of one region; if any counter fell, the region began anew and all of `next` is new. */
export function increments(previous: Totals, next: Totals): Totals {
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
 * The samples to keep once `sample` has come: those of the last ten seconds, and always one before it to compare with. A sample
 * that is not later than the last is no news (another region may have answered, with a clock behind).
 */
export function addSample(recent: Recent, sample: Sample): Recent {
  const latest = recent.at(-1);
  if (latest && instantOf(sample.at) <= instantOf(latest.at)) return recent;
  const from = instantOf(sample.at) - DASHBOARD_LIMITS.dashboardRecentMillis;
  const firstWithin = recent.findIndex(({ at }) => instantOf(at) >= from);
  const kept = firstWithin === -1 ? recent.slice(-1) : recent.slice(firstWithin);
  return [...kept, sample];
}

/** Each region's traffic now; a region without two reports, or without one in the latest sample, has none. */
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

const add = (a: Totals, b: Totals): Totals => ({
  requests: a.requests + b.requests,
  clientBytes: a.clientBytes + b.clientBytes,
  originRequests: a.originRequests + b.originRequests,
  originFailures: a.originFailures + b.originFailures,
});

const perSecond = (counted: Totals, elapsedSeconds: number): Rates => ({
  requestsPerSecond: counted.requests / elapsedSeconds,
  bytesPerSecond: counted.clientBytes / elapsedSeconds,
  originPerSecond: counted.originRequests / elapsedSeconds,
  originFailuresPerSecond: counted.originFailures / elapsedSeconds,
});
