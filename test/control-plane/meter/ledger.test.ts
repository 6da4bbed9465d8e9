// A meter counts each push once, however often and in whatever order it comes, and forgets within bounds.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LIMITS } from "../../../config/limits.ts";
import { TIME_BUCKETS } from "../../../config/metrics/metric-catalogue.ts";
import { type Measurements, type MeterPush, Tally } from "../../../config/metrics/tally.ts";
import { type EpochMillis, epochMillis } from "../../../config/units.ts";
import { MeterLedger, type StoredLedger } from "../../../control-plane/meter/ledger.ts";
import { METER_LIMITS } from "../../../control-plane/meter/limits.ts";
import { decodePush } from "../../../control-plane/meter/push.ts";
import { addTo, emptyTotals, mergeTotals } from "../../../control-plane/meter/totals.ts";

const T0 = epochMillis(1_800_000_000_000);
const at = (millis: number): EpochMillis => epochMillis(T0 + millis);
const REQUESTS = "meridian_requests_total|shard|hit|2xx|all";
const ENTRIES = "meridian_shard_entries|0";

const push = (source: string, sequence: number, deltas: Partial<Measurements>): MeterPush => ({
  v: 1,
  region: "weur",
  source,
  sequence,
  deltas: { counters: {}, distributions: {}, gauges: {}, ...deltas },
});
const requests = (source: string, sequence: number, count: number) =>
  push(source, sequence, { counters: { [REQUESTS]: count } });

describe("a push", () => {
  test("that comes again is known, and counts once", () => {
    const ledger = new MeterLedger(undefined, T0, "isolate");
    expect(ledger.add(requests("a", 1, 3), T0).kind).toBe("counted");
    expect(ledger.add(requests("a", 1, 3), T0).kind).toBe("repeated");
    expect(ledger.add(requests("b", 1, 4), T0).kind).toBe("counted");
    expect(ledger.add(requests("a", 2, 5), T0).kind).toBe("counted");
    expect(ledger.add(requests("a", 1, 3), T0).kind).toBe("repeated");
    const { totals, samples } = ledger.totals(T0);
    expect(totals.counters[REQUESTS]).toBe(12);
    expect(samples.at(-1)?.requests).toBe(12);
  });

  test("that comes again after the meter's restart is known as well", () => {
    const ledger = new MeterLedger(undefined, T0, "isolate");
    ledger.add(requests("a", 1, 3), T0);
    const stored = structuredClone(ledger.stored());
    const restarted = new MeterLedger(stored, at(5000), "isolate");
    expect(restarted.add(requests("a", 1, 3), at(5000)).kind).toBe("repeated");
    expect(restarted.totals(at(5000))).toMatchObject({ since: T0, totals: { counters: { [REQUESTS]: 3 } } });
  });

  test("from a tally arrives exactly once, however often messages and answers are lost or repeated", () => {
    const events = fc.array(fc.constantFrom("count", "send", "lose-request", "lose-answer", "send-twice"), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(events, (steps) => {
        const tally = new Tally("isolate1", "weur");
        const ledger = new MeterLedger(undefined, T0, "isolate");
        let counted = 0;
        const late: MeterPush[] = [];
        for (const step of steps) {
          if (step === "count") {
            tally.count("meridian_client_bytes_total", { route: "all" });
            counted += 1;
            continue;
          }
          const sent = tally.takeDeltas();
          if (sent === undefined || step === "lose-request") continue;
          ledger.add(sent, T0);
          late.push(sent);
          if (step !== "lose-answer") tally.acknowledge(sent.sequence);
          if (step === "send-twice") for (const old of late) ledger.add(old, T0);
        }
        for (let last = tally.takeDeltas(); last !== undefined; last = tally.takeDeltas()) {
          ledger.add(last, T0);
          tally.acknowledge(last.sequence);
        }
        expect(ledger.totals(T0).totals.counters["meridian_client_bytes_total|all"] ?? 0).toBe(counted);
      }),
    );
  });

  test("from more isolates than are remembered forgets the one unheard for longest", () => {
    const ledger = new MeterLedger(undefined, T0, "isolate");
    for (let index = 0; index <= METER_LIMITS.meterSources; index++) ledger.add(requests(`s${index}`, 1, 1), at(index));
    expect(Object.keys(ledger.stored().sources)).toHaveLength(METER_LIMITS.meterSources);
    expect(ledger.add(requests("s1", 1, 1), at(9999)).kind).toBe("repeated");
    expect(ledger.add(requests("s0", 1, 1), at(9999)).kind).toBe("counted");
  });
});

