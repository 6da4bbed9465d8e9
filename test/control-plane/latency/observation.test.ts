// Reading `Cache-Status` (RFC 9211) and `Server-Timing` as deployments, other caches and nobody in particular write them.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cacheOutcome, observe, serverTimings } from "../../../control-plane/latency/observation.ts";

describe("Cache-Status", () => {
  it.each([
    ["meridian-shard; hit; ttl=30", { kind: "hit", tier: "shard", stale: false }],
    ["meridian-edge; hit", { kind: "hit", tier: "edge", stale: false }],
    ["meridian-shard; hit; ttl=-5", { kind: "hit", tier: "shard", stale: true }],
    // The shard missed and the shield had it: still from a cache, and which one is told.
    [
      "meridian-shield; hit; ttl=9, meridian-shard; fwd=uri-miss; stored",
      { kind: "hit", tier: "shield", stale: false },
    ],
    // The tiers nearer to the client count first: a hit at the edge ends the way, whatever lies in the stored answer.
    ["meridian-shield; fwd=uri-miss, meridian-edge; hit", { kind: "hit", tier: "edge", stale: false }],
    [
      "meridian-shield; fwd=uri-miss; fwd-status=200, meridian-shard; fwd=uri-miss",
      { kind: "miss", reason: "uri-miss" },
    ],
    ["meridian-shield; fwd=vary-miss, meridian-shard; fwd=uri-miss", { kind: "miss", reason: "vary-miss" }],
    ["meridian-shield; fwd=stale; fwd-status=304", { kind: "revalidated", tier: "shield" }],
    ["meridian-shield; fwd=stale; fwd-status=200", { kind: "miss", reason: "stale" }],
    ["meridian-edge; fwd=bypass", { kind: "bypass" }],
    ["meridian-edge; fwd=method", { kind: "bypass" }],
    ['"Some CDN"; hit', { kind: "hit", tier: "Some CDN", stale: false }],
    ["ExampleCache; hit=?0; fwd=miss", { kind: "miss", reason: "miss" }],
    ["meridian-edge; detail=x", { kind: "unknown" }],
    ["not, a ;; list", { kind: "unknown" }],
    ["", { kind: "unknown" }],
  ])("%s", (value, outcome) => {
    expect(cacheOutcome(value)).toEqual(outcome);
  });

  it("never throws, whatever another party sends", () => {
    fc.assert(fc.property(fc.string(), (text) => cacheOutcome(text).kind !== undefined));
  });
});

describe("Server-Timing", () => {
  it.each([
    ["edge;dur=1.5, origin;dur=20", { edge: 1.5, origin: 20 }],
    ['edge; desc="a; b" ;dur="3"', { edge: 3 }],
    ["cache;desc=hit, edge;dur=", {}],
    ["edge;dur=abc, shard;dur=0", { shard: 0 }],
    ["__proto__;dur=1", {}],
  ])("%s", (value, timings) => {
    expect({ ...serverTimings(value) }).toEqual(timings);
  });

  it("never throws, and gives finite numbers only", () => {
    fc.assert(
      fc.property(fc.string(), (text) => Object.values(serverTimings(text)).every((value) => Number.isFinite(value))),
    );
  });
});

it("reads a response's head, with lines of one name joined", () => {
  const fields = {
    "meridian-region": "apac",
    "cache-status": ["meridian-shield; fwd=uri-miss", "meridian-shard; hit"],
    "server-timing": "edge;dur=2",
  };
  expect(observe(200, fields)).toEqual({
    status: 200,
    region: "apac",
    outcome: { kind: "hit", tier: "shard", stale: false },
    timings: { edge: 2 },
  });
  expect(observe(200, {})).toEqual({ status: 200, outcome: { kind: "unknown" }, timings: {} });
});
