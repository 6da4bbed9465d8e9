// The six main figures, each with its period: rates over the last ten seconds, the hit ratio over the last minute (a quiet site
// has too few requests in less), percentiles since the regions' counters started.

import type { JSX } from "preact";
import { formatBytes, formatMillis, formatRate, formatRatio, UNKNOWN } from "../format.ts";
import { totalRates } from "../rates.ts";
import { recentHitRatio } from "../series.ts";
import type { PageState } from "../state.ts";

/** The row of figures. */
export function figures({ rates, sample }: PageState): JSX.Element {
  const now = totalRates(rates);
  const traffic = now ? `${formatBytes(now.bytesPerSecond)}/s` : UNKNOWN;
  return (
    <dl class="panel figures" aria-label="Current state of the cluster">
      {figure("Requests", "per second", formatRate(now?.requestsPerSecond))}
      {figure("Hit ratio", "last minute", formatRatio(sample && recentHitRatio(sample)))}
      {figure("Origin requests", "per second", formatRate(now?.originPerSecond))}
      {figure("Traffic", "to clients", traffic)}
      {figure("First byte", "median", formatMillis(sample?.total.timeToFirstByteMillis.p50))}
      {figure("First byte", "p99", formatMillis(sample?.total.timeToFirstByteMillis.p99))}
    </dl>
  );
}

const figure = (name: string, note: string, value: string): JSX.Element => (
  <div>
    <dt>
      {name}
      <small>{note}</small>
    </dt>
    <dd>{value}</dd>
  </div>
);