describe("samples", () => {
  test("are sums over ten seconds, and a span without traffic is there with nothing in it", () => {
    const ledger = new MeterLedger(undefined, T0, "isolate");
    ledger.add(requests("a", 1, 1), at(0));
    ledger.add(requests("a", 2, 2), at(9_999));
    ledger.add(requests("a", 3, 4), at(10_000));
    ledger.add(requests("a", 4, 8), at(35_000));
    const { samples } = ledger.totals(at(49_999));
    expect(samples).toHaveLength(LIMITS.meterSamples);
    expect(samples.slice(-5).map(({ at: start, requests: count }) => [start - T0, count])).toEqual([
      [0, 3],
      [10_000, 4],
      [20_000, 0],
      [30_000, 8],
      [40_000, 0],
    ]);
  });

  test("are kept for twenty minutes and no longer, in a bounded list", () => {
    const ledger = new MeterLedger(undefined, T0, "isolate");
    for (let span = 0; span < 500; span++) ledger.add(requests("a", span + 1, 1), at(span * 10_000));
    expect(ledger.stored().samples).toHaveLength(LIMITS.meterSamples);
    const sum = (now: EpochMillis) => ledger.totals(now).samples.reduce((total, sample) => total + sample.requests, 0);
    expect(sum(at(4_990_000))).toBe(120);
    expect(sum(at(4_990_000 + 600_000))).toBe(60);
    expect(sum(at(4_990_000 + 1_200_000))).toBe(0);
  });

  test("stay in order when the clock steps back", () => {
    const ledger = new MeterLedger(undefined, T0, "isolate");
    ledger.add(requests("a", 1, 1), at(20_000));
    ledger.add(requests("a", 2, 1), at(0));
    expect(ledger.stored().samples.map((sample) => [sample.at - T0, sample.requests])).toEqual([[20_000, 2]]);
  });
});

test("a gauge that nobody sets any more goes away", () => {
  const ledger = new MeterLedger(undefined, T0, "isolate");
  ledger.add(push("a", 1, { gauges: { [ENTRIES]: 5 } }), at(0));
  ledger.add(push("a", 2, { gauges: { [ENTRIES]: 7 } }), at(1000));
  expect(ledger.totals(at(1000 + METER_LIMITS.gaugeMillis)).totals.gauges).toEqual({ [ENTRIES]: 7 });
  expect(ledger.totals(at(1001 + METER_LIMITS.gaugeMillis)).totals.gauges).toEqual({});
});

test("a full meter still fits into one stored value", () => {
  const ledger = new MeterLedger(undefined, T0, "isolate");
  const counters: Record<string, number> = {};
  for (let index = 0; index < METER_LIMITS.meterSeries + 5; index++) {
    counters[`meridian_requests_total|shield|revalidated|2xx|${"r".repeat(58)}${index}`] = 123_456.789;
  }
  ledger.add(push("a".repeat(64), 1, { counters }), T0);
  for (let index = 0; index < METER_LIMITS.meterSources; index++)
    ledger.add(requests(`${index}`.padEnd(64, "x"), 1, 1), T0);
  for (let span = 0; span < 200; span++) ledger.add(requests("b", span + 1, 1), at(span * 10_000));
  const stored: StoredLedger = ledger.stored();
  expect(Object.keys(stored.totals.counters).length).toBe(METER_LIMITS.meterSeries + 1);
  expect(stored.totals.counters.meridian_metric_updates_dropped_total).toBeGreaterThanOrEqual(5);
  expect(JSON.stringify(stored).length).toBeLessThan(2_000_000);
});

