// Which regions are lost and which links are cut, from what hubs say of each other.

import { describe, expect, it } from "vitest";
import { REGIONS, type RegionId } from "../../../config/world/regions.ts";
import { linksOf } from "../../../control-plane/api/links.ts";
import type { RegionView } from "../../../control-plane/api/observe/region-view.ts";

const at = (second: number): string => new Date(Date.UTC(2026, 10, 20, 10, 15, second)).toISOString();

type Members = Partial<Record<RegionId, { heard?: number; unanswered?: number }>>;

/** A region whose hub answers with this; without members it does not answer. */
function region(id: RegionId, members?: Members): RegionView {
  const view: RegionView = { id, ...REGIONS[id], shards: 4, status: members ? "up" : "unreachable", drained: false };
  if (!members) return view;
  const list = Object.entries(members).map(([other, { heard, unanswered }]) => ({
    region: other as RegionId,
    hub: `${other}.aaaa`,
    ...(heard !== undefined && { heardAt: at(heard) }),
    ...(unanswered !== undefined && { unansweredSince: at(unanswered) }),
  }));
  return {
    ...view,
    hub: { id: `${id}.aaaa`, startedAt: at(0), logLength: 1, vector: {}, members: list, subscribers: [] },
  };
}

const NOTHING = { lostRegions: [], cutLinks: [] };

describe("links and regions", () => {
  it("are whole while every hub is answered, and while nobody asks", () => {
    const all = [
      region("weur", { enam: { heard: 9 }, apac: {} }),
      region("enam", { weur: {}, apac: {} }),
      region("apac", {}),
    ];
    expect(linksOf(all)).toEqual(NOTHING);
  });

  it("are told apart: a link one way is cut although the region beyond it answers", () => {
    const all = [
      region("weur", { enam: {}, apac: { heard: 20, unanswered: 9 } }),
      region("enam", { weur: {}, apac: { heard: 8 } }),
      region("apac", { weur: { heard: 20 }, enam: {} }),
    ];
    expect(linksOf(all)).toEqual({ lostRegions: [], cutLinks: [{ from: "weur", to: "apac", since: at(9) }] });
  });

  it("show a cut where the region cannot be asked by the API, but another hub heard it since", () => {
    const all = (heard: number) => [
      region("weur", { apac: { unanswered: 9 } }),
      region("enam", { apac: { heard } }),
      region("apac"),
    ];
    expect(linksOf(all(10)).cutLinks).toEqual([{ from: "weur", to: "apac", since: at(9) }]);
    expect(linksOf(all(8))).toEqual(NOTHING);
  });

  it("show a region as lost once no hub reaches it, with who heard it last, and no link to it as cut", () => {
    const all = [
      region("weur", { enam: {}, apac: { heard: 3, unanswered: 9 } }),
      region("enam", { weur: {}, apac: { heard: 5, unanswered: 10 } }),
      region("apac"),
    ];
    expect(linksOf(all)).toEqual({ lostRegions: [{ region: "apac", heardAt: at(5), heardBy: "enam" }], cutLinks: [] });
  });

  it("claim nothing of a region that does not answer until every hub has noticed", () => {
    const all = [region("weur", { apac: { unanswered: 9 } }), region("enam", { apac: { heard: 5 } }), region("apac")];
    expect(linksOf(all)).toEqual(NOTHING);
  });

  it("claim nothing from a minority, which cannot tell whether the others are lost or it is cut off", () => {
    const alone = region("weur", { enam: { unanswered: 9 }, apac: { unanswered: 9 } });
    expect(linksOf([alone, region("enam"), region("apac")])).toEqual(NOTHING);
    expect(linksOf([region("weur", { enam: { unanswered: 9 } }), region("enam")])).toEqual(NOTHING);
  });

  it("are both cut in a partition of two regions that both answer the API", () => {
    const all = [
      region("weur", { apac: { unanswered: 9 } }),
      region("enam", { weur: {}, apac: {} }),
      region("apac", { weur: { unanswered: 7 } }),
    ];
    expect(linksOf(all).cutLinks).toEqual([
      { from: "apac", to: "weur", since: at(7) },
      { from: "weur", to: "apac", since: at(9) },
    ]);
  });
});
