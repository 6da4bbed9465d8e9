// `POST /v1/prefetch`: who may ask for what, what a body may say, and that the answer is told line by line.

import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { type PrefetchLine, prefetchLineSchema } from "../../../control-plane/prefetch/lines.ts";
import { Deployment, type TOKENS } from "./deployment.ts";

const ask = (world: Deployment, body: unknown, as: keyof typeof TOKENS = "prefetch"): Promise<Response> =>
  world.request("/v1/prefetch", {
    as,
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });

const linesOf = async (response: Response): Promise<PrefetchLine[]> =>
  (await response.text())
    .trimEnd()
    .split("\n")
    .map((line) => prefetchLineSchema.parse(JSON.parse(line)));

test("URLs are warmed in all regions of the deployment, unless some are named", async () => {
  const world = await Deployment.start();
  const response = await ask(world, { urls: ["https://shop.example/a", "https://SHOP.example:443/a"] });
  expect([response.status, response.headers.get("content-type")]).toEqual([200, "application/jsonl"]);
  const lines = await linesOf(response);
  expect(lines[0]).toEqual({ kind: "began", urls: 1, regions: 3, visits: 3 });
  expect(lines.at(-1)).toMatchObject({ kind: "ended", warm: 3, left: [] });
  expect(world.warmed.map(({ region }) => region)).toEqual(["enam", "weur", "apac"]);
  await linesOf(await ask(world, { urls: ["https://shop.example/a"], regions: ["apac"] }));
  expect(world.warmed.at(-1)).toEqual({ url: "https://shop.example/a", region: "apac" });
});

test("a packed sitemap is unpacked", async () => {
  const world = await Deployment.start();
  const sitemap = "<urlset><url><loc>https://shop.example/b</loc></url></urlset>";
  const answered = world.warming;
  world.warming = (query) => {
    const answer = answered(query);
    return query.keep === undefined || answer.kind !== "answered"
      ? answer
      : { ...answer, content: new Uint8Array(gzipSync(sitemap)) };
  };
  const lines = await linesOf(await ask(world, { sitemap: "https://shop.example/sitemap.xml.gz", regions: ["weur"] }));
  expect(lines.map(({ kind }) => kind)).toEqual(["sitemap", "began", "visited", "ended"]);
  expect(world.warmed.at(-1)?.url).toBe("https://shop.example/b");
});

test.each<[string, Uint8Array]>([
  ["what only looks packed", new Uint8Array([0x1f, 0x8b, 1, 2, 3])],
  ["what is no UTF-8", new Uint8Array([0x3c, 0xff, 0xfe])],
  ["what unpacks to far too much", new Uint8Array(gzipSync(Buffer.alloc(9 * 1024 * 1024)))],
])("%s is no sitemap, and ends nothing", async (_what, content) => {
  const world = await Deployment.start();
  const answered = world.warming;
  world.warming = (query) => ({ ...answered(query), content }) as ReturnType<typeof answered>;
  const lines = await linesOf(
    await ask(world, { sitemap: "https://shop.example/s.xml", urls: ["https://shop.example/"] }),
  );
  expect(lines[0]).toMatchObject({ kind: "no-sitemap", detail: expect.stringContaining("no text") });
  expect(lines.at(-1)).toMatchObject({ kind: "ended", warm: 3 });
});

test("a client that goes away leaves its prefetch to end by itself", async () => {
  const world = await Deployment.start();
  const response = await ask(world, { urls: ["https://shop.example/a", "https://shop.example/b"] });
  await response.body?.cancel();
  await Promise.all(world.background);
  expect(world.warmed).toHaveLength(6);
  expect(world.log).toEqual([]);
});

describe("a token that is limited to hosts", () => {
  test("warms URLs there", async () => {
    const world = await Deployment.start();
    expect((await ask(world, { urls: ["https://shop.example/"] }, "shop")).status).toBe(200);
  });

  test("warms nothing elsewhere, and hears which URLs are too much", async () => {
    const world = await Deployment.start();
    const body = { urls: ["https://shop.example/", "https://a.example/"], sitemap: "https://b.example/s.xml" };
    const response = await ask(world, body, "shop");
    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({
      code: "host-not-allowed",
      errors: [{ pointer: "/urls/1" }, { pointer: "/sitemap" }],
    });
    expect(world.warmed).toEqual([]);
  });
});

test.each<[string, unknown, string]>([
  ["nothing to warm", {}, ""],
  ["no URL", { urls: ["/a"] }, "/urls/0"],
  ["a file", { sitemap: "file:///etc/passwd" }, "/sitemap"],
  ["a region that is none", { urls: ["https://a.example/"], regions: ["moon"] }, "/regions/0"],
  ["a region of no use here", { urls: ["https://a.example/"], regions: ["me"] }, "/regions/0"],
  ["no purge's id", { urls: ["https://a.example/"], after: "yesterday" }, "/after"],
  ["a misspelt member", { url: ["https://a.example/"] }, "/url"],
  ["too many URLs", { urls: new Array(5001).fill("https://a.example/") }, "/urls"],
])("a body with %s is refused, and says where", async (_what, body, pointer) => {
  const world = await Deployment.start();
  const response = await ask(world, body);
  expect(response.status).toBe(422);
  expect(await response.json()).toMatchObject({ code: "invalid-body", errors: [{ pointer }] });
  expect(world.warmed).toEqual([]);
});
