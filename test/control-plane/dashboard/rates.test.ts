// Rates from counters that only grow: what restarts, silences and clocks may do to them.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LIMITS } from "../../../config/limits.ts";
import { bytes, epochMillis, millis } from "../../../config/units.ts";
import type { RegionId } from "../../../config/world/regions.ts";
import type { RegionReport, Sample, Totals } from "../../../control-plane/dashboard/model.ts";
import { addSample, increments, type Recent, regionRates, totalRates } from "../../../control-plane/dashboard/rates.ts";

const totals = (requests: number, originRequests = 0): Totals => ({
  requests,
  bytes: bytes(requests * 1000),
  originRequests,
  originFailures: 0,
});

const sample = (at: number, regions: Partial<Record<RegionId, Totals>>): Sample => ({
  at: epochMillis(at),
  regions: Object.fromEntries(
    Object.entries(regions).map(([id, counted]): [string, RegionReport] => [
      id,
      { totals: counted, entries: 0, heldBytes: bytes(0), breakers: [] },
    ]),
  ),
  spans: [],
  spanFor: millis(10_000),
});

const recentOf = (...samples: Sample[]): Recent => samples.reduce<Recent>(addSample, []);

describe("increments", () => {
  it("are the differences of counters that grew", () => {
    expect(increments(totals(10, 2), totals(25, 3))).toEqual(totals(15, 1));
  });

  it("are all of the new counters once one of them has fallen: the region began anew", () => {
    expect(increments(totals(1000, 50), totals(7, 6))).toEqual(totals(7, 6));
    // Requests have already overtaken, and only the origin's counter tells.
    expect(increments(totals(10, 50), totals(12, 1))).toEqual(totals(12, 1));
  });

  it("are never negative, whatever the counters do", () => {
    const counter = fc.nat({ max: 1_000_000 });
    const any = fc.record({
      requests: counter,
      originRequests: counter,
      originFailures: counter,
      bytes: counter.map(bytes),
    });
    fc.assert(
      fc.property(any, any, (before, next) => {
        for (const value of Object.values(increments(before, next))) expect(value).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});

describe("rates", () => {
  it("are unknown from one report, which may cover days", () => {
    expect(regionRates(recentOf(sample(0, { weur: totals(5000) })))).toEqual({});
    expect(totalRates({})).toBeUndefined();
  });

  it("spread what was counted over the time that passed", () => {
    const recent = recentOf(sample(0, { weur: totals(100, 10) }), sample(4000, { weur: totals(300, 30) }));
    expect(regionRates(recent).weur).toEqual({
      requestsPerSecond: 50,
      bytesPerSecond: 50_000,
      originPerSecond: 5,
      originFailuresPerSecond: 0,
    });
  });

  it("lose nothing and repeat nothing when a region restarts in the middle", () => {
    const recent = recentOf(
      sample(0, { weur: totals(1000) }),
      sample(2000, { weur: totals(1040) }),
      sample(4000, { weur: totals(20) }),
    );
    expect(regionRates(recent).weur?.requestsPerSecond).toBe((40 + 20) / 4);
  });

  it("compare a region that was silent with what was last heard of it", () => {
    const recent = recentOf(
      sample(0, { weur: totals(0), afr: totals(100) }),
      sample(2000, { weur: totals(0) }),
      sample(4000, { weur: totals(0), afr: totals(140) }),
    );
    expect(regionRates(recent).afr?.requestsPerSecond).toBe(10);
  });

  it("are unknown for a region that is silent now", () => {
    const recent = recentOf(sample(0, { afr: totals(1) }), sample(2000, { afr: totals(2) }), sample(4000, {}));
    expect(regionRates(recent)).toEqual({});
  });

  it("ignore a sample that is not later than the last", () => {
    const recent = recentOf(sample(2000, { weur: totals(5) }));
    expect(addSample(recent, sample(2000, { weur: totals(9) }))).toBe(recent);
    expect(addSample(recent, sample(1999, { weur: totals(9) }))).toBe(recent);
  });

  it("are measured over ten seconds, however often samples come", () => {
    let recent: Recent = [];
    for (let at = 0; at <= 60_000; at += 2000) recent = addSample(recent, sample(at, { weur: totals(at) }));
    expect(recent[0]?.at).toBe(60_000 - LIMITS.dashboardRecentMillis);
    expect(recent.at(-1)?.at).toBe(60_000);
  });

  it("keep one sample to compare with after a long pause", () => {
    const recent = recentOf(sample(0, { weur: totals(0) }), sample(600_000, { weur: totals(600) }));
    expect(recent).toHaveLength(2);
    expect(regionRates(recent).weur?.requestsPerSecond).toBe(1);
  });

  it("of all regions are the sum", () => {
    const recent = recentOf(
      sample(0, { weur: totals(0), enam: totals(0, 0) }),
      sample(1000, { weur: totals(10, 1), enam: totals(30, 3) }),
    );
    expect(totalRates(regionRates(recent))).toMatchObject({ requestsPerSecond: 40, originPerSecond: 4 });
  });
});
