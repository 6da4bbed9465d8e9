// What is said and counted of request fields that an origin varies on and is not sent.

import { expect, test } from "vitest";
import { Tally } from "../../config/metrics/tally.ts";
import { millis } from "../../config/units.ts";
import { count } from "../../edge/count.ts";
import { EDGE_LIMITS } from "../../edge/limits.ts";
import { WithheldNews } from "../../edge/withheld-news.ts";

test("a field is news once on each route, and counted every time", () => {
  const news = new WithheldNews();
  expect(news.of("pages", ["next-url", "rsc"])).toEqual({ counted: ["next-url", "rsc"], news: ["next-url", "rsc"] });
  expect(news.of("pages", ["rsc"])).toEqual({ counted: ["rsc"], news: [] });
  expect(news.of("images", ["rsc"])).toEqual({ counted: ["rsc"], news: ["rsc"] });
});

test("an origin that names ever more fields makes no more series", () => {
  const news = new WithheldNews();
  const names = Array.from({ length: 3 * EDGE_LIMITS.withheldFields }, (_, index) => `x-${index}`);
  const counted = new Set(names.flatMap((name) => news.of("pages", [name]).counted));
  expect(counted.size).toBe(EDGE_LIMITS.withheldFields + 1);
  expect(counted).toContain("other");
  expect(news.of("pages", ["x-0", ...names.slice(-3)])).toEqual({ counted: ["x-0", "other"], news: [] });
});

test("each field of a request is counted by route and name", () => {
  const tally = new Tally("test", "weur");
  const answered = { outcome: "miss", by: "origin" } as const;
  const body = { kind: "none" } as const;
  count(tally, { route: "pages", status: 200, answered, body, took: millis(1), withheld: ["next-url", "rsc"] });
  expect(tally.takeDeltas()?.deltas.counters).toMatchObject({
    "meridian_vary_withheld_total|pages|next-url": 1,
    "meridian_vary_withheld_total|pages|rsc": 1,
  });
});
