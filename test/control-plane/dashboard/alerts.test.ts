// What is said to need attention, and what is not.

import { describe, expect, it } from "vitest";
import { bytes, epochMillis } from "../../../config/units.ts";
import { REGION_IDS, REGIONS, type RegionId } from "../../../config/world/regions.ts";
import {
  type AlertFacts,
  alertsOf,
  regionsBehind,
  UNAPPLIED_AFTER_MILLIS,
} from "../../../control-plane/dashboard/alerts.ts";
import type { Purge, Region } from "../../../control-plane/dashboard/model.ts";

const now = epochMillis(1_000_000);
const live = (id: RegionId, change: Partial<Region> = {}): Region => ({
  id,
  ...REGIONS[id],
  health: "live",
  drained: false,
  shards: 4,
  hub: { joined: true, vector: { "weur.aaaa": 3 } },
  ...change,
});
const down = (id: RegionId): Region => {
  const { hub: _, ...rest } = live(id);
  return { ...rest, health: "down" };
};
const purge = (change: Partial<Purge> = {}): Purge => ({
  id: "weur.aaaa.3",
  state: "accepted",
  soft: false,
  scopes: [{ kind: "tag", value: "x" }],
  by: "admin",
  acceptedAt: epochMillis(now - UNAPPLIED_AFTER_MILLIS),
  hub: "weur",
  regions: [
    { region: "weur", state: "applied" },
    { region: "afr", state: "pending" },
  ],
  ...change,
});
const facts = (change: Partial<AlertFacts> = {}): AlertFacts => ({
  regions: REGION_IDS.map((id) => live(id)),
  rates: {},
  reports: {},
  purges: [],
  ...change,
});
const ids = (change: Partial<AlertFacts>) => alertsOf(facts(change), now).map(({ id }) => id);

describe("alerts", () => {
  it("are none when all is well, a drained region included", () => {
    expect(
      ids({ regions: [live("weur"), live("oc", { health: "drained" })], purges: [purge({ state: "applied" })] }),
    ).toEqual([]);
  });

  it("name a region that does not answer, and one whose hub takes no purges yet", () => {
    const joining = live("me", { hub: { joined: false, vector: { "weur.aaaa": 3 } } });
    expect(ids({ regions: [joining, down("afr")] })).toEqual(["down:afr", "joining:me"]);
  });

  it("name a purge that is not applied after five seconds, and not before", () => {
    expect(ids({ purges: [purge()] })).toEqual(["purge:weur.aaaa.3"]);
    expect(ids({ purges: [purge({ acceptedAt: epochMillis(now - UNAPPLIED_AFTER_MILLIS + 1) })] })).toEqual([]);
  });

  it("say where a purge is missing and why", () => {
    const regions = [{ region: "afr", state: "pending", reason: "unreachable" }] as const;
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
    const report = (open: number) => ({
      totals: { requests: 0, bytes: bytes(0), originRequests: 0, originFailures: 0 },
      entries: 0,
      heldBytes: bytes(0),
      breakers: [{ origin: "shop", shards: 4, open }],
    });
    expect(ids({ rates, reports: { enam: report(3) } })).toEqual(["breaker:enam:shop"]);
    expect(ids({ rates, reports: { enam: report(0) } })).toEqual(["origin:enam"]);
  });

  it("say that hubs disagree only once it has lasted", () => {
    const regions = [live("weur"), live("me", { hub: { joined: true, vector: { "weur.aaaa": 2 } } })];
    const since = (age: number) => ({ regions, hubsDifferSince: epochMillis(now - age) });
    expect(ids(since(UNAPPLIED_AFTER_MILLIS))).toEqual(["hubs-differ"]);
    expect(ids(since(UNAPPLIED_AFTER_MILLIS - 1))).toEqual([]);
  });
});

describe("the regions behind", () => {
  it("are those that lack what another knows, even if each lacks something", () => {
    const weur = live("weur", { hub: { joined: true, vector: { "weur.aaaa": 3 } } });
    const enam = live("enam", { hub: { joined: true, vector: { "weur.aaaa": 2, "enam.bbbb": 1 } } });
    expect(regionsBehind([weur, enam, down("afr")])).toEqual(["weur", "enam"]);
    expect(regionsBehind([weur, weur])).toEqual([]);
    expect(regionsBehind([])).toEqual([]);
  });
});
