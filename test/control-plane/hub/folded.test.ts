// A hub that has to fold purges says so, and names the tokens whose purges were too many.

import { expect, test } from "vitest";
import { LIMITS } from "../../../config/limits.ts";
import { PURGE_LIMITS } from "../../../control-plane/purge/limits.ts";
import { Network } from "./network.ts";

test("a hub notes whose purges were folded into what, and only once there were too many", async () => {
  const network = new Network(["weur", "enam", "apac"]);
  const flood = (from: number) =>
    Array.from({ length: LIMITS.purgeScopes }, (_, index) => ({
      kind: "url" as const,
      url: `https://small.example/${from + index}`,
    }));
  await network.purge("weur", { scopes: flood(0), by: "flood" });
  expect(network.notes).toEqual([]);
  for (let sent = LIMITS.purgeScopes; sent <= PURGE_LIMITS.purgeRecords; sent += LIMITS.purgeScopes) {
    await network.purge("weur", { scopes: flood(sent), by: "flood" });
  }
  expect(network.notes.find(({ region }) => region === "weur")).toMatchObject({
    kind: "folded",
    by: ["flood"],
    folds: { subdomains: 0, everything: 0 },
  });
});
