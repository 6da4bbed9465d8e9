// What other hubs hold: it only grows with one incarnation, and never passes from a lost log to its successor.

import { describe, expect, test } from "vitest";
import { epochMillis } from "../../../config/units.ts";
import { PeerVectors, toldBy } from "../../../control-plane/gossip/peer-vectors.ts";

const NOBODY = (): boolean => false;
const at = epochMillis(5);

describe("what other hubs hold", () => {
  test("only grows while the incarnation is the same", () => {
    const held = new PeerVectors();
    held.heard("oc", "oc.aaaa", { "weur.cccc": 2 }, at);
    expect(held.heard("oc", "oc.aaaa", { "weur.cccc": 1 }, at).grew).toBe(false);
    expect(held.holds("oc", { hub: "weur.cccc", counter: 2 })).toBe(true);
    expect(held.holds("oc", { hub: "weur.cccc", counter: 3 })).toBe(false);
  });

  test("starts over with a new incarnation, which lost what the old one held", () => {
    const held = new PeerVectors();
    held.heard("oc", "oc.aaaa", { "weur.cccc": 2 }, at);
    expect(held.heard("oc", "oc.bbbb", { "weur.cccc": 1 }, at).grew).toBe(true);
    expect(held.holds("oc", { hub: "weur.cccc", counter: 2 })).toBe(false);
  });

  test("is learned from others too, but never about an incarnation that is gone or unknown", () => {
    const held = new PeerVectors();
    held.heard("oc", "oc.bbbb", {}, at);
    held.told({ oc: { hub: "oc.aaaa", vector: { "weur.cccc": 2 } } }, NOBODY);
    expect(held.holds("oc", { hub: "weur.cccc", counter: 1 })).toBe(false);
    held.told({ me: { hub: "me.dddd", vector: { "weur.cccc": 2 } } }, (hub) => hub === "me.dddd");
    expect(held.get("me")).toBeUndefined();
    expect(held.told({ oc: { hub: "oc.bbbb", vector: { "weur.cccc": 2 } } }, NOBODY)).toHaveLength(1);
    expect(held.holds("oc", { hub: "weur.cccc", counter: 2 })).toBe(true);
    expect(held.told({ oc: { hub: "oc.bbbb", vector: { "weur.cccc": 2 } } }, NOBODY)).toHaveLength(0);
  });

  test("names the hubs that hold all of a vector, no more than asked for", () => {
    const held = new PeerVectors([
      { region: "oc", hub: "oc.aaaa", vector: { "weur.cccc": 2 } },
      { region: "me", hub: "me.dddd", vector: { "weur.cccc": 3 } },
      { region: "afr", hub: "afr.eeee", vector: { "weur.cccc": 1 } },
    ]);
    const holders = held.tellHolders({ "weur.cccc": 2 }, 9, () => 0);
    expect(holders).toEqual({ oc: "oc.aaaa", me: "me.dddd" });
    expect(held.tellHolders({ "weur.cccc": 2 }, 1, () => 0.99)).toEqual({ me: "me.dddd" });
    expect(toldBy({ holders, vector: { "weur.cccc": 2 } })).toEqual({
      oc: { hub: "oc.aaaa", vector: { "weur.cccc": 2 } },
      me: { hub: "me.dddd", vector: { "weur.cccc": 2 } },
    });
  });

  test("says who still lacks something", () => {
    const held = new PeerVectors([{ region: "oc", hub: "oc.aaaa", vector: { "weur.cccc": 2 } }]);
    expect(held.behind(["oc", "me"], { "weur.cccc": 2 })).toEqual(["me"]);
    expect(held.behind(["oc", "me"], { "weur.cccc": 3 })).toEqual(["oc", "me"]);
    expect(held.behind(["me"], {})).toEqual([]);
  });
});
