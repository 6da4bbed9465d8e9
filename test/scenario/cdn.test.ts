// The whole CDN, nine regions in nine processes, asked as its users ask it. Distances are off: time proves nothing here.

import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { REGION_IDS, type RegionId } from "../../config/world/regions.ts";
import { cacheStatusOf, type Running, regionOf, startCdn } from "../fixtures/cluster.node.ts";

let cdn: Running;
beforeAll(async () => {
  cdn = await startCdn(23_787);
});
afterAll(() => cdn?.end());

/** Purges and waits until every region has applied it. */
async function purge(body: object, via?: RegionId): Promise<void> {
  const { status, json } = await cdn.api(`/v1/purges${via === undefined ? "" : `?via=${via}`}`, {
    ...body,
    wait: "applied",
  });
  expect([status, (json as { state?: string }).state]).toEqual([200, "applied"]);
}

describe("geography", () => {
  test.each([
    ["US", "wnam enam"],
    ["BR", "sam"],
    ["DE", "weur eeur"],
    ["PL", "eeur"],
    ["JP", "apac"],
    ["AU", "oc"],
    ["ZA", "afr"],
    ["AE", "me"],
    ["35.68,139.69", "apac"],
    ["1.0.16.1", "apac"],
  ])("a client from %s is served by the region nearest to it", async (from, regions) => {
    expect(regions.split(" ")).toContain(regionOf(await cdn.visit("/", from)));
  });

  test("a request to the wrong region's edge is served by the region that its geography calls for", async () => {
    const answer = await cdn.ask(`${cdn.cluster.edges.sam}/`, { headers: { "meridian-from": "JP" } });
    expect(regionOf(answer)).toBe("apac");
  });

  test("a route that is bound to the EU is served there, whoever asks", async () => {
    for (const from of ["US", "JP", "BR"]) {
      expect(["weur", "eeur"]).toContain(regionOf(await cdn.visit("/eu/records/1", from)));
    }
  });
});

describe("caching", () => {
  test("the second request is a hit, and says how it came about", async () => {
    const first = await cdn.visit("/products/1", "JP");
    const second = await cdn.visit("/products/1", "JP");
    expect(cacheStatusOf(first)).toMatch(/^meridian-shield;fwd=uri-miss.*, meridian-shard;fwd=uri-miss/);
    expect(cacheStatusOf(second)).toMatch(/^meridian-shard;hit;ttl=\d+$/);
    expect(second.text).toBe(first.text);
    expect(second.headers.via).toBe("1.1 meridian");
    expect(second.headers["server-timing"]).toMatch(/edge;dur=.*shard;dur=/);
    expect(Number(second.headers.age)).toBeGreaterThanOrEqual(0);
    expect(second.headers["meridian-request-id"]).toMatch(/^[0-9a-f]{32}$/);
  });

  test("five hundred clients over all regions at once cost the origin one request", async () => {
    const places = ["US", "CA", "BR", "DE", "PL", "JP", "AU", "ZA", "AE"];
    const answers = await Promise.all(
      Array.from({ length: 500 }, (_, index) => cdn.visit("/products/2", places[index % places.length])),
    );
    expect(new Set(answers.map((answer) => answer.text)).size).toBe(1);
    expect(new Set(answers.map(regionOf)).size).toBeGreaterThanOrEqual(8);
    expect(await cdn.originRequests("/products/2")).toBe(1);
  });

  test("the regions' own ports are the same site as the front door", async () => {
    await Promise.all(REGION_IDS.map((region) => cdn.ask(`${cdn.cluster.edges[region]}/products/3`)));
    await cdn.visit("/products/3", "FR");
    expect(await cdn.originRequests("/products/3")).toBe(1);
  });

  test("clients that go away in the middle leave the others their answer", async () => {
    const socket = connect(Number(new URL(cdn.cluster.frontDoor).port), "127.0.0.1");
    socket.write(`GET /slow?ms=600 HTTP/1.1\r\nHost: ${new URL(cdn.cluster.frontDoor).host}\r\n\r\n`);
    await expect.poll(() => cdn.originRequests("/slow?ms=600")).toBe(1);
    const staying = cdn.visit("/slow?ms=600");
    socket.resetAndDestroy();
    expect((await staying).status).toBe(200);
    expect(await cdn.originRequests("/slow?ms=600")).toBe(1);
  });

  test("a browser that has the page already gets 304", async () => {
    const first = await cdn.visit("/products/4", "DE");
    const again = await cdn.visit("/products/4", "DE", { headers: { "if-none-match": String(first.headers.etag) } });
    expect([again.status, again.text]).toEqual([304, ""]);
  });

  test("when the origin fails, its error is told and not kept", async () => {
    expect((await cdn.visit("/fail?status=500")).status).toBe(500);
    const broken = await cdn.visit("/fail?how=reset");
    expect(broken.status).toBe(502);
    expect(JSON.parse(broken.text)).toMatchObject({ status: 502, code: expect.stringMatching(/^origin-/) });
    expect(broken.headers["proxy-status"]).toMatch(/^meridian;error=/);
  });
});

