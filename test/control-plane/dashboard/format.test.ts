// Numbers for people, at the edges where units change and where rounding would lie.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { epochMillis, millis } from "../../../config/units.ts";
import {
  formatAgo,
  formatBytes,
  formatCount,
  formatMillis,
  formatPlural,
  formatRate,
  formatRatio,
  UNKNOWN,
} from "../../../control-plane/dashboard/format.ts";

describe("numbers", () => {
  it.each([
    [0, "0"],
    [7, "7"],
    [999, "999"],
    [1000, "1.00k"],
    [1234, "1.23k"],
    [99_949, "99.9k"],
    [99_950, "100k"],
    [999_499, "999k"],
    [999_500, "1.00M"],
    [7_890_000_000, "7.89G"],
  ])("count %d is %s", (value, text) => expect(formatCount(value)).toBe(text));

  it.each([
    [0, "0"],
    [0.42, "0.42"],
    [8, "8.00"],
    [9.995, "10.0"],
    [99.95, "100"],
    [999.5, "1.00k"],
  ])("rate %d is %s", (value, text) => expect(formatRate(value)).toBe(text));

  it.each([
    [0, "0 B"],
    [1023, "1023 B"],
    [1024, "1.00 KiB"],
    [1536, "1.50 KiB"],
    [1_048_576, "1.00 MiB"],
    [1_048_575, "1.00 MiB"],
  ])("%d bytes are %s", (value, text) => expect(formatBytes(value)).toBe(text));

  it.each([
    [0.42, "0.42 ms"],
    [17, "17.0 ms"],
    [999.4, "999 ms"],
    [999.5, "1.00 s"],
    [61_000, "61.0 s"],
  ])("%d milliseconds are %s", (value, text) => expect(formatMillis(millis(value))).toBe(text));

  it("a dash stands for what is not known, and only for that", () => {
    for (const format of [formatCount, formatRate, formatBytes, formatRatio, formatMillis]) {
      expect(format(undefined)).toBe(UNKNOWN);
      expect(format(millis(0))).not.toBe(UNKNOWN);
    }
  });

  it("never take more than eight characters up to a petabyte", () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 2 ** 50, noNaN: true }), (value) => {
        expect(formatRate(value).length).toBeLessThanOrEqual(5);
        expect(formatBytes(value).length).toBeLessThanOrEqual(8);
      }),
    );
  });
});

describe("ratios", () => {
  it.each([
    [0, "0 %"],
    [0.00001, "0.1 %"],
    [0.5, "50.0 %"],
    [0.9474, "94.7 %"],
    [0.99999, "99.9 %"],
    [1, "100 %"],
  ])("%d is %s", (value, text) => expect(formatRatio(value)).toBe(text));
});

describe("ages", () => {
  const now = epochMillis(10_000_000_000);
  it.each([
    [-5000, "now"],
    [1999, "now"],
    [2000, "2 s ago"],
    [59_999, "59 s ago"],
    [60_000, "1 min ago"],
    [3_600_000, "1 h ago"],
    [86_400_000, "1 d ago"],
  ])("%d milliseconds are %s", (age, text) => expect(formatAgo(epochMillis(now - age), now)).toBe(text));
});

describe("plurals", () => {
  it("follow the number", () => {
    expect([0, 1, 2].map((count) => formatPlural(count, "region"))).toEqual(["0 regions", "1 region", "2 regions"]);
    expect(formatPlural(2, "entry", "entries")).toBe("2 entries");
  });
});
