// Buckets hold a burst, fill evenly, tell clients apart, and never grow beyond their table.

import { describe, expect, test } from "vitest";
import { epochMillis } from "../../../config/units.ts";
import { RateTable, rateFields } from "../../../edge/action/rate-limit.ts";

const RATE = { requests: 3, perSeconds: 6 };
const at = (millis: number) => epochMillis(1_000_000 + millis);
const takes = (table: RateTable, address: string | undefined, ...moments: number[]) =>
  moments.map((moment) => table.take("pages", RATE, address, at(moment)).kind);

test("a burst passes, the next waits until one more is there, and not longer", () => {
  const table = new RateTable();
  expect(takes(table, "192.0.2.1", 0, 0, 0)).toEqual(["taken", "taken", "taken"]);
  expect(table.take("pages", RATE, "192.0.2.1", at(0))).toEqual({ kind: "refused", left: 0, wait: 2 });
  expect(takes(table, "192.0.2.1", 1_999, 2_000, 2_000, 4_000)).toEqual(["refused", "taken", "refused", "taken"]);
});

test("a refused request takes nothing", () => {
  const table = new RateTable();
  takes(table, "192.0.2.1", 0, 0, 0, 500, 1_000, 1_500);
  expect(takes(table, "192.0.2.1", 2_000)).toEqual(["taken"]);
});

test("a bucket never holds more than its burst, however long it is left", () => {
  const table = new RateTable();
  takes(table, "192.0.2.1", 0);
  expect(takes(table, "192.0.2.1", 9e9, 9e9, 9e9, 9e9)).toEqual(["taken", "taken", "taken", "refused"]);
});

test("a clock that steps back fills nothing", () => {
  const table = new RateTable();
  takes(table, "192.0.2.1", 5_000, 5_000, 5_000);
  expect(takes(table, "192.0.2.1", 0, 1_999, 2_000)).toEqual(["refused", "refused", "taken"]);
});

describe("one bucket is for", () => {
  const drained = () => {
    const table = new RateTable();
    takes(table, "192.0.2.1", 0, 0, 0);
    takes(table, "2001:db8:1:2::1", 0, 0, 0);
    takes(table, undefined, 0, 0, 0);
    return table;
  };
  test.each([
    ["the same IPv4 address", "192.0.2.1", "refused"],
    ["not the next one", "192.0.2.2", "taken"],
    ["the whole IPv6 /64", "2001:db8:1:2:ffff::9", "refused"],
    ["not the next /64", "2001:db8:1:3::1", "taken"],
    ["all clients without an address", undefined, "refused"],
  ])("%s", (_, address, expected) => {
    expect(takes(drained(), address, 0)).toEqual([expected]);
  });

  test("one route alone", () => {
    expect(drained().take("other", RATE, "192.0.2.1", at(0)).kind).toBe("taken");
  });
});

test("a full table forgets whoever was unheard for longest, and never grows", () => {
  const table = new RateTable(2);
  takes(table, "192.0.2.1", 0, 0, 0);
  takes(table, "192.0.2.2", 0, 0, 0);
  expect(takes(table, "192.0.2.1", 0)).toEqual(["refused"]);
  takes(table, "192.0.2.3", 0);
  expect(table.size).toBe(2);
  expect(takes(table, "192.0.2.1", 0)).toEqual(["refused"]);
  expect(takes(table, "192.0.2.2", 0)).toEqual(["taken"]);
});

test("answers say the policy and what is left, refusals also when to come again", () => {
  const table = new RateTable();
  const first = table.take("pages", RATE, "192.0.2.1", at(0));
  expect(rateFields(RATE, first)).toEqual([
    ["ratelimit-policy", '"client";q=3;w=6'],
    ["ratelimit", '"client";r=2;t=2'],
  ]);
  takes(table, "192.0.2.1", 0, 0);
  expect(rateFields(RATE, table.take("pages", RATE, "192.0.2.1", at(500)))).toEqual([
    ["ratelimit-policy", '"client";q=3;w=6'],
    ["ratelimit", '"client";r=0;t=2'],
    ["retry-after", "2"],
  ]);
});
