// The actions of routes in a running CDN of two regions, in front of the example shop: as clients see them, and what the
// origin sees of them. Clients at other addresses are connections from other addresses of this machine's loopback.

import { Agent, request, WebSocket } from "undici";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { defineConfig } from "../../config/schema/schema.ts";
import { register as registerSign } from "../../control-plane/cli/commands/sign.node.ts";
import { runCommand } from "../control-plane/cli/run-command.ts";
import { type Answer, type Asking, cacheStatusOf, type Running, startCdn } from "../fixtures/cluster.node.ts";

const KEY = "SCENARIO_URL_KEY";
const PAGES = [{ statuses: [403, 404, 429, "5xx" as const], body: "<h1>Our own {{status}}</h1><p>{{request-id}}</p>" }];
const input = defineConfig({
  origins: { shop: { url: "http://127.0.0.1:8799", shield: "enam" } },
  regions: { enam: {}, weur: {} },
  routes: [
    {
      name: "guarded",
      match: { paths: ["/products/1*"] },
      origin: "shop",
      actions: { access: { deny: { countries: ["KP"], addresses: ["127.0.0.2"] } }, errorPages: PAGES },
    },
    {
      name: "talk",
      match: { paths: ["/talk/*"] },
      origin: "shop",
      mode: "bypass",
      websocket: true,
      actions: { access: { deny: { addresses: ["127.0.0.2"] } }, rewrite: [{ from: "/talk/*", to: "/ws" }] },
    },
    {
      name: "limited",
      match: { paths: ["/products/2*"] },
      origin: "shop",
      actions: { rateLimit: { requests: 3, perSeconds: 600 } },
    },
    {
      name: "signed",
      match: { paths: ["/files/*", "/images/*"] },
      origin: "shop",
      actions: { signed: { keys: { now: KEY, lost: "SCENARIO_KEY_THAT_IS_NOT_SET" } } },
    },
    {
      name: "api",
      match: { paths: ["/api/*"] },
      origin: "shop",
      actions: {
        rewrite: [{ from: "/api/*", to: "/products/*" }],
        cors: { origins: ["https://app.example"], methods: ["GET", "PUT"], credentials: true },
      },
    },
    {
      name: "echo",
      match: { paths: ["/echo*"] },
      origin: "shop",
      key: { country: true, device: true },
      actions: {
        request: {
          remove: ["Cookie"],
          set: { "X-Country": { client: "country" }, "X-Site": "shop" },
          add: { "X-Class": { client: "device" } },
        },
        rewrite: [{ from: "/echo/*", to: "/echo" }],
      },
    },
    {
      name: "pages",
      origin: "shop",
      actions: {
        redirect: { paths: [{ from: "/product/*", to: "/products/*", status: 301 }] },
        response: { set: { "X-Content-Type-Options": "nosniff" }, remove: ["Cache-Tag", "ETag"] },
        errorPages: PAGES,
      },
    },
  ],
});

let cdn: Running;
const elsewhere = new Agent({ localAddress: "127.0.0.2" });
beforeAll(async () => {
  process.env[KEY] = "a secret of the scenario";
  cdn = await startCdn(27_787, { input });
});
afterAll(async () => {
  delete process.env[KEY];
  await elsewhere.destroy();
  await cdn?.end();
});

/** Asks the front door from another address. */
async function visitFromElsewhere(path: string, { headers = {} }: Asking = {}): Promise<Answer> {
  const response = await request(`${cdn.cluster.frontDoor}${path}`, { headers, dispatcher: elsewhere });
  return { status: response.statusCode, headers: response.headers, text: await response.body.text() };
}

/** What `meridian sign` prints for a path of the front door. */
async function sign(path: string, ...args: string[]): Promise<string> {
  const { frontDoor } = cdn.cluster;
  const words = ["sign", `${frontDoor}${path}`, "--key", "now", "--secret-name", KEY, "--expires", "1h", ...args];
  const { out } = await runCommand(registerSign, words, { environment: { [KEY]: process.env[KEY] ?? "" } });
  return out.replace(frontDoor, "");
}

const codeOf = (answer: Answer): unknown => (JSON.parse(answer.text) as { code?: unknown }).code;

