// The origin shell in workerd against real sockets that misbehave: each way to fail gives its own answer, and a client's own
// doing is never held against the origin. Times are the runtime's; no test measures one.

import { once } from "node:events";
import { connect } from "node:net";
import { build } from "esbuild";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { WebSocket } from "undici";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { LIMITS } from "../../config/limits.ts";
import { originSchema } from "../../config/schema/schema.ts";
import { BrokenServer } from "./origin-failures/broken-server.ts";

const server = new BrokenServer();
const instances: Miniflare[] = [];
let script = "";
let originPort = 0;

beforeAll(async () => {
  originPort = await server.listen();
  const entry = new URL("./origin-failures/asker.worker.ts", import.meta.url).pathname;
  const bundle = await build({
    entryPoints: [entry],
    bundle: true,
    format: "esm",
    target: "es2024",
    external: ["cloudflare:workers"],
    write: false,
  });
  script = bundle.outputFiles[0]?.text ?? "";
});
afterAll(async () => {
  await Promise.all(instances.map((instance) => instance.dispose()));
  server.close();
});

interface Setting {
  readonly origin?: Record<string, unknown>;
  readonly binding?: boolean;
}

/** Starts a Worker in front of an origin; returns its port. */
async function launch({ origin = {}, binding = false }: Setting = {}): Promise<number> {
  const config = originSchema.parse({
    url: `http://127.0.0.1:${originPort}`,
    headerTimeoutSeconds: 1,
    idleTimeoutSeconds: 1,
    ...origin,
  });
  const instance = new Miniflare(
    convertV4MiniflareOptions({
      modules: true,
      script,
      compatibilityDate: "2026-10-01",
      compatibilityFlags: ["nodejs_compat", "enable_request_signal"],
      cf: false,
      host: "127.0.0.1",
      port: 0,
      bindings: { ORIGIN: JSON.stringify(config), SHOP_SECRET: "s3cret" },
      durableObjects: { ASKER: "Asker" },
      ...(binding && {
        serviceBindings: { ORIGIN_SHOP: { external: { address: `127.0.0.1:${originPort}`, http: {} } } },
      }),
    }),
  );
  instances.push(instance);
  return Number((await instance.ready).port);
}

const ask = async (port: number, path: string, init: RequestInit = {}) => {
  const headers = { "x-test": path, ...(init.headers as Record<string, string>) };
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { ...init, headers });
  return (await response.json()) as { readonly text?: string; readonly fields?: string[][] };
};

