// The points of the charts: the cluster's series of finished spans, and the current measurement as the last point, so that the
// line moves with every refresh and does not dip at a span that has only begun.

import { addMillis, between, type EpochMillis, type Millis, millis, seconds, toMillis } from "../../config/units.ts";
import { instantOf, type Sample, type Span } from "./model.ts";
import type { Rates } from "./rates.ts";

/** One point; `hitRatio` is absent without requests. */
export interface Point {
  readonly at: EpochMillis;
  readonly requestsPerSecond: number;
  readonly originPerSecond: number;
  readonly hitRatio?: number;
}

/** The minimum of spans drawn: two minutes, so that a new cluster's chart has context. */
const LEAST_SPANS = 12;

/**
 * Oldest first; a span's point is at its end, `now`'s at the sample's instant. The idle time before the first request is
 * omitted, or a new cluster's chart would be empty with a step at its edge.
 */
export function pointsOf(sample: Sample, now: Rates | undefined): readonly Point[] {
  const end = instantOf(sample.at);
  const points = finished(sample).map(
    ({ at, requests, originRequests, hitRatio }): Point => ({
      at: addMillis(instantOf(at), spanFor(sample)),
      requestsPerSecond: requests / sample.sampleSeconds,
      originPerSecond: originRequests / sample.sampleSeconds,
      ...(hitRatio !== null && { hitRatio }),
    }),
  );
  if (!now) return points;
  const { requestsPerSecond, originPerSecond } = now;
  const hitRatio =
    requestsPerSecond > 0 ? sample.total.series.findLast((span) => span.hitRatio !== null)?.hitRatio : undefined;
  return [
    ...points.filter(({ at }) => at < end),
    { at: end, requestsPerSecond, originPerSecond, ...(typeof hitRatio === "number" && { hitRatio }) },
  ];
}

/**
 * The indices of isolated values between gaps. A line cannot show them, so the chart marks them as points: a minute without
 * traffic is a gap, and must not look like a slow change from one ratio to the next.
 */
export function aloneIn(values: readonly (number | null | undefined)[]): number[] {
  const isGap = (index: number): boolean => values[index] === null || values[index] === undefined;
  return [...values.keys()].filter((index) => !isGap(index) && isGap(index - 1) && isGap(index + 1));
}

/** The hit ratio of the last minute, each span weighted by its requests; undefined without requests. */
export function recentHitRatio(sample: Sample): number | undefined {
  const end = instantOf(sample.at);
  const counted = sample.total.series.filter(
    ({ at, hitRatio }) => hitRatio !== null && between(instantOf(at), end) <= MINUTE + spanFor(sample),
  );
  const requests = counted.reduce((total, span) => total + span.requests, 0);
  if (requests === 0) return undefined;
  return counted.reduce((total, span) => total + (span.hitRatio ?? 0) * span.requests, 0) / requests;
}

const MINUTE = millis(60_000);

const spanFor = ({ sampleSeconds }: Sample): Millis => toMillis(seconds(sampleSeconds));

function finished(sample: Sample): readonly Span[] {
  const ended = sample.total.series.filter(
    ({ at }) => addMillis(instantOf(at), spanFor(sample)) <= instantOf(sample.at),
  );
  const first = ended.findIndex(({ requests }) => requests > 0);
  const begin = first === -1 ? ended.length : Math.max(0, first - 1);
  return ended.slice(Math.max(0, Math.min(begin, ended.length - LEAST_SPANS)));
}