describe("access", () => {
  test("a client's country and address decide, and others are served from the same entry", async () => {
    expect((await cdn.visit("/products/1", "DE")).status).toBe(200);
    expect((await cdn.visit("/products/1", "KP")).status).toBe(403);
    const denied = await visitFromElsewhere("/products/1", { headers: { accept: "application/json" } });
    expect([denied.status, codeOf(denied)]).toEqual([403, "address-denied"]);
    expect(denied.headers["proxy-status"]).toBe("meridian;error=http_request_denied");
    expect((await visitFromElsewhere("/products/3")).status).toBe(200);
  });

  test("a WebSocket obeys the same rules, and finds its way to the rewritten path", async () => {
    const opens = (dispatcher?: Agent) =>
      new Promise<boolean>((resolve) => {
        const url = `${cdn.cluster.frontDoor.replace("http", "ws")}/talk/room`;
        const socket = new WebSocket(url, dispatcher === undefined ? [] : { dispatcher });
        socket.onopen = () => {
          socket.close();
          resolve(true);
        };
        socket.onerror = () => resolve(false);
      });
    expect(await opens()).toBe(true);
    expect(await opens(elsewhere)).toBe(false);
  });

  test("a client cannot write itself another address", async () => {
    const headers = { "x-forwarded-for": "198.51.100.1", "cf-connecting-ip": "198.51.100.1" };
    expect((await visitFromElsewhere("/products/1", { headers })).status).toBe(403);
  });
});

test("a client that comes too often is told when to come again, and others are not", async () => {
  const answers: Answer[] = [];
  for (let count = 0; count < 4; count += 1) answers.push(await cdn.visit("/products/2", "DE"));
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 429]);
  expect(answers.map(({ headers }) => headers.ratelimit)).toEqual(
    [2, 1, 0, 0].map((left) => expect.stringMatching(new RegExp(`^"client";r=${left};t=\\d+$`))),
  );
  const refused = answers[3] as Answer;
  expect(codeOf(refused)).toBe("too-many-requests");
  expect(Number(refused.headers["retry-after"])).toBeGreaterThan(100);
  expect(Number(refused.headers["retry-after"])).toBeLessThanOrEqual(200);
  expect((await visitFromElsewhere("/products/2", { headers: { "meridian-from": "DE" } })).status).toBe(200);
  expect(await cdn.originRequests("/products/2")).toBe(1);
});

test("a redirect needs no origin, and keeps the query", async () => {
  const answer = await cdn.visit("/product/7?a=1", "DE");
  expect([answer.status, answer.headers.location]).toEqual([301, `${cdn.cluster.frontDoor}/products/7?a=1`]);
  expect(answer.headers["meridian-request-id"]).toMatch(/^[0-9a-f]{32}$/);
  expect(await cdn.originRequests("/product/7?a=1")).toBe(0);
});

describe("CORS", () => {
  test("a preflight is answered at the edge", async () => {
    const headers = { origin: "https://app.example", "access-control-request-method": "PUT" };
    const answer = await cdn.visit("/api/4", "DE", { method: "OPTIONS", headers });
    expect([answer.status, answer.text]).toEqual([204, ""]);
    expect(answer.headers).toMatchObject({
      "access-control-allow-origin": "https://app.example",
      "access-control-allow-methods": "GET, PUT",
      "access-control-allow-credentials": "true",
    });
    expect(await cdn.originRequests("/products/4")).toBe(0);
  });

  test("sites share an entry, and each is told only whether it may read", async () => {
    const visit = (origin: string) => cdn.visit("/api/4", "DE", { headers: { origin } });
    const first = await visit("https://evil.example");
    const second = await visit("https://app.example");
    expect(first.headers["access-control-allow-origin"]).toBeUndefined();
    expect(second.headers["access-control-allow-origin"]).toBe("https://app.example");
    expect([first.headers.vary, second.headers.vary].map((vary) => String(vary).includes("Origin"))).toEqual([
      true,
      true,
    ]);
    expect(cacheStatusOf(second)).toContain("meridian-shard;hit");
    expect(await cdn.originRequests("/products/4")).toBe(1);
  });
});

describe("signed URLs", () => {
  test("a URL is answered with its signature, and another is not", async () => {
    const url = await sign("/images/5.svg");
    expect((await cdn.visit(url, "DE")).status).toBe(200);
    const none = await cdn.visit("/images/5.svg", "DE");
    expect([none.status, codeOf(none)]).toEqual([403, "signature-missing"]);
    expect(codeOf(await cdn.visit(url.replace("5.svg", "6.svg"), "DE"))).toBe("signature-wrong");
    expect(codeOf(await cdn.visit(url.replace("key=now", "key=other"), "DE"))).toBe("signature-key-unknown");
    const lost = await cdn.visit(url.replace("key=now", "key=lost"), "DE");
    expect([lost.status, codeOf(lost)]).toEqual([500, "signing-secret-missing"]);
  });

  test("all signatures share one entry, and the origin sees none", async () => {
    const [one, other] = [await sign("/images/7.svg"), await sign("/images/7.svg", "--prefix")];
    await cdn.visit(one, "DE");
    expect(cacheStatusOf(await cdn.visit(other, "DE"))).toContain("meridian-shard;hit");
    expect(await cdn.originRequests("/images/7.svg")).toBe(1);
  });

  test("a folder is signed once, and its signature may come in a cookie beside others", async () => {
    const cookie = await sign("/images/1.svg", "--prefix", "--cookie");
    const headers = { cookie: `lang=de; meridian-signature=${cookie}` };
    expect((await cdn.visit("/images/8.svg", "DE", { headers })).status).toBe(200);
    expect(codeOf(await cdn.visit("/files/large.bin?mib=1", "DE", { headers }))).toBe("signature-elsewhere");
  });

  test("one that is bound to an address is no use at another", async () => {
    const url = await sign("/images/9.svg", "--address", "127.0.0.2");
    expect((await visitFromElsewhere(url)).status).toBe(200);
    expect(codeOf(await cdn.visit(url))).toBe("signature-wrong");
  });

  test("the site is the same under all names of this machine", async () => {
    const url = (await sign("/images/5.svg")).replace(/^/, cdn.cluster.frontDoor).replace("127.0.0.1", "localhost");
    const { hostname, port, pathname, search } = new URL(url);
    const answer = await cdn.ask(`http://127.0.0.1:${port}${pathname}${search}`, {
      headers: { host: `${hostname}:${port}` },
    });
    expect(answer.status).toBe(200);
  });
});

