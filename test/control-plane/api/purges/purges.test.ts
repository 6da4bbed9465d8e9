// Purges over the API: states and statuses, hubs that fail over, receipts and pages of them.

import { describe, expect, test } from "vitest";
import type { ReceiptState } from "../../../../control-plane/hub/commands.ts";
import { Deployment, type Mood, REGIONS_OF_TEST } from "../deployment.ts";

type Body = Record<string, unknown>;
const bodyOf = async (response: Response) => (await response.json()) as Body;

test("a purge goes to the own region's hub, as the hub understands it, in the name of the token", async () => {
  const world = await Deployment.start();
  const response = await world.purge({
    urls: ["https://Shop.example/a"],
    soft: true,
    reason: "r",
    idempotencyKey: "k",
  });
  expect(response.status).toBe(200);
  expect(response.headers.get("location")).toBe("/v1/purges/weur.abcd12.1");
  expect(world.hub("weur").commands).toEqual([
    {
      v: 1,
      scopes: [{ kind: "url", url: "https://shop.example/a" }],
      severity: "soft",
      by: "purge",
      reason: "r",
      idempotencyKey: "k",
      wait: "accepted",
      timeoutSeconds: 30,
    },
  ]);
  expect(world.hub("enam").asked).toEqual([]);
  expect(await bodyOf(response)).toEqual({
    id: "weur.abcd12.1",
    state: "accepted",
    soft: true,
    scopes: { urls: ["https://shop.example/a"], prefixes: [], tags: [], hosts: [], everything: false },
    by: "purge",
    reason: "r",
    acceptedAt: "2026-11-20T10:15:00.000Z",
    hub: "weur",
    regions: REGIONS_OF_TEST.map((region) => ({ region, state: "accepted" })),
    missing: [],
    signature: { alg: "EdDSA", kid: expect.any(String), value: expect.any(String) },
  });
});

test("?via asks that region's hub first", async () => {
  const world = await Deployment.start();
  expect(await bodyOf(await world.purge({ tags: ["a"] }, "purge", "?via=apac"))).toMatchObject({ hub: "apac" });
  expect(world.hub("weur").asked).toEqual([]);
});

test.each<[Mood]>([["down"], ["silent"], ["broken"], ["not-joined"]])(
  "a hub that is %s is passed over for the nearest other one",
  async (mood) => {
    const world = await Deployment.start();
    world.hub("weur").mood = mood;
    // Amsterdam is nearer to Ashburn than to Tokyo.
    expect(await bodyOf(await world.purge({ tags: ["a"] }))).toMatchObject({ hub: "enam" });
    world.hub("enam").mood = mood;
    expect(await bodyOf(await world.purge({ tags: ["a"] }))).toMatchObject({ hub: "apac" });
  },
);

test("silent hubs cost a bounded time", async () => {
  const world = await Deployment.start();
  const before = world.time;
  for (const hub of world.hubs.values()) hub.mood = "silent";
  await world.purge({ tags: ["a"], wait: "applied", timeoutSeconds: 60 });
  expect(world.time - before).toBeGreaterThanOrEqual(65_000);
  expect(world.time - before).toBeLessThanOrEqual(75_000);
});

test.each<[ReceiptState, string, number, RegExp | undefined]>([
  ["accepted", "accepted", 200, undefined],
  ["applied", "accepted", 200, undefined],
  ["applied", "applied", 200, undefined],
  ["accepted", "applied", 202, /timed out waiting for applied/],
  ["partial", "accepted", 200, undefined],
  ["partial", "applied", 202, /timed out waiting for applied/],
  ["applied", "complete", 202, /timed out waiting for complete/],
  ["complete", "complete", 200, undefined],
  ["complete", "applied", 200, undefined],
])("a purge that is %s, when %s was waited for, is %i", async (state, wait, status, detail) => {
  const world = await Deployment.start();
  world.hub("weur").state = state;
  const response = await world.purge({ tags: ["a"], wait });
  expect(response.status).toBe(status);
  const receipt = await bodyOf(response);
  expect(receipt.state).toBe(state);
  if (detail === undefined) expect(receipt).not.toHaveProperty("detail");
  else expect(receipt.detail).toMatch(detail);
});

describe("a dry run", () => {
  test("adds up what every region says, and purges and logs nothing", async () => {
    const world = await Deployment.start();
    const response = await world.purge({ prefixes: ["//shop.example/img"], dryRun: true });
    expect(response.status).toBe(200);
    expect(await bodyOf(response)).toEqual({
      dryRun: true,
      soft: false,
      scopes: { urls: [], prefixes: ["//shop.example/img"], tags: [], hosts: [], everything: false },
      entries: 6,
      bytes: 3000,
      regions: REGIONS_OF_TEST.map((region) => ({ region, entries: 2, bytes: 1000 })),
      missing: [],
    });
    expect([...world.hubs.values()].flatMap(({ asked }) => asked)).toEqual(new Array(3).fill("POST /dry-run"));
  });

  test("names the regions that it could not count", async () => {
    const world = await Deployment.start();
    world.hub("apac").mood = "down";
    world.hub("enam").mood = "not-joined";
    expect(await bodyOf(await world.purge({ everything: true, dryRun: true }))).toMatchObject({
      entries: 2,
      missing: ["enam", "apac"],
    });
  });
});

describe("receipts", () => {
  test("are listed newest first, page by page, and by state", async () => {
    const world = await Deployment.start();
    for (const tag of ["a", "b", "c"]) await world.purge({ tags: [tag] });
    const idsOf = async (query: string) => {
      const page = await bodyOf(await world.request(`/v1/purges${query}`, { as: "read" }));
      return { ids: (page.purges as Body[]).map(({ id }) => id), cursor: page.cursor };
    };
    const first = await idsOf("?limit=2");
    expect(first.ids).toEqual(["weur.abcd12.3", "weur.abcd12.2"]);
    expect(await idsOf(`?limit=2&cursor=${first.cursor}`)).toEqual({ ids: ["weur.abcd12.1"], cursor: undefined });
    expect((await idsOf("?state=applied")).ids).toEqual([]);
    expect((await idsOf("")).ids).toHaveLength(3);
  });

  test("that the own region has not heard of are asked of the hub that accepted them", async () => {
    const world = await Deployment.start();
    await world.purge({ tags: ["a"] }, "purge", "?via=apac");
    const response = await world.request("/v1/purges/apac.abcd12.1", { as: "purge" });
    expect(response.status).toBe(200);
    expect(await bodyOf(response)).toMatchObject({ id: "apac.abcd12.1" });
  });

  test("are not denied while the hub that would know cannot be reached", async () => {
    const world = await Deployment.start();
    world.hub("apac").mood = "down";
    const response = await world.request("/v1/purges/apac.abcd12.1", { as: "read" });
    expect(response.status).toBe(503);
    expect(await bodyOf(response)).toMatchObject({ code: "hub-unreachable" });
  });
});

test("accepted purges are counted by severity and scope, and pushed to the own region's meter", async () => {
  const world = await Deployment.start();
  await world.purge({ tags: ["a", "b"], hosts: ["shop.example"] });
  await world.purge({ everything: true, soft: true });
  await world.purge({ tags: ["c"], dryRun: true });
  world.hub("weur").mood = "conflict";
  await world.purge({ tags: ["d"] });
  await Promise.all(world.background);
  expect(world.meter("weur").pushes.map(({ deltas }) => deltas.counters)).toEqual([
    { "meridian_purge_scopes_total|hard|tag": 2, "meridian_purge_scopes_total|hard|host": 1 },
    { "meridian_purge_scopes_total|soft|everything": 1 },
  ]);
});
