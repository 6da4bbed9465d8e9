// The fields that explain a response: Cache-Status (RFC 9211), problems with Proxy-Status (RFC 9457, RFC 9209), Server-Timing.

import fc from "fast-check";
import { parseItem, parseList } from "structured-headers";
import { describe, expect, it, test } from "vitest";
import { millis } from "../../../config/units.ts";
import { cacheStatusMember, type Outcome } from "../../../edge/http/cache-status.ts";
import { problem } from "../../../edge/http/problem.ts";
import { serverTiming } from "../../../edge/http/server-timing.ts";

describe("RFC 9211: Cache-Status", () => {
  test.each<[Outcome, string]>([
    [{ kind: "hit", ttl: millis(40_999) }, "hit;ttl=40"],
    [{ kind: "hit", ttl: millis(40_000), detail: "cut-off" }, "hit;ttl=40;detail=cut-off"],
    [{ kind: "stale", ttl: millis(-1), detail: "refreshing" }, "hit;ttl=-1;detail=refreshing"],
    [{ kind: "forwarded", reason: "uri-miss", status: 200, stored: true }, "fwd=uri-miss;fwd-status=200;stored"],
    [
      { kind: "forwarded", reason: "uri-miss", status: 200, stored: true, collapsed: true },
      "fwd=uri-miss;fwd-status=200;stored;collapsed",
    ],
    [
      { kind: "forwarded", reason: "stale", status: 304, stored: true, ttl: millis(60_000) },
      "fwd=stale;fwd-status=304;stored;ttl=60",
    ],
    [{ kind: "forwarded", reason: "bypass", stored: false }, "fwd=bypass"],
    [
      { kind: "forwarded", reason: "method", status: 201, stored: false, detail: "no-store" },
      "fwd=method;fwd-status=201;detail=no-store",
    ],
    [{ kind: "failed", detail: "origin timed out" }, 'fwd=miss;detail="origin timed out"'],
    [{ kind: "hit", ttl: millis(1000), key: 'https://h/"ä"' }, 'hit;ttl=1;key="https://h/\\"?\\""'],
  ])("%o", (outcome, expected) => {
    expect(cacheStatusMember("meridian-shard", outcome)).toBe(`meridian-shard;${expected}`);
  });

  it("is a structured field whatever stands in detail and key, and never says hit and fwd at once", () => {
    const text = fc.string({ unit: "binary" });
    const outcome = fc.oneof(
      fc.record({ kind: fc.constant("hit" as const), ttl: fc.double().map(millis), key: text, detail: text }),
      fc.record({
        kind: fc.constant("forwarded" as const),
        reason: fc.constantFrom("stale" as const, "request" as const),
        stored: fc.boolean(),
        detail: text,
      }),
      fc.record({ kind: fc.constant("failed" as const), detail: text }),
    );
    fc.assert(
      fc.property(outcome, (value) => {
        fc.pre(!("ttl" in value) || Math.abs(value.ttl) < 1e15);
        const [, parameters] = parseItem(cacheStatusMember("meridian-edge", value));
        expect(parameters.has("hit") && parameters.has("fwd")).toBe(false);
      }),
    );
  });
});

describe("RFC 9457 and RFC 9209: our own errors", () => {
  it("say what went wrong, to people and to programs, and are kept by nobody", () => {
    const { status, fields, body } = problem({
      status: 504,
      code: "origin-timeout",
      title: "Gateway timeout",
      detail: "The origin did not answer in 30 s.",
      proxyError: "http_response_timeout",
    });
    expect(status).toBe(504);
    expect(Object.fromEntries(fields)).toEqual({
      "content-type": "application/problem+json",
      "cache-control": "no-store",
      "proxy-status": "meridian;error=http_response_timeout",
    });
    expect(JSON.parse(body)).toEqual({
      type: "urn:meridian:problem:origin-timeout",
      title: "Gateway timeout",
      status: 504,
      detail: "The origin did not answer in 30 s.",
      code: "origin-timeout",
    });
  });

  it("blame nobody when the fault is not between us and the origin", () => {
    expect(
      problem({ status: 405, code: "method", title: "Method not allowed", detail: "No." }).fields.has("proxy-status"),
    ).toBe(false);
  });

  it("carry a Proxy-Status that parses", () => {
    const { fields } = problem({ status: 502, code: "x", title: "x", detail: "x", proxyError: "connection_refused" });
    expect(parseList(fields.get("proxy-status") ?? "")).toHaveLength(1);
  });
});

describe("Server-Timing", () => {
  test.each<[Record<string, number | undefined>, string]>([
    [{}, ""],
    [{ edge: 1.26, route: 0, origin: 120 }, "edge;dur=1.3, route;dur=0, origin;dur=120"],
    [{ edge: undefined, shard: Number.NaN, shield: -1, "b c": 1, ok: 2 }, "ok;dur=2"],
  ])("%o is %j", (timings, expected) => {
    expect(serverTiming(timings as Parameters<typeof serverTiming>[0])).toBe(expected);
  });
});
