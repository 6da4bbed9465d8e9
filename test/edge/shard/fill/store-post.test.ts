// RFC 9110 section 9.3.3: the answer to a POST answers GETs if it says so, and only on routes that ask for it.

import { expect, test } from "vitest";
import { CONFIG, ShardWorld, statusOf, textOf } from "../../../fixtures/shard-world.ts";

const [ROUTE] = CONFIG.routes;
const KEEPING = { ...CONFIG, routes: [{ ...ROUTE, name: "pages", origin: "shop", storePost: "explicit" as const }] };
const OF_ITS_URL = { "cache-control": "max-age=60", "content-location": "/a" };

async function post(world: ShardWorld, fields: Record<string, string>, status = 200, more = {}): Promise<string> {
  const answer = world.send("/a", more, {}, "POST");
  (await world.only()).answer(status, fields, "posted");
  const response = await answer;
  expect(await textOf(response)).toBe("posted");
  await world.settle();
  return statusOf(response);
}

/** The body of a GET: `posted` if the POST's answer was kept. */
async function get(world: ShardWorld): Promise<string> {
  const answer = world.send("/a");
  await world.settle();
  for (const asked of world.asked.splice(0)) asked.answer(200, { "cache-control": "max-age=60" }, "got");
  return textOf(await answer);
}

test("an answer with a lifetime that names its own URL is kept", async () => {
  const world = new ShardWorld(KEEPING);
  expect(await post(world, OF_ITS_URL)).toContain("stored");
  expect(await get(world)).toBe("posted");
});

test("such an answer takes the place of what was stored before", async () => {
  const world = new ShardWorld(KEEPING);
  expect(await get(world)).toBe("got");
  await world.settle();
  await post(world, OF_ITS_URL);
  expect(await get(world)).toBe("posted");
});

test.each<[string, Record<string, string>, number]>([
  ["names another URL", { ...OF_ITS_URL, "content-location": "/b" }, 200],
  ["names a URL that purges alone take for its own", { ...OF_ITS_URL, "content-location": "/.//a" }, 200],
  ["names another site", { ...OF_ITS_URL, "content-location": "http://other.test/a" }, 200],
  ["names no URL", { "cache-control": "max-age=60" }, 200],
  ["gives no lifetime", { "content-location": "/a", "last-modified": "Thu, 01 Jan 2015 00:00:00 GMT" }, 200],
  ["may not be stored", { ...OF_ITS_URL, "cache-control": "no-store" }, 200],
  ["is one client's own", { ...OF_ITS_URL, "cache-control": "private, max-age=60" }, 200],
  ["sets a cookie", { ...OF_ITS_URL, "set-cookie": "a=b" }, 200],
  ["is no success", OF_ITS_URL, 404],
  ["is about something new", OF_ITS_URL, 201],
])("an answer that %s is not kept", async (_name, fields, status) => {
  const world = new ShardWorld(KEEPING);
  expect(await post(world, fields, status)).not.toContain("stored");
  expect(await get(world)).toBe("got");
});

test("an answer to somebody who is known is not kept", async () => {
  const world = new ShardWorld(KEEPING);
  await post(world, OF_ITS_URL, 200, { cookie: "session=1" });
  expect(await get(world)).toBe("got");
});

test("by default no answer to a POST is kept", async () => {
  const world = new ShardWorld();
  await post(world, OF_ITS_URL);
  expect(await get(world)).toBe("got");
});

test("a change while its body still comes ends it", async () => {
  const world = new ShardWorld(KEEPING);
  const first = world.send("/a", {}, {}, "POST");
  const pipe = (await world.only()).stream(200, OF_ITS_URL);
  const slow = await first;
  await post(world, { "cache-control": "no-store" });
  pipe.write("old");
  pipe.end();
  expect(await textOf(slow)).toBe("old");
  await world.settle();
  expect(await get(world)).toBe("got");
});

test("a POST itself is always passed on", async () => {
  const world = new ShardWorld(KEEPING);
  await post(world, OF_ITS_URL);
  void world.send("/a", {}, {}, "POST");
  expect((await world.only()).request.method).toBe("POST");
});
