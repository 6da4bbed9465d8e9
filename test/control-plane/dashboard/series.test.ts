// The points of the charts, from finished spans and what is measured now.

import { describe, expect, it } from "vitest";
import type { Span } from "../../../control-plane/dashboard/model.ts";
import { aloneIn, pointsOf, recentHitRatio } from "../../../control-plane/dashboard/series.ts";
import { sampleOf, spanOf } from "./samples.ts";

const SPAN = 10_000;
const sample = (at: number, spans: readonly Span[]) => sampleOf(at, {}, spans);
const span = spanOf;
const now = { requestsPerSecond: 7, bytesPerSecond: 0, originPerSecond: 1, originFailuresPerSecond: 0 };

describe("a value between gaps", () => {
  it.each([
    [[], []],
    [[0.5], [0]],
    [[null, 0.5, null], [1]],
    [
      [0.5, 0.6, null, 0.7, undefined, 0.8],
      [3, 5],
    ],
    [[0.5, null, 0.6, 0.7], [0]],
    [[null, null], []],
  ])("is marked, since no line leads to it: %j", (values, alone) => {
    expect(aloneIn(values)).toEqual(alone);
  });
});

describe("the charts' points", () => {
  it("stand at the ends of spans, as rates", () => {
    expect(pointsOf(sample(20_000, [span(0, 100, 0.9), span(10_000, 50, 0.5)]), undefined)).toEqual([
      { at: 10_000, requestsPerSecond: 10, originPerSecond: 1, hitRatio: 0.9 },
      { at: 20_000, requestsPerSecond: 5, originPerSecond: 0.5, hitRatio: 0.5 },
    ]);
  });

  it("leave out a span that has only begun, which would look like a fall", () => {
    expect(pointsOf(sample(19_999, [span(0, 100), span(10_000, 1)]), undefined)).toHaveLength(1);
  });

  it("end with what is measured now", () => {
    const points = pointsOf(sample(14_000, [span(0, 100, 0.9), span(10_000, 4, 0.75)]), now);
    expect(points.at(-1)).toEqual({ at: 14_000, requestsPerSecond: 7, originPerSecond: 1, hitRatio: 0.75 });
    expect(points).toHaveLength(2);
  });

  it("never go back in time, even if now is the end of a span", () => {
    const points = pointsOf(sample(10_000, [span(0, 100)]), now);
    expect(points.map(({ at }) => at)).toEqual([10_000]);
  });

  it("leave out the quiet before the first request, down to two minutes", () => {
    const spans = Array.from({ length: 120 }, (_, index) => span(index * SPAN, index < 60 ? 0 : 10));
    expect(pointsOf(sample(120 * SPAN, spans), undefined).map(({ at }) => at)[0]).toBe(60 * SPAN);
    const late = Array.from({ length: 120 }, (_, index) => span(index * SPAN, index < 119 ? 0 : 10));
    expect(pointsOf(sample(120 * SPAN, late), undefined)).toHaveLength(12);
    const quiet = Array.from({ length: 120 }, (_, index) => span(index * SPAN, 0));
    expect(pointsOf(sample(120 * SPAN, quiet), undefined)).toHaveLength(12);
  });

  it("keep a quiet that came after requests", () => {
    const spans = Array.from({ length: 30 }, (_, index) => span(index * SPAN, index === 0 ? 10 : 0));
    expect(pointsOf(sample(30 * SPAN, spans), undefined)).toHaveLength(30);
  });

  it("have no hit ratio where nothing was asked", () => {
    expect(
      pointsOf(sample(14_000, [span(0, 0)]), { ...now, requestsPerSecond: 0 }).map((point) => point.hitRatio),
    ).toEqual([undefined, undefined]);
  });
});

describe("the last minute's hit ratio", () => {
  it("weighs spans by their requests", () => {
    expect(recentHitRatio(sample(20_000, [span(0, 300, 1), span(10_000, 100, 0)]))).toBe(0.75);
  });

  it("forgets spans that ended a minute ago", () => {
    expect(recentHitRatio(sample(70_001, [span(0, 100, 0), span(60_000, 100, 1)]))).toBe(1);
    expect(recentHitRatio(sample(70_000, [span(0, 100, 0), span(60_000, 100, 1)]))).toBe(0.5);
  });

  it("is unknown without requests", () => {
    expect(recentHitRatio(sample(10_000, [span(0, 0)]))).toBeUndefined();
    expect(recentHitRatio(sample(10_000, []))).toBeUndefined();
  });
});
