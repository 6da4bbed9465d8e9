// What is said to need attention, and what is not.

import { describe, expect, it } from "vitest";
import { epochMillis } from "../../../config/units.ts";
import { REGION_IDS, REGIONS, type RegionId } from "../../../config/world/regions.ts";
import {
  type AlertFacts,
  alertsOf,
  regionsBehind,
  UNAPPLIED_AFTER_MILLIS,
} from "../../../control-plane/dashboard/alerts.ts";
import type { Purge, Region, RegionReport } from "../../../control-plane/dashboard/model.ts";

const now = epochMillis(1_000_000);
const at = (instant: number): string => new Date(instant).toISOString();
const hub = (vector: Record<string, number>): NonNullable<Region["hub"]> => ({
  id: "weur.aaaa",
  startedAt: at(0),
  logLength: 3,
  vector,
  members: [],
  subscribers: [],
});
const live = (id: RegionId, change: Partial<Region> = {}): Region => ({
  id,
  ...REGIONS[id],
  status: "up",
  drained: false,
  shards: 4,
  hub: hub({ "weur.aaaa": 3 }),
  ...change,
});
const down = (id: RegionId): Region => {
  const { hub: _, ...rest } = live(id);
  return { ...rest, status: "unreachable", reason: "its hub did not answer in time" };
};
const purge = (change: Partial<Purge> = {}): Purge => ({
  id: "weur.aaaa.3",
  state: "accepted",
  soft: false,
  scopes: { urls: [], prefixes: [], tags: ["x"], hosts: [], everything: false },
  by: "admin",
  acceptedAt: at(now - UNAPPLIED_AFTER_MILLIS),
  hub: "weur",
  regions: [
    { region: "weur", state: "applied" },
    { region: "afr", state: "pending" },
  ],
  missing: ["afr"],
  signature: { alg: "EdDSA", kid: "k", value: "v" },
  ...change,
});
const facts = (change: Partial<AlertFacts> = {}): AlertFacts => ({
  regions: REGION_IDS.map((id) => live(id)),
  lostRegions: [],
  cutLinks: [],
  rates: {},
  reports: [],
  purges: [],
  ...change,
});
const ids = (change: Partial<AlertFacts>) => alertsOf(facts(change), now).map(({ id }) => id);

describe("alerts", () => {
  it("are none when all is well, a drained region included", () => {
    expect(
      ids({ regions: [live("weur"), live("oc", { drained: true })], purges: [purge({ state: "applied" })] }),
    ).toEqual([]);
  });

  it("name a region that does not answer, and one whose hub takes no purges yet", () => {
    const joining = live("me", { status: "joining" });
    expect(ids({ regions: [joining, down("afr")] })).toEqual(["unreachable:afr", "joining:me"]);
  });

  it("tell a lost region from one that does not answer, and say who heard it last and when", () => {
    const lostRegions = [{ region: "afr", heardAt: at(now - 12_000), heardBy: "me" } as const];
    const [alert, ...others] = alertsOf(facts({ regions: [live("me"), down("afr")], lostRegions }), now);
    expect(others).toEqual([]);
    expect(alert).toMatchObject({ id: "lost:afr", severity: "bad", title: "afr is lost" });
    expect(alert?.detail).toContain("; me last heard from it 12 s ago.");
    expect(alertsOf(facts({ regions: [down("afr")], lostRegions: [{ region: "afr" }] }), now)[0]?.detail).toMatch(
      /^No other region can reach it\. /,
    );
  });

  it("name a cut link with its direction and age, in place of the silence of the region beyond it", () => {
    const cutLinks = [{ from: "weur", to: "afr", since: at(now - 180_000) } as const];
    const found = alertsOf(facts({ regions: [live("weur"), down("afr")], cutLinks }), now);
    expect(found.map(({ id }) => id)).toEqual(["cut:weur>afr"]);
    expect(found[0]?.detail).toContain("afr has not answered weur for 3 min.");
    expect(ids({ regions: [down("weur"), live("afr")], cutLinks })).toEqual(["unreachable:weur", "cut:weur>afr"]);
  });

  it("name a purge that is not applied after five seconds, and not before", () => {
    expect(ids({ purges: [purge()] })).toEqual(["purge:weur.aaaa.3"]);
    expect(ids({ purges: [purge({ acceptedAt: at(now - UNAPPLIED_AFTER_MILLIS + 1) })] })).toEqual([]);
  });

  it("say where a purge is missing and why", () => {
    const regions: Purge["regions"] = [{ region: "afr", state: "pending", reason: "unreachable" }];
    const [alert] = alertsOf(facts({ purges: [purge({ state: "partial", regions })] }), now);
    expect(alert?.detail).toContain("afr (unreachable)");
  });

  it("name a region in which half of the origin requests fail, and not one with fewer", () => {
    const rate = { requestsPerSecond: 9, bytesPerSecond: 0, originPerSecond: 4 };
    expect(ids({ rates: { enam: { ...rate, originFailuresPerSecond: 2 } } })).toEqual(["origin:enam"]);
    expect(ids({ rates: { enam: { ...rate, originFailuresPerSecond: 1.9 } } })).toEqual([]);
    expect(ids({ rates: { enam: { ...rate, originPerSecond: 0, originFailuresPerSecond: 0 } } })).toEqual([]);
  });

  it("name an origin that shards spare now, in place of the failures that led to it", () => {
    const rates = {
      enam: { requestsPerSecond: 9, bytesPerSecond: 0, originPerSecond: 4, originFailuresPerSecond: 4 },
    };
    const report = (...states: ("open" | "closed")[]) =>
      ({
        region: "enam",
        breakers: states.map((state, shard) => ({ origin: "shop", shard, state })),
      }) as unknown as RegionReport;
    const [alert] = alertsOf(facts({ rates, reports: [report("open", "closed", "open")] }), now);
    expect(alert?.id).toBe("breaker:enam:shop");
    expect(alert?.detail).toContain("open at 2 of the 3 shards");
    expect(ids({ rates, reports: [report("closed")] })).toEqual(["origin:enam"]);
  });

  it("say that hubs disagree only once it has lasted", () => {
    const regions = [live("weur"), live("me", { hub: hub({ "weur.aaaa": 2 }) })];
    const since = (age: number) => ({ regions, hubsDifferSince: epochMillis(now - age) });
    expect(ids(since(UNAPPLIED_AFTER_MILLIS))).toEqual(["hubs-differ"]);
    expect(ids(since(UNAPPLIED_AFTER_MILLIS - 1))).toEqual([]);
  });
});

describe("the regions behind", () => {
  it("are those that lack what another knows, even if each lacks something", () => {
    const weur = live("weur", { hub: hub({ "weur.aaaa": 3 }) });
    const enam = live("enam", { hub: hub({ "weur.aaaa": 2, "enam.bbbb": 1 }) });
    expect(regionsBehind([weur, enam, down("afr")])).toEqual(["weur", "enam"]);
    expect(regionsBehind([weur, weur])).toEqual([]);
    expect(regionsBehind([])).toEqual([]);
  });
});