describe("purging", () => {
  test.each([
    ["a URL", () => ({ urls: [`${cdn.cluster.frontDoor}/products/5`] })],
    ["a prefix", () => ({ prefixes: [`${cdn.cluster.frontDoor}/products`] })],
    ["a tag", () => ({ tags: ["product-5"] })],
    ["a host", () => ({ hosts: ["127.0.0.1"] })],
    ["everything", () => ({ everything: true })],
  ])("by %s from another region than the one that serves brings the new version at once", async (_scope, body) => {
    const before = await cdn.visit("/products/5", "JP");
    expect(cacheStatusOf(await cdn.visit("/products/5", "JP"))).toContain("meridian-shard;hit");
    await cdn.ask(`${cdn.cluster.origin?.url}/admin/products/5`, { method: "POST" });
    expect((await cdn.visit("/products/5", "JP")).headers.etag).toBe(before.headers.etag);
    await purge(body(), "sam");
    const after = await cdn.visit("/products/5", "JP");
    expect(regionOf(after)).toBe("apac");
    expect(after.headers.etag).not.toBe(before.headers.etag);
  });

  test("a purge of one page leaves its neighbours alone", async () => {
    await cdn.visit("/products/6", "JP");
    await purge({ urls: [`${cdn.cluster.frontDoor}/products/66`] });
    expect(cacheStatusOf(await cdn.visit("/products/6", "JP"))).toContain("meridian-shard;hit");
  });

  test("a soft purge has the origin asked, with what is stored as condition", async () => {
    await cdn.visit("/products/7", "JP");
    await purge({ urls: [`${cdn.cluster.frontDoor}/products/7`], soft: true });
    expect(cacheStatusOf(await cdn.visit("/products/7", "JP"))).toContain("fwd-status=304");
  });

  test("a purge under one idempotency key is one purge, from whichever region it is repeated", async () => {
    const body = { tags: ["once"], idempotencyKey: "deploy-1" };
    const first = await cdn.api("/v1/purges?via=sam", body);
    const again = await cdn.api("/v1/purges?via=apac", body);
    expect((again.json as { id: string }).id).toBe((first.json as { id: string }).id);
    expect((await cdn.api("/v1/purges?via=apac", { ...body, tags: ["other"] })).status).toBe(409);
  });

  test("a client that names a purge is not answered from knowledge older than it", async () => {
    await cdn.visit("/products/8", "AU");
    await cdn.ask(`${cdn.cluster.origin?.url}/admin/products/8`, { method: "POST" });
    const { json } = await cdn.api("/v1/purges?via=weur", { tags: ["product-8"] });
    const answer = await cdn.visit("/products/8", "AU", {
      headers: { "meridian-min-purge": (json as { id: string }).id },
    });
    expect(answer.headers.etag).toBe('"product-8-v2"');
  });

  test("a dry run counts what would be invalidated, and purges nothing", async () => {
    await cdn.visit("/products/9", "JP");
    const { status, json } = await cdn.api("/v1/purges", { tags: ["product-9"], dryRun: true });
    expect(status).toBe(200);
    expect(JSON.stringify(json)).toMatch(/"entries":[1-9]/);
    expect(cacheStatusOf(await cdn.visit("/products/9", "JP"))).toContain("meridian-shard;hit");
  });
});

