// The first two hundred runs of the simulation, so that `npm test` tries it as well; simulate.test.ts has the rest.

import { expect, test } from "vitest";
import { search } from "./fleet.node.ts";

test("two hundred runs of the whole CDN with faults find no broken promise", async () => {
  const { runs, failed } = await search(1, 200, undefined, 2);
  expect(failed && `${failed.check}: ${failed.detail} (npm run simulate -- --seed ${failed.seed})`).toBeUndefined();
  expect(runs).toBe(200);
}, 120_000);
