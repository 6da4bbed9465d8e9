// The text exposition: what a scraper reads, line by line, and that no value can break a line.

import { expect, test } from "vitest";
import { isMetricName, METRICS, metricOf, TIME_BUCKETS } from "../../../config/metrics/metric-catalogue.ts";
import { bucketOf } from "../../../config/metrics/tally.ts";
import { expose } from "../../../control-plane/meter/prometheus.ts";

const empty = { counters: {}, distributions: {}, gauges: {} };
const filled = (values: Record<number, number>): number[] =>
  Array.from({ length: TIME_BUCKETS.length + 1 }, (_, index) => values[index] ?? 0);

test("a family has HELP and TYPE once, then the series of every region", () => {
  const counters = (count: number) => ({ ...empty, counters: { "meridian_client_bytes_total|all": count } });
  expect(
    expose([
      { region: "weur", totals: counters(5), scraped: { meridian_region_up: 1 } },
      { region: "enam", totals: counters(7), scraped: { meridian_region_up: 0 } },
    ]),
  ).toBe(
    [
      `# HELP meridian_client_bytes_total ${METRICS.meridian_client_bytes_total.help}`,
      "# TYPE meridian_client_bytes_total counter",
      'meridian_client_bytes_total{region="weur",route="all"} 5',
      'meridian_client_bytes_total{region="enam",route="all"} 7',
      `# HELP meridian_region_up ${METRICS.meridian_region_up.help}`,
      "# TYPE meridian_region_up gauge",
      'meridian_region_up{region="weur"} 1',
      'meridian_region_up{region="enam"} 0',
      "",
    ].join("\n"),
  );
});

test("nothing measured is an empty exposition", () => {
  expect(expose([])).toBe("");
  expect(expose([{ region: "weur", totals: empty, scraped: {} }])).toBe("");
});

test("a histogram's buckets are cumulated, and +Inf is the count", () => {
  const text = expose([
    {
      region: "weur",
      scraped: {},
      totals: {
        ...empty,
        distributions: {
          "meridian_time_to_first_byte_seconds|edge": {
            buckets: filled({ [bucketOf(0.001)]: 2, [bucketOf(1)]: 3, [TIME_BUCKETS.length]: 4 }),
            sum: 400.5,
          },
        },
      },
    },
  ]);
  const value = (suffix: string) =>
    new RegExp(`^meridian_time_to_first_byte_seconds_${suffix} (.*)$`, "m").exec(text)?.[1];
  expect(text).toContain("# TYPE meridian_time_to_first_byte_seconds histogram");
  expect(value('bucket{region="weur",tier="edge",le="0.001"}')).toBe("2");
  expect(value('bucket{region="weur",tier="edge",le="0.6"}')).toBe("2");
  expect(value('bucket{region="weur",tier="edge",le="1"}')).toBe("5");
  expect(value('bucket{region="weur",tier="edge",le="60"}')).toBe("5");
  expect(value('bucket{region="weur",tier="edge",le="\\+Inf"}')).toBe("9");
  expect(value('sum{region="weur",tier="edge"}')).toBe("400.5");
  expect(value('count{region="weur",tier="edge"}')).toBe("9");
});

test("a label's value can hold anything without breaking its line", () => {
  // The tally writes no such values; a stored ledger of another script might hold them.
  const text = expose([
    { region: "weur", scraped: {}, totals: { ...empty, counters: { 'meridian_client_bytes_total|a"\\\nb': 1 } } },
  ]);
  expect(text).toContain(String.raw`meridian_client_bytes_total{region="weur",route="a\"\\\nb"} 1`);
  expect(text.trimEnd().split("\n")).toHaveLength(3);
});

test("series of unknown names are left out", () => {
  expect(expose([{ region: "weur", scraped: {}, totals: { ...empty, counters: { meridian_new_total: 1 } } }])).toBe("");
});

test.each(Object.keys(METRICS))("%s is named as Prometheus's rules have it", (name) => {
  if (!isMetricName(name)) throw new Error(name);
  const { kind, help } = metricOf(name);
  expect(name).toMatch(/^meridian_[a-z_]+$/);
  expect(name.endsWith("_total")).toBe(kind === "counter");
  expect(name).not.toMatch(/_(millis|milliseconds|kilobytes)/);
  expect(help).toMatch(/^[A-Z0-9].*\.$/);
});
