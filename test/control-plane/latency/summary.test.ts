// Percentiles against exact ranks, what is counted and what is not, and the notes that keep numbers honest.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { epochMillis, millis } from "../../../config/units.ts";
import { newHistogram } from "../../../control-plane/latency/histogram.node.ts";
import { completeness, hitShare, notesOn } from "../../../control-plane/latency/notes.ts";
import type { Observation } from "../../../control-plane/latency/observation.ts";
import type { ProbeKind } from "../../../control-plane/latency/plan.ts";
import type { LatencyReport } from "../../../control-plane/latency/report.ts";
import { Collector, type ProbeResult } from "../../../control-plane/latency/summary.ts";

const probe = (kind: ProbeKind, place = 0, round = 1) => ({ place, kind, round, sequence: 0 });
const answered = (milliseconds: number, observation: Partial<Observation> = {}): ProbeResult => ({
  kind: "answered",
  timeToFirstByte: millis(milliseconds),
  observation: { status: 200, outcome: { kind: "unknown" }, timings: {}, ...observation },
});
const failed: ProbeResult = { kind: "failed", reason: "connection refused" };
const hit: Partial<Observation> = { outcome: { kind: "hit", tier: "shard", stale: false } };
const miss: Partial<Observation> = { outcome: { kind: "miss", reason: "uri-miss" } };

function collect(results: [ProbeKind, ProbeResult][]) {
  const collector = new Collector([{ name: "JP", from: "JP" }], newHistogram);
  for (const [kind, result] of results) collector.add(probe(kind), result);
  return collector.reports();
}
const reportOf = (results: [ProbeKind, ProbeResult][], changes: Partial<LatencyReport> = {}): LatencyReport => ({
  v: 1,
  url: "http://h/",
  directUrl: "http://o/",
  startedAt: epochMillis(0),
  tookMillis: millis(1),
  samples: 100,
  concurrency: 1,
  clients: "placed",
  places: collect(results),
  notes: [],
  ...changes,
});