describe("totals", () => {
  const counters = fc.dictionary(
    fc.constantFrom(REQUESTS, "meridian_client_bytes_total|all", "meridian_client_bytes_total|images"),
    fc.nat(1000),
  );
  const distribution = fc
    .array(fc.nat(50), { minLength: TIME_BUCKETS.length + 1, maxLength: TIME_BUCKETS.length + 1 })
    .map((buckets) => ({ buckets, sum: buckets.reduce((total, count) => total + count, 0) }));
  const measured = fc.record({
    counters,
    distributions: fc.dictionary(fc.constantFrom("meridian_time_to_first_byte_seconds|edge"), distribution),
    gauges: fc.dictionary(fc.constantFrom(ENTRIES, "meridian_shard_bytes|1"), fc.nat(1000)),
  });

  test("merge in any order and grouping to the same sums, and leave their parts alone", () => {
    fc.assert(
      fc.property(measured, measured, measured, (a, b, c) => {
        const before = JSON.stringify([a, b, c]);
        const all = mergeTotals([a, b, c]);
        expect(mergeTotals([c, a, b])).toEqual(all);
        expect(mergeTotals([a, mergeTotals([b, c])])).toEqual(all);
        expect(JSON.stringify([a, b, c])).toBe(before);
      }),
    );
  });

  test.each<[string, Partial<Measurements>]>([
    ["a name from a newer script", { counters: { meridian_new_total: 1 } }],
    ["a label too many", { counters: { [`${REQUESTS}|x`]: 1 } }],
    ["a gauge as a counter", { counters: { [ENTRIES]: 1 } }],
    ["a property of every object", { counters: { constructor: 1 } }],
    ["a counter that goes down", { counters: { [REQUESTS]: -1 } }],
    [
      "a histogram with other bounds",
      { distributions: { "meridian_time_to_first_byte_seconds|edge": { buckets: [1, 2], sum: 1 } } },
    ],
  ])("drop and count %s", (_, deltas) => {
    const totals = emptyTotals();
    addTo(totals, { counters: {}, distributions: {}, gauges: {}, ...deltas });
    expect(totals).toEqual({ counters: { meridian_metric_updates_dropped_total: 1 }, distributions: {}, gauges: {} });
  });
});

describe("decoding a push", () => {
  test("gives back what a tally made", () => {
    const tally = new Tally("7e2a6f1e-0000-4000-8000-000000000000", "weur");
    tally.count("meridian_client_bytes_total", { route: "all" }, 5);
    tally.observe("meridian_time_to_first_byte_seconds", { tier: "edge" }, 0.2);
    const made = tally.takeDeltas();
    expect(decodePush(JSON.stringify(made))).toEqual({ kind: "push", push: made });
  });

  test.each([
    ["no JSON", "{"],
    ["a later version", JSON.stringify({ ...requests("isolate1", 1, 1), v: 2 })],
    ["no source", JSON.stringify({ ...requests("isolate1", 1, 1), source: "" })],
    ["a source that is none", JSON.stringify({ ...requests("isolate1", 1, 1), source: "__proto__!" })],
    ["number 0", JSON.stringify(requests("isolate1", 0, 1))],
    ["an unknown region", JSON.stringify({ ...requests("isolate1", 1, 1), region: "moon" })],
    ["a text for a number", JSON.stringify(requests("isolate1", 1, "1" as unknown as number))],
    ["no deltas", JSON.stringify({ ...requests("isolate1", 1, 1), deltas: undefined })],
  ])("refuses %s whole", (_, text) => {
    expect(decodePush(text).kind).toBe("invalid");
  });
});

test("gauges end with the isolate that they speak of, and everything else goes on", () => {
  const ledger = new MeterLedger(undefined, T0, "before");
  ledger.add(push("a", 1, { gauges: { [ENTRIES]: 748 }, counters: { [REQUESTS]: 10 } }), T0);
  const stored = (): StoredLedger => structuredClone(ledger.stored());
  expect(new MeterLedger(stored(), at(10), "before").totals(at(10)).totals.gauges).toEqual({ [ENTRIES]: 748 });
  const restarted = new MeterLedger(stored(), at(10), "after").totals(at(10)).totals;
  expect(restarted.gauges).toEqual({});
  expect(restarted.counters).toEqual({ [REQUESTS]: 10 });
});
