// Counting in an isolate: a push stays the same until it is acknowledged, and series stay bounded.

import fc from "fast-check";
import { expect, test } from "vitest";
import { LIMITS } from "../../../config/limits.ts";
import { pushTally } from "../../../config/metrics/meter-push.worker.ts";
import { METRICS, type MetricName, TIME_BUCKETS } from "../../../config/metrics/metric-catalogue.ts";
import { bucketOf, type MeterPush, parseSeriesKey, seriesKey, Tally } from "../../../config/metrics/tally.ts";

const hit = { tier: "shard", outcome: "hit", status: "2xx", route: "all" } as const;

test("counts add up by series, and a push takes them away", () => {
  const tally = new Tally("isolate1", "weur");
  expect(tally.takeDeltas()).toBeUndefined();
  tally.count("meridian_requests_total", hit);
  tally.count("meridian_requests_total", hit, 2);
  tally.count("meridian_client_bytes_total", { route: "all" }, 100);
  tally.observe("meridian_time_to_first_byte_seconds", { tier: "shard" }, 0.03);
  tally.observe("meridian_time_to_first_byte_seconds", { tier: "shard" }, 100);
  tally.set("meridian_shard_entries", { shard: "2" }, 7);
  tally.set("meridian_shard_entries", { shard: "2" }, 5);
  const push = tally.takeDeltas() as MeterPush;
  const buckets = new Array(TIME_BUCKETS.length + 1).fill(0);
  buckets[bucketOf(0.03)] = 1;
  buckets[TIME_BUCKETS.length] = 1;
  expect(push).toEqual({
    v: 1,
    region: "weur",
    source: "isolate1",
    sequence: 1,
    deltas: {
      counters: { "meridian_requests_total|shard|hit|2xx|all": 3, "meridian_client_bytes_total|all": 100 },
      distributions: { "meridian_time_to_first_byte_seconds|shard": { buckets, sum: 100.03 } },
      gauges: { "meridian_shard_entries|2": 5 },
    },
  });
  tally.acknowledge(1);
  expect(tally.dirty).toBe(false);
});

test("a push stays the same until it is acknowledged, whatever is counted meanwhile", () => {
  const tally = new Tally("isolate1", "weur");
  tally.count("meridian_requests_total", hit);
  const first = tally.takeDeltas();
  tally.count("meridian_requests_total", hit, 5);
  expect(tally.takeDeltas()).toBe(first);
  tally.acknowledge(0);
  expect(tally.takeDeltas()).toBe(first);
  tally.acknowledge(1);
  const second = tally.takeDeltas() as MeterPush;
  expect(second.sequence).toBe(2);
  expect(Object.values(second.deltas.counters)).toEqual([5]);
  tally.acknowledge(1);
  expect(tally.takeDeltas()).toBe(second);
});

test("what is no amount changes nothing", () => {
  const tally = new Tally("isolate1", "weur");
  for (const amount of [0, -1, Number.NaN, Number.POSITIVE_INFINITY])
    tally.count("meridian_requests_total", hit, amount);
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY])
    tally.set("meridian_shard_entries", { shard: "0" }, value);
  expect(tally.dirty).toBe(false);
  for (const time of [Number.NaN, Number.POSITIVE_INFINITY, -5]) {
    tally.observe("meridian_time_to_first_byte_seconds", { tier: "edge" }, time);
  }
  expect(tally.takeDeltas()?.deltas.distributions["meridian_time_to_first_byte_seconds|edge"]).toMatchObject({
    sum: 0,
  });
});

test("series are bounded, what is dropped is counted, and known series go on", () => {
  const tally = new Tally("isolate1", "weur");
  for (let index = 0; index < LIMITS.tallySeries + 10; index++) {
    tally.count("meridian_client_bytes_total", { route: `r${index}` });
  }
  tally.count("meridian_client_bytes_total", { route: "r0" });
  tally.set("meridian_shard_entries", { shard: "0" }, 1);
  tally.observe("meridian_time_to_first_byte_seconds", { tier: "edge" }, 1);
  const { counters, gauges, distributions } = (tally.takeDeltas() as MeterPush).deltas;
  expect(Object.keys(counters)).toHaveLength(LIMITS.tallySeries + 1);
  expect(counters.meridian_metric_updates_dropped_total).toBe(12);
  expect(counters["meridian_client_bytes_total|r0"]).toBe(2);
  expect([gauges, distributions]).toEqual([{}, {}]);
});

test("a closed label takes only its own values, an open one nothing that would break a key", () => {
  const odd = { tier: "moon", outcome: "hit", status: "2xx", route: 'a|b"\n' };
  expect(seriesKey("meridian_requests_total", odd)).toBe("meridian_requests_total|other|hit|2xx|a_b__");
  expect(seriesKey("meridian_client_bytes_total", { route: "x".repeat(100) })).toHaveLength(
    "meridian_client_bytes_total|".length + LIMITS.metricLabelCharacters,
  );
});

test("a key taken apart says what it was made of", () => {
  const names = Object.keys(METRICS) as MetricName[];
  fc.assert(
    fc.property(fc.constantFrom(...names), fc.string(), fc.string(), (name, route, origin) => {
      const key = seriesKey(name, { route, origin, shard: "1", tier: "edge" });
      const parsed = parseSeriesKey(key);
      expect(parsed?.name).toBe(name);
      expect(Object.keys(parsed?.labels ?? {})).toEqual([...METRICS[name].labels]);
      expect(seriesKey(name, parsed?.labels ?? {})).toBe(key);
    }),
  );
  for (const key of ["", "constructor", "__proto__", "meridian_requests_total", "meridian_region_up|x", "up"]) {
    expect(parseSeriesKey(key)).toBeUndefined();
  }
});

test.each([
  [0, 0],
  [0.001, 0],
  [0.0011, 1],
  [60, TIME_BUCKETS.length - 1],
  [60.1, TIME_BUCKETS.length],
])("%d s falls into bucket %i: bounds belong to the bucket below them", (seconds, bucket) => {
  expect(bucketOf(seconds)).toBe(bucket);
});

test("sending tries again with the same push, gives up what will never be taken, and does not throw", async () => {
  const tally = new Tally("isolate1", "weur");
  const answers: (() => Response)[] = [];
  const seen: MeterPush[] = [];
  const meter = {
    async fetch(_url: string, init?: RequestInit): Promise<Response> {
      seen.push(JSON.parse(init?.body as string));
      const answer = answers.shift();
      if (answer === undefined) throw new Error("connection reset");
      return answer();
    },
  };
  expect(await pushTally(tally, meter)).toBe("nothing");
  tally.count("meridian_requests_total", hit);
  expect(await pushTally(tally, meter)).toBe("unreachable");
  answers.push(() => new Response("busy", { status: 503 }));
  expect(await pushTally(tally, meter)).toBe("unreachable");
  answers.push(() => Response.json({ v: 1, sequence: 1 }));
  expect(await pushTally(tally, meter)).toBe("pushed");
  expect(seen.map(({ sequence }) => sequence)).toEqual([1, 1, 1]);
  tally.count("meridian_requests_total", hit);
  answers.push(() => Response.json({ detail: "v" }, { status: 400 }));
  expect(await pushTally(tally, meter)).toBe("refused");
  expect(tally.dirty).toBe(false);
});
