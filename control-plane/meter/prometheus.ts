// Metrics in Prometheus's text exposition format 0.0.4: one family at a time, with HELP and TYPE, then a line for each series
// of each region. It renders what it is given and works nothing out. https://prometheus.io/docs/instrumenting/exposition_formats/

import {
  type Label,
  METRICS,
  type MetricName,
  metricOf,
  type ScrapedName,
  TIME_BUCKETS,
} from "../../config/metrics/metric-catalogue.ts";
import { type Distribution, type Measurements, parseSeriesKey } from "../../config/metrics/tally.ts";
import type { RegionId } from "../../config/world/regions.ts";

/** Media type of the exposition. */
export const EXPOSITION_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/** One region's series: those from its meter, if it answered, and those worked out for this reading. */
export interface RegionMetrics {
  readonly region: RegionId;
  readonly totals?: Measurements;
  readonly scraped: Readonly<Partial<Record<ScrapedName, number>>>;
}

/** The text for all regions: families in the catalogue's order, series in a stable order. Families without series are left out. */
export function expose(regions: readonly RegionMetrics[]): string {
  const families = new Map<MetricName, string[]>();
  const linesOf = (name: MetricName): string[] => {
    const lines = families.get(name) ?? [];
    families.set(name, lines);
    return lines;
  };
  for (const { region, totals, scraped } of regions) {
    for (const [name, value] of Object.entries(scraped) as [ScrapedName, number][]) {
      linesOf(name).push(line(name, { region }, value));
    }
    for (const [key, value] of sorted({ ...totals?.counters, ...totals?.gauges })) {
      const series = parseSeriesKey(key);
      if (series !== undefined) linesOf(series.name).push(line(series.name, { region, ...series.labels }, value));
    }
    for (const [key, value] of sorted(totals?.distributions ?? {})) {
      const series = parseSeriesKey(key);
      if (series !== undefined)
        linesOf(series.name).push(...histogram(series.name, { region, ...series.labels }, value));
    }
  }
  const text: string[] = [];
  for (const name of Object.keys(METRICS) as MetricName[]) {
    const lines = families.get(name);
    if (lines === undefined) continue;
    text.push(`# HELP ${name} ${escapeHelp(metricOf(name).help)}`, `# TYPE ${name} ${metricOf(name).kind}`, ...lines);
  }
  return text.length === 0 ? "" : `${text.join("\n")}\n`;
}

type Labels = Readonly<Partial<Record<Label | "region" | "le", string>>>;

const sorted = <Value>(record: Readonly<Record<string, Value>>): [string, Value][] =>
  Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1));

function line(name: string, labels: Labels, value: number): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escapeLabel(text)}"`);
  return `${name}{${pairs.join(",")}} ${value}`;
}

// Buckets are cumulated here; the last, `+Inf`, is by definition the count.
function histogram(name: string, labels: Labels, distribution: Distribution): string[] {
  let below = 0;
  const buckets = distribution.buckets.map((count, index) => {
    below += count;
    return line(`${name}_bucket`, { ...labels, le: String(TIME_BUCKETS[index] ?? "+Inf") }, below);
  });
  return [...buckets, line(`${name}_sum`, labels, distribution.sum), line(`${name}_count`, labels, below)];
}

const escapeHelp = (text: string): string => text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
const escapeLabel = (text: string): string => escapeHelp(text).replaceAll('"', '\\"');