describe("percentiles", () => {
  it("are those of the times, by nearest rank", () => {
    const times = collect(Array.from({ length: 100 }, (_, index) => ["warm", answered(index + 1)]))[0]?.series.warm
      ?.timeToFirstByte;
    expect(times).toMatchObject({ min: 1, max: 100 });
    for (const [percentile, exact] of [
      ["p50", 50],
      ["p90", 90],
      ["p99", 99],
    ] as const) {
      expect(Math.abs((times?.[percentile] ?? 0) - exact)).toBeLessThan(exact * 0.001);
    }
  });

  it("are within a thousandth of the exact nearest-rank values, never beyond the extremes, for any times", () => {
    const times = fc.array(fc.double({ min: 0.001, max: 60_000, noNaN: true }), { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(times, (values) => {
        // Half a microsecond of rounding comes on top of the histogram's three figures.
        const series = collect(values.map((value) => ["cold", answered(value)]))[0]?.series.cold;
        const result = series?.timeToFirstByte;
        const sorted = [...values].sort((a, b) => a - b);
        for (const [name, percentage] of [
          ["p50", 50],
          ["p90", 90],
          ["p99", 99],
        ] as const) {
          const exact = sorted[Math.max(1, Math.floor((percentage / 100) * sorted.length + 0.5)) - 1] as number;
          const given = result?.[name] ?? Number.NaN;
          expect(Math.abs(given - exact)).toBeLessThanOrEqual(exact * 0.001 + 0.00051);
          expect(given).toBeLessThanOrEqual(result?.max ?? 0);
        }
        expect(series?.count).toBe(values.length);
      }),
    );
  });

  it("are absent where nothing was answered", () => {
    expect(collect([["cold", failed]])[0]?.series.cold).toMatchObject({ count: 0, errors: 1 });
    expect(collect([["cold", failed]])[0]?.series.cold).not.toHaveProperty("timeToFirstByte");
  });
});

describe("a place's report", () => {
  it("keeps kinds apart and counts no probe of round 0", () => {
    const collector = new Collector([{ name: "JP" }, { name: "DE" }], newHistogram);
    collector.add(probe("warm", 0, 0), answered(999));
    collector.add(probe("warm", 0), answered(5));
    collector.add(probe("direct", 1), answered(50));
    const [first, second] = collector.reports();
    expect(first?.series.warm).toMatchObject({ count: 1, timeToFirstByte: { max: 5 } });
    expect(first?.series).not.toHaveProperty("direct");
    expect(second?.series.direct?.count).toBe(1);
  });

  it("names the region that answered most through the CDN, whatever the origin calls itself", () => {
    const results: [ProbeKind, ProbeResult][] = [
      ["warm", answered(1, { region: "apac" })],
      ["cold", answered(1, { region: "apac" })],
      ["warm", answered(1, { region: "oc" })],
      ["direct", answered(1, { region: "me" })],
      ["direct", answered(1, { region: "me" })],
      ["direct", answered(1, { region: "me" })],
    ];
    expect(collect(results)[0]).toMatchObject({ region: "apac", series: { warm: { regions: { apac: 1, oc: 1 } } } });
  });

  it("gives the median of each tier's part", () => {
    const parts = [1, 2, 90].map((origin): [ProbeKind, ProbeResult] => [
      "cold",
      answered(100, { timings: { origin } }),
    ]);
    expect(collect(parts)[0]?.series.cold?.serverTimingP50.origin).toBeCloseTo(2, 2);
  });
});

describe("notes", () => {
  it("say nothing when everything is as its name says", () => {
    expect(
      notesOn(
        reportOf([
          ["cold", answered(9, miss)],
          ["warm", answered(1, hit)],
          ["direct", answered(5)],
        ]),
      ),
    ).toEqual([]);
  });

  it.each<[string, [ProbeKind, ProbeResult][], Partial<LatencyReport>, string]>([
    ["a cold probe that was a hit", [["cold", answered(1, hit)]], {}, "1 of 1 cold probes were answered from a cache"],
    [
      "a cold probe that was revalidated",
      [["cold", answered(1, { outcome: { kind: "revalidated", tier: "shard" } })]],
      {},
      "1 of 1 cold",
    ],
    ["a warm probe that was a miss", [["warm", answered(1, miss)]], {}, "1 of 1 warm answers were not hits"],
    ["a warm probe that bypassed", [["warm", answered(1, { outcome: { kind: "bypass" } })]], {}, "bypassed the cache"],
    ["answers without Cache-Status", [["warm", answered(1)]], {}, "no Cache-Status"],
    ["failures, with the first reason", [["cold", failed]], {}, "1 of 1 cold probes failed (connection refused)"],
    ["errors of the site", [["direct", answered(1, { status: 503 })]], {}, "1 direct answers had status 503"],
    ["redirects", [["warm", answered(1, { status: 301 })]], {}, "status 301: their times are included. Redirects"],
    ["a missing comparison", [], { directUrl: undefined } as never, "--direct"],
    ["a deployment that places nobody", [], { clients: "here" }, "from this machine"],
    ["few samples", [], { samples: 99 }, "p99 is the slowest"],
  ])("name %s", (_name, results, changes, words) => {
    expect(notesOn(reportOf(results, changes)).join("\n")).toContain(words);
  });
});

it("tells complete, partial and failed measurements apart", () => {
  expect(completeness(collect([["cold", answered(1)]]))).toBe("all");
  expect(
    completeness(
      collect([
        ["cold", answered(1)],
        ["warm", failed],
      ]),
    ),
  ).toBe("some");
  expect(completeness(collect([["cold", failed]]))).toBe("none");
});

it("counts stale hits as hits, and leaves out answers that do not say", () => {
  const stale: Partial<Observation> = { outcome: { kind: "hit", tier: "edge", stale: true } };
  const series = collect([
    ["warm", answered(1, hit)],
    ["warm", answered(1, stale)],
    ["warm", answered(1, miss)],
    ["warm", answered(1)],
  ])[0]?.series.warm;
  expect(series && hitShare(series)).toBeCloseTo(2 / 3);
});
