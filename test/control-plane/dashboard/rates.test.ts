// Rates from counters that only grow: what restarts, silences and clocks may do to them.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DASHBOARD_LIMITS } from "../../../control-plane/dashboard/limits.ts";
import { instantOf, type Sample } from "../../../control-plane/dashboard/model.ts";
import { addSample, increments, type Recent, regionRates, totalRates } from "../../../control-plane/dashboard/rates.ts";
import { countersOf, sampleOf } from "./samples.ts";

const recentOf = (...samples: Sample[]): Recent => samples.reduce<Recent>(addSample, []);

describe("increments", () => {
  it("are the differences of counters that grew", () => {
    expect(increments(countersOf(10, 2), countersOf(25, 3))).toEqual(countersOf(15, 1));
  });

  it("are all of the new counters once one of them has fallen: the region began anew", () => {
    expect(increments(countersOf(1000, 50), countersOf(7, 6))).toEqual(countersOf(7, 6));
    // Requests have already overtaken, and only the origin's counter tells.
    expect(increments(countersOf(10, 50), countersOf(12, 1))).toEqual(countersOf(12, 1));
  });

  it("are never negative, whatever the counters do", () => {
    const counter = fc.nat({ max: 1_000_000 });
    const any = fc.record({
      requests: counter,
      originRequests: counter,
      originFailures: counter,
      clientBytes: counter,
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
    expect(regionRates(recentOf(sampleOf(0, { weur: countersOf(5000) })))).toEqual({});
    expect(totalRates({})).toBeUndefined();
  });

  it("spread what was counted over the time that passed", () => {
    const recent = recentOf(sampleOf(0, { weur: countersOf(100, 10) }), sampleOf(4000, { weur: countersOf(300, 30) }));
    expect(regionRates(recent).weur).toEqual({
      requestsPerSecond: 50,
      bytesPerSecond: 50_000,
      originPerSecond: 5,
      originFailuresPerSecond: 0,
    });
  });

  it("lose nothing and repeat nothing when a region restarts in the middle", () => {
    const recent = recentOf(
      sampleOf(0, { weur: countersOf(1000) }),
      sampleOf(2000, { weur: countersOf(1040) }),
      sampleOf(4000, { weur: countersOf(20) }),
    );
    expect(regionRates(recent).weur?.requestsPerSecond).toBe((40 + 20) / 4);
  });

  it("compare a region that was silent with what was last heard of it", () => {
    const recent = recentOf(
      sampleOf(0, { weur: countersOf(0), afr: countersOf(100) }),
      sampleOf(2000, { weur: countersOf(0) }),
      sampleOf(4000, { weur: countersOf(0), afr: countersOf(140) }),
    );
    expect(regionRates(recent).afr?.requestsPerSecond).toBe(10);
  });

  it("are unknown for a region that is silent now", () => {
    const recent = recentOf(
      sampleOf(0, { afr: countersOf(1) }),
      sampleOf(2000, { afr: countersOf(2) }),
      sampleOf(4000, {}),
    );
    expect(regionRates(recent)).toEqual({});
  });

  it("ignore a sample that is not later than the last", () => {
    const recent = recentOf(sampleOf(2000, { weur: countersOf(5) }));
    expect(addSample(recent, sampleOf(2000, { weur: countersOf(9) }))).toBe(recent);
    expect(addSample(recent, sampleOf(1999, { weur: countersOf(9) }))).toBe(recent);
  });

  it("are measured over ten seconds, however often samples come", () => {
    let recent: Recent = [];
    for (let at = 0; at <= 60_000; at += 2000) recent = addSample(recent, sampleOf(at, { weur: countersOf(at) }));
    const instants = recent.map(({ at }) => instantOf(at));
    expect(instants[0]).toBe(60_000 - DASHBOARD_LIMITS.dashboardRecentMillis);
    expect(instants.at(-1)).toBe(60_000);
  });

  it("keep one sample to compare with after a long pause", () => {
    const recent = recentOf(sampleOf(0, { weur: countersOf(0) }), sampleOf(600_000, { weur: countersOf(600) }));
    expect(recent).toHaveLength(2);
    expect(regionRates(recent).weur?.requestsPerSecond).toBe(1);
  });

  it("of all regions are the sum", () => {
    const recent = recentOf(
      sampleOf(0, { weur: countersOf(0), enam: countersOf(0, 0) }),
      sampleOf(1000, { weur: countersOf(10, 1), enam: countersOf(30, 3) }),
    );
    expect(totalRates(regionRates(recent))).toMatchObject({ requestsPerSecond: 40, originPerSecond: 4 });
  });
});
