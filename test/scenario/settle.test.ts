// Purges of an origin that lags, on a whole CDN of two regions: after each purge the origin goes on answering its old page until
// the test lets it have the new one. What clients of both regions then get is told apart by the page itself.

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Answer, cacheStatusOf, type Running, startCdn } from "../fixtures/cluster.node.ts";
import { type PlainOrigin, startPlainOrigin } from "../fixtures/plain-origin.node.ts";

let cdn: Running;
let origin: PlainOrigin;
beforeAll(async () => {
  origin = await startPlainOrigin();
  cdn = await startCdn(21_787, {
    regions: ["weur", "enam"],
    input: {
      origins: { site: { url: origin.url, shield: "enam" } },
      regions: { weur: {}, enam: {} },
      routes: [{ name: "all", origin: "site" }],
    },
  });
});
afterAll(async () => {
  await cdn?.end();
  await origin?.stop();
});

const PLACES = ["DE", "US"];
const publish = (path: string, version: string): void => {
  const fields = { etag: `"${version}"`, "cache-control": "max-age=600" };
  origin.pages.set(path, { body: Buffer.from(version), fields });
};
const everywhere = (path: string): Promise<readonly Answer[]> =>
  Promise.all(PLACES.map((place) => cdn.visit(path, place)));
const texts = (answers: readonly Answer[]): readonly string[] => answers.map(({ text }) => text);
const hits = (answers: readonly Answer[]): readonly boolean[] =>
  answers.map((answer) => /meridian-shard;hit/.test(cacheStatusOf(answer)));

/** Stores the old page in both regions, and purges it while the origin still has nothing else. */
async function purgedTooEarly(path: string, wishes: object): Promise<{ readonly id: string }> {
  publish(path, "old");
  await everywhere(path);
  expect(hits(await everywhere(path))).toEqual([true, true]);
  const { host } = new URL(cdn.cluster.frontDoor);
  const urls = [`http://${host}${path}`];
  const { status, json } = await cdn.api("/v1/purges", { urls, wait: "complete", ...wishes });
  expect(status).toBe(200);
  return json as { id: string };
}

test("without a settle time the old page comes back and stays, although the purge was complete", async () => {
  await purgedTooEarly("/plain", {});
  expect(texts(await everywhere("/plain"))).toEqual(["old", "old"]);
  publish("/plain", "new");
  const after = await everywhere("/plain");
  expect([texts(after), hits(after)]).toEqual([
    ["old", "old"],
    [true, true],
  ]);
});

describe("with a settle time", () => {
  test("nobody gets the old page once the origin has the new one, and nothing is kept meanwhile", async () => {
    const { id } = await purgedTooEarly("/settles", { settleSeconds: 600 });
    for (const answer of [...(await everywhere("/settles")), ...(await everywhere("/settles"))]) {
      expect(answer.text).toBe("old");
      expect(cacheStatusOf(answer)).toMatch(/detail=settling$/);
    }
    publish("/settles", "new");
    const after = [...(await everywhere("/settles")), ...(await everywhere("/settles"))];
    expect(texts(after)).toEqual(["new", "new", "new", "new"]);
    expect(hits(after)).toEqual([false, false, false, false]);
    expect((await cdn.api(`/v1/purges/${id}`)).json).toMatchObject({ settleSeconds: 600, state: "complete" });
  });

  test("what is fetched is kept again when the time is over", async () => {
    await purgedTooEarly("/short", { settleSeconds: 1 });
    publish("/short", "new");
    await expect.poll(async () => hits(await everywhere("/short")), { timeout: 10_000 }).toEqual([true, true]);
    expect(texts(await everywhere("/short"))).toEqual(["new", "new"]);
  });

  test("and at once where the purge names the old page's tag", async () => {
    await purgedTooEarly("/named", { settleSeconds: 600, minVersion: { notEtags: ['"old"'] } });
    expect(texts(await everywhere("/named"))).toEqual(["old", "old"]);
    expect(hits(await everywhere("/named"))).toEqual([false, false]);
    publish("/named", "new");
    expect(texts(await everywhere("/named"))).toEqual(["new", "new"]);
    const asked = origin.requests("/named");
    const after = await everywhere("/named");
    expect([texts(after), hits(after), origin.requests("/named")]).toEqual([["new", "new"], [true, true], asked]);
  });
});