describe("who may", () => {
  test.each([
    ["no token", undefined, { tags: ["x"] }, 401],
    ["a wrong token", "wrong", { tags: ["x"] }, 401],
    ["no scope", "right", {}, 422],
    ["an unknown field", "right", { tag: ["x"] }, 422],
    ["a tag with a space", "right", { tags: ["a b"] }, 422],
    ["a URL with a fragment", "right", { urls: ["http://h/a#b"] }, 422],
  ])("a purge with %s is refused with a problem that says why", async (_what, token, body, status) => {
    const authorization = token && `Bearer ${token === "right" ? cdn.cluster.token : token}`;
    const answer = await cdn.ask(`${cdn.cluster.control}/v1/purges`, {
      method: "POST",
      headers: { "content-type": "application/json", ...(authorization && { authorization }) },
      body: JSON.stringify(body),
    });
    expect(answer.status).toBe(status);
    expect(answer.headers["content-type"]).toContain("application/problem+json");
    expect(JSON.parse(answer.text)).toMatchObject({ status, code: expect.any(String) });
  });

  test("forged internal fields change nothing and never reach the origin", async () => {
    const forged = {
      "meridian-internal-context": '{"v":1,"tier":"shield"}',
      "meridian-internal-client": "v1;8.8.8.8;1;aaaaaaaa;AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
      "meridian-internal-facts": "{}",
      "x-forwarded-for": "6.6.6.6",
    };
    const answer = await cdn.ask(`${cdn.cluster.edges.weur}/echo`, { method: "POST", headers: forged, body: "x" });
    expect(answer.status).toBe(200);
    expect(answer.text.toLowerCase()).not.toContain("meridian-internal");
    expect(answer.text).not.toContain("6.6.6.6");
    expect(Object.keys(answer.headers).filter((name) => name.startsWith("meridian-internal"))).toEqual([]);
  });

  test("the port between regions refuses whoever does not sign", async () => {
    const { internal } = cdn.cluster.region("weur").options.ports;
    const answer = await cdn.ask(`http://127.0.0.1:${internal}/sync`, {
      method: "POST",
      headers: { "meridian-internal-node": "hub" },
      body: "{}",
    });
    expect(answer.status).toBe(401);
  });

  test("PURGE on a data port is refused", async () => {
    const answer = await fetch(`${cdn.cluster.frontDoor}/products/1`, { method: "PURGE" });
    expect([answer.status, answer.headers.get("allow")]).toEqual([405, expect.stringContaining("GET")]);
  });
});

describe("what sites need", () => {
  test("a form is posted once, and cookies and redirects come through", async () => {
    const posted = await cdn.visit("/cart", "DE", {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: "product=3",
    });
    expect(String(posted.headers["set-cookie"])).toContain("cart");
    expect(await cdn.originRequests("/cart")).toBe(1);
    const redirect = await cdn.visit("/redirect", "DE");
    expect([redirect.status, redirect.headers.location]).toEqual([302, expect.stringContaining("/products/")]);
  });

  test("a session is its owner's alone", async () => {
    const login = (name: string) =>
      cdn.visit("/account/login", "DE", {
        method: "POST",
        headers: { "content-type": "application/x-www-form-urlencoded" },
        body: `name=${name}`,
      });
    const cookies = await Promise.all(
      ["ada", "grace"].map(async (name) => String((await login(name)).headers["set-cookie"]).split(";")[0] ?? ""),
    );
    const pages = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        cdn.visit("/account/me", "DE", { headers: { cookie: cookies[index % 2] ?? "" } }),
      ),
    );
    pages.forEach((page, index) => {
      expect(page.text).toContain(index % 2 === 0 ? "ada" : "grace");
      expect(page.text).not.toContain(index % 2 === 0 ? "grace" : "ada");
    });
  });

  test("an upload is streamed up unchanged", async () => {
    const body = "meridian ".repeat(200_000);
    const answer = await cdn.visit("/echo", "JP", { method: "PUT", body });
    expect(answer.text).toContain(String(body.length));
  });

  test("a large download arrives whole, and a part of it is a 206", async () => {
    const whole = await cdn.visit("/files/large.bin?mib=20", "DE");
    expect([whole.status, whole.headers["content-length"]]).toEqual([200, String(20 * 1024 * 1024)]);
    const part = await cdn.visit("/files/large.bin?mib=1", "DE", { headers: { range: "bytes=10-19" } });
    expect([part.status, part.headers["content-range"], part.text.length]).toEqual([206, "bytes 10-19/1048576", 10]);
  });

  test("server-sent events arrive as they are sent", async () => {
    const response = await fetch(`${cdn.cluster.frontDoor}/stream?events=3&ms=50`, {
      headers: { accept: "text/event-stream" },
    });
    const text = await response.text();
    expect(text.match(/^data:/gm)).toHaveLength(3);
  });

  test("a WebSocket is passed through", async () => {
    const socket = new WebSocket(`${cdn.cluster.frontDoor.replace("http", "ws")}/ws`);
    const said = await new Promise((resolve, reject) => {
      socket.onopen = () => socket.send("ahoy");
      socket.onmessage = (event) => resolve(event.data);
      socket.onerror = () => reject(new Error("the WebSocket failed"));
    });
    socket.close();
    expect(said).toContain("ahoy");
  });

  test("languages are stored apart", async () => {
    const english = await cdn.visit("/vary/language", "DE", { headers: { "accept-language": "en" } });
    const german = await cdn.visit("/vary/language", "DE", { headers: { "accept-language": "de" } });
    expect(german.text).not.toBe(english.text);
    const again = await cdn.visit("/vary/language", "DE", { headers: { "accept-language": "de" } });
    expect([again.text, cacheStatusOf(again)]).toEqual([german.text, expect.stringContaining("meridian-shard;hit")]);
  });
});