describe("towards the origin", () => {
  interface Seen {
    readonly target?: string;
    readonly url?: string;
    readonly fields?: unknown;
  }
  const seen = async (path: string, from: string, headers: Record<string, string>) =>
    (await cdn.visit(path, from, { headers })).text;

  test("a path is rewritten after the key, so a purge of the client's URL finds it", async () => {
    const first = await cdn.visit("/api/5", "DE");
    expect(cacheStatusOf(await cdn.visit("/api/5", "DE"))).toContain("meridian-shard;hit");
    await cdn.ask(`${cdn.cluster.origin?.url}/admin/products/5`, { method: "POST" });
    const { status } = await cdn.api("/v1/purges", { urls: [`${cdn.cluster.frontDoor}/api/5`], wait: "applied" });
    expect(status).toBe(200);
    expect((await cdn.visit("/api/5", "DE")).headers.etag).not.toBe(first.headers.etag);
  });

  test("fields are set from the configuration and from what the key holds, and removed ones never come", async () => {
    const text = await seen("/echo/a", "JP", {
      cookie: "session=secret",
      "x-site": "forged",
      "x-country": "forged",
      "user-agent": "Googlebot/2.1",
    });
    const echo = JSON.parse(text) as Seen;
    const lower = JSON.stringify(echo).toLowerCase();
    expect(lower).not.toMatch(/secret|forged|session/);
    for (const expected of ["x-site", "shop", "x-country", "jp", "x-class", "bot", "meridian-device"]) {
      expect(lower).toContain(`"${expected}"`);
    }
    expect(lower).not.toContain("/echo/a");
  });
});

describe("on the way out", () => {
  test("a stored answer carries the route's fields, and our explanations stay", async () => {
    await cdn.visit("/products/8", "DE");
    const hit = await cdn.visit("/products/8", "DE");
    expect(cacheStatusOf(hit)).toContain("meridian-shard;hit");
    expect(hit.headers["x-content-type-options"]).toBe("nosniff");
    expect(hit.headers.etag).toBeUndefined();
    expect(hit.headers.via).toBe("1.1 meridian");
  });

  test("an error of the origin gets our page, stored or not, and keeps its status", async () => {
    const first = await cdn.visit("/products/9999", "DE");
    const second = await cdn.visit("/products/9999", "DE");
    for (const answer of [first, second]) {
      expect(answer.status).toBe(404);
      expect(answer.text).toBe(`<h1>Our own 404</h1><p>${answer.headers["meridian-request-id"]}</p>`);
      expect(answer.headers["content-type"]).toBe("text/html; charset=utf-8");
    }
    // Whoever gets a page does not wait for the body that it replaces, so the second may come while that is still on its way.
    expect(cacheStatusOf(second)).toMatch(/meridian-shard;(?:hit|.*collapsed)/);
    expect(await cdn.originRequests("/products/9999")).toBe(1);
    expect((await cdn.visit("/products/9999", "DE", { method: "HEAD" })).status).toBe(404);
  });

  test("an error of ours gets it too, with Proxy-Status, and whoever asks for JSON keeps the problem", async () => {
    const page = await cdn.visit("/fail?how=reset", "DE");
    expect([page.status, page.text]).toEqual([502, expect.stringContaining("Our own 502")]);
    expect(page.headers["proxy-status"]).toMatch(/^meridian;error=/);
    expect(page.headers["cache-control"]).toBe("no-store");
    const problem = await cdn.visit("/fail?how=reset", "DE", { headers: { accept: "application/json" } });
    expect([problem.status, codeOf(problem)]).toEqual([502, expect.stringMatching(/^origin-/)]);
    expect(problem.headers["x-content-type-options"]).toBeUndefined();
  });
});