describe("an origin", () => {
  let port = 0;
  beforeAll(async () => {
    port = await launch({ origin: { secretHeader: { name: "X-Secret", secret: "SHOP_SECRET" } } });
  });

  test("that works is asked once, with its own Host and the secret", async () => {
    const answer = await ask(port, "/echo", { headers: { "x-secret": "forged", "x-custom": "1" } });
    expect(answer).toMatchObject({ kind: "response", status: 200, retried: false });
    expect(answer.text).toMatch(new RegExp(`^host: 127.0.0.1:${originPort}\r$`, "im"));
    expect(answer.text).toMatch(/^x-secret: s3cret$/im);
    expect(answer.text).toMatch(/^x-custom: 1\r$/im);
    expect(answer.text).not.toContain("forged");
    expect(server.counts.get("/echo")).toBe(1);
  });

  test.each(["/reset", "/not-http", "/bad-length", "/two-lengths"])(
    "that answers %s is tried twice and then is a 502, connection_terminated",
    async (path) => {
      expect(await ask(port, path)).toMatchObject({ status: 502, proxyError: "connection_terminated" });
      expect(server.counts.get(path)).toBe(2);
    },
  );

  test("that stalls before its header is a 504, asked once", async () => {
    expect(await ask(port, "/stall")).toMatchObject({ status: 504, proxyError: "http_response_timeout" });
    expect(server.counts.get("/stall")).toBe(1);
  });

  test("that stalls in its body fails the read, and the slot comes back", async () => {
    expect(await ask(port, "/body-stall")).toMatchObject({ status: 200, bodyError: expect.stringContaining("paused") });
    expect(await ask(port, "/state", { headers: { "x-test": "/body-stall" } })).toMatchObject({ running: 0 });
  });

  test("that sends less than it announced fails the read: nobody takes the part for the whole", async () => {
    expect(await ask(port, "/short")).toMatchObject({ status: 200, bodyError: expect.stringContaining("lost") });
  });

  test("that sends more than it announced gives what it announced, and the requests after it are not disturbed", async () => {
    for (let round = 0; round < 4; round += 1) {
      expect(await ask(port, "/long")).toMatchObject({ status: 200, text: "hello" });
      expect(await ask(port, `/after-${round}`, { headers: { "x-test": "/long" } })).toMatchObject({
        text: `hello from /after-${round}`,
      });
    }
  });

  test.each([3, 15, 0])("that sends chunks and says a length of %i gives the chunks, and no length", async (length) => {
    const answer = await ask(port, `/chunked-and-${length}`);
    expect(answer).toMatchObject({ status: 200, text: "hello" });
    expect(answer.fields?.filter(([name]) => name === "content-length")).toEqual([]);
    expect(server.counts.get(`/chunked-and-${length}`)).toBe(1);
  });

  test.each([
    ["/coded", "http_response_transfer_coding"],
    ["/switches", "http_protocol_error"],
  ])("that answers %s is a 502, %s, and is asked once", async (path, proxyError) => {
    expect(await ask(port, path)).toMatchObject({ status: 502, proxyError });
    expect(server.counts.get(path)).toBe(1);
  });

  test("whose pooled connection is stale is tried again without anybody noticing", async () => {
    server.flaky.push("ok", "reset", "ok");
    expect(await ask(port, "/flaky")).toMatchObject({ retried: false });
    expect(await ask(port, "/flaky")).toMatchObject({ retried: true, text: "hello from /flaky" });
  });

  test("keeps its redirects, its cookies apart and its coded bytes as they are", async () => {
    expect(await ask(port, "/redirect")).toMatchObject({
      status: 302,
      fields: expect.arrayContaining([["location", "/elsewhere"]]),
    });
    const cookies = await ask(port, "/cookies");
    expect(cookies.fields?.filter(([name]) => name === "set-cookie")).toHaveLength(2);
    expect(await ask(port, "/gzip")).toMatchObject({
      text: "not really gzip",
      fields: expect.arrayContaining([["content-encoding", "gzip"]]),
    });
  });

  test("gets an upload with its length, whole", async () => {
    const before = server.uploaded;
    const body = "x".repeat(300_000);
    expect(await ask(port, "/upload", { method: "POST", body })).toMatchObject({ text: "hello from /upload" });
    expect(server.uploaded - before).toBe(300_000);
  });

  test("may send events for as long as it likes without holding a slot", async () => {
    const response = await fetch(`http://127.0.0.1:${port}/through/events`, {
      // The local entry of Miniflare would compress, and hold the events back for it.
      headers: { "x-test": "events", "accept-encoding": "identity" },
    });
    const reader = response.body?.getReader();
    const first = await reader?.read();
    expect(new TextDecoder().decode(first?.value)).toBe("data: one\n\n");
    expect(await ask(port, "/state", { headers: { "x-test": "events" } })).toMatchObject({ running: 0 });
    await reader?.cancel();
  });

  test("may accept a WebSocket, which holds no slot", async () => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/socket`);
    const message = await new Promise((resolve, reject) => {
      socket.addEventListener("message", (event) => resolve(event.data));
      socket.addEventListener("error", reject);
    });
    expect(message).toBe("hello");
    expect(await ask(port, "/state", { headers: { "x-test": "" } })).toMatchObject({ running: 0 });
    socket.close();
  });
});

test("an origin where nobody listens is a 502, and after enough failures it is left alone", async () => {
  // A port that was free a moment ago, on an address of the loopback range that nothing else here uses.
  const port = await launch({ origin: { url: `http://127.0.0.99:${originPort}`, breakerFailures: 3, retryBudget: 0 } });
  // One object, so one breaker: that a single section is lost might be that section's own fault.
  const headers = { "x-test": "nobody-listens" };
  for (let index = 0; index < 3; index += 1) {
    const failed = { status: 502, proxyError: "connection_terminated" };
    expect(await ask(port, `/part-${index}`, { headers })).toMatchObject(failed);
  }
  expect(await ask(port, "/", { headers })).toMatchObject({ error: "breaker-open", status: 503, retryAfterSeconds: 5 });
});

test("a name that does not resolve is a 502", async () => {
  const port = await launch({ origin: { url: "http://nowhere.invalid" } });
  expect(await ask(port, "/")).toMatchObject({ status: 502, proxyError: "destination_unavailable" });
});

test("a client that breaks off its upload is not held against the origin", async () => {
  const port = await launch({ origin: { breakerFailures: 1, maxConcurrent: 1 } });
  const client = connect(port, "127.0.0.1");
  await once(client, "connect");
  client.write("POST /half HTTP/1.1\r\nHost: a\r\nx-test: half\r\nContent-Length: 200000\r\n\r\n");
  // More than is gathered before the origin is asked, and less than was announced.
  client.write("x".repeat(LIMITS.uploadHeadBytes + 1));
  await server.asked("/half");
  client.resetAndDestroy();
  // The next request waits for the state that the first leaves behind: its slot is the only one.
  expect(await ask(port, "/whole", { headers: { "x-test": "half" } })).toMatchObject({ text: "hello from /whole" });
  expect(await ask(port, "/state", { headers: { "x-test": "half" } })).toMatchObject({ breaker: "closed" });
});

test("an answer that is never read gives its slot back all the same", async () => {
  const port = await launch({ origin: { maxConcurrent: 1, queueTimeoutSeconds: 30 } });
  const headers = { "x-test": "forgotten" };
  expect(await ask(port, "/forget/body-stall", { headers })).toMatchObject({ status: 200 });
  expect(await ask(port, "/next", { headers })).toMatchObject({ text: "hello from /next" });
});

test("a client whose connection is reset while the body stalls gives the slot back at once", async () => {
  const port = await launch({ origin: { maxConcurrent: 1, queueTimeoutSeconds: 30, idleTimeoutSeconds: 3600 } });
  const client = connect(port, "127.0.0.1");
  client.write("GET /through/body-stall HTTP/1.1\r\nHost: a\r\nx-test: stopped\r\n\r\n");
  await once(client, "data");
  client.resetAndDestroy();
  const headers = { "x-test": "stopped" };
  expect(await ask(port, "/after-stop", { headers })).toMatchObject({ text: "hello from /after-stop" });
});

test("a binding takes any Host; without one a client's Host is never resolved", async () => {
  const headers = { "x-client-host": "www.example" };
  const bound = await launch({ origin: { host: "client" }, binding: true });
  expect((await ask(bound, "/echo", { headers })).text).toMatch(/^host: www\.example\r$/im);
  const unbound = await launch({ origin: { host: "client" } });
  expect(await ask(unbound, "/echo", { headers })).toMatchObject({ error: "not-configured" });
});

test("without its secret in the environment an origin is not asked at all", async () => {
  const port = await launch({ origin: { secretHeader: { name: "X-Secret", secret: "NO_SUCH_SECRET" } } });
  expect(await ask(port, "/needs-secret")).toMatchObject({ error: "not-configured", status: 502 });
  expect(server.counts.has("/needs-secret")).toBe(false);
});