describe("looking after it", () => {
  test("health, regions, statistics, metrics and explanations are true", async () => {
    expect((await cdn.ask(`${cdn.cluster.control}/v1/health`)).status).toBe(200);
    const regions = (await cdn.api("/v1/regions")).json as { regions: { id: string }[] };
    expect(regions.regions).toHaveLength(9);
    const explained = (
      await cdn.api(`/v1/explain?url=${encodeURIComponent(`${cdn.cluster.frontDoor}/products/1?utm_source=x`)}&from=JP`)
    ).json;
    expect(explained).toMatchObject({
      route: "pages",
      key: expect.stringMatching(/products\/1$/),
      client: { country: "JP" },
      shard: { region: "apac" },
      shield: { region: "enam" },
    });
    const metrics = await cdn.ask(`${cdn.cluster.control}/metrics`, {
      headers: { authorization: `Bearer ${cdn.cluster.token}` },
    });
    expect(metrics.status).toBe(200);
    expect(metrics.text).toMatch(/^meridian_region_up\{region="apac"\} 1$/m);
  });

  test("a drained region gets no clients, and gets them back", async () => {
    await cdn.visit("/products/10", "BR");
    expect((await cdn.api("/v1/regions/sam/drain", {})).status).toBe(200);
    // Edges learn of a drain with the next answer of a shard that knows.
    await expect
      .poll(async () => regionOf(await cdn.visit("/products/10", "BR")), { timeout: 10_000, interval: 200 })
      .not.toBe("sam");
    expect((await cdn.api("/v1/regions/sam/undrain", {})).status).toBe(200);
    await expect
      .poll(async () => regionOf(await cdn.visit("/products/10", "BR")), { timeout: 10_000, interval: 200 })
      .toBe("sam");
  });
});

describe("losing a region", () => {
  test("its clients are served by the next, and by it again once it is back", async () => {
    expect(regionOf(await cdn.visit("/products/11", "JP"))).toBe("apac");
    await cdn.cluster.stopRegion("apac");
    const meanwhile = await cdn.visit("/products/11", "JP");
    expect(meanwhile.status).toBe(200);
    expect(regionOf(meanwhile)).not.toBe("apac");
    const elsewhere = await cdn.ask(`${cdn.cluster.edges.weur}/products/11`, { headers: { "meridian-from": "JP" } });
    expect(elsewhere.status).toBe(200);
    await cdn.cluster.startRegion("apac");
    await expect
      .poll(async () => regionOf(await cdn.visit("/products/11", "JP")), { timeout: 15_000, interval: 200 })
      .toBe("apac");
  });

  test("the shield's region too: fills go through the next, and nothing is lost", async () => {
    await cdn.cluster.stopRegion("enam");
    expect((await cdn.visit("/products/12", "JP")).status).toBe(200);
    await cdn.cluster.startRegion("enam");
  });

  test("a purge that was accepted survives the loss of the region that accepted it", async () => {
    await cdn.visit("/products/13", "AU");
    await cdn.ask(`${cdn.cluster.origin?.url}/admin/products/13`, { method: "POST" });
    const { status, json } = await cdn.api("/v1/purges?via=afr", { tags: ["product-13"] });
    expect([200, 202]).toContain(status);
    await cdn.cluster.stopRegion("afr");
    const { id } = json as { id: string };
    await expect
      .poll(async () => (await cdn.api(`/v1/purges/${id}`)).status, { timeout: 15_000, interval: 200 })
      .toBe(200);
    await expect
      .poll(async () => (await cdn.visit("/products/13", "AU")).headers.etag, { timeout: 15_000, interval: 200 })
      .toBe('"product-13-v2"');
    await cdn.cluster.startRegion("afr");
    await expect
      .poll(async () => ((await cdn.api(`/v1/purges/${id}?wait=applied`)).json as { state: string }).state, {
        timeout: 20_000,
        interval: 500,
      })
      .toBe("applied");
  });

  test("a route that is bound to lost regions answers an error rather than leave them", async () => {
    await cdn.cluster.stopRegion("weur");
    await cdn.cluster.stopRegion("eeur");
    const answer = await cdn.visit("/eu/records/2", "DE");
    expect(answer.status).toBeGreaterThanOrEqual(500);
    expect(await cdn.originRequests("/eu/records/2")).toBe(0);
    await cdn.cluster.startRegion("weur");
    await cdn.cluster.startRegion("eeur");
  });
});
