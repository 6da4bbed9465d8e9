// Measuring against a fake deployment: what is asked for how often, what is counted, and what is noted. Times are not tested,
// since they are the machine's.

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { LATENCY_LIMITS } from "../../../control-plane/latency/limits.ts";
import { canPlaceClients, measure } from "../../../control-plane/latency/measure.node.ts";
import type { ProbePlace } from "../../../control-plane/latency/places.ts";
import { Prober } from "../../../control-plane/latency/probe.node.ts";
import { FakeDeployment } from "./fake-deployment.ts";

const JAPAN: ProbePlace = { name: "Japan", from: "JP" };
const OHIO: ProbePlace = { name: "Ohio", from: "40,-83" };

let deployment: FakeDeployment;
beforeEach(() => {
  deployment = new FakeDeployment();
});
afterEach(() => deployment.stop());

describe("a measurement", () => {
  it("gives region, hits and counts for each place, cold, warm and direct", async () => {
    const { cdn, origin } = await deployment.start({ places: true });
    const progress: number[] = [];
    const report = await measure({
      origin: cdn,
      directOrigin: origin,
      path: "/page?a=b",
      places: [JAPAN, OHIO],
      clients: "placed",
      samples: 3,
      concurrency: 2,
      onProgress: (done, total) => progress.push(total - done),
    });
    expect(report.places.map(({ region }) => region)).toEqual(["apac", "enam"]);
    for (const { series } of report.places) {
      expect(series.cold).toMatchObject({
        count: 3,
        errors: 0,
        outcomes: { miss: 3 },
        serverTimingP50: { origin: expect.any(Number) },
      });
      expect(series.warm).toMatchObject({ count: 3, errors: 0, outcomes: { hit: 3 } });
      expect(series.direct).toMatchObject({ count: 3, errors: 0 });
      expect(series.cold?.timeToFirstByte?.min).toBeGreaterThan(0);
    }
    expect(report).toMatchObject({
      url: `${cdn}/page?a=b`,
      directUrl: `${origin}/page?a=b`,
      samples: 3,
      clients: "placed",
    });
    // Two places, three kinds, three counted rounds and one that is not.
    expect(progress).toEqual(Array.from({ length: 24 }, (_, index) => 23 - index));
  });

  it("asks for a URL of its own in every cold probe, and for the same one in every warm one", async () => {
    const { cdn, origin } = await deployment.start({ places: true });
    await measure({
      origin: cdn,
      directOrigin: origin,
      path: "/p?a=b",
      places: [JAPAN],
      clients: "placed",
      samples: 5,
      concurrency: 1,
      onProgress: () => undefined,
    });
    const cold = deployment.asked.map(({ url }) => url).filter((url) => url !== "/p?a=b");
    expect(cold).toHaveLength(6);
    expect(new Set(cold).size).toBe(6);
    for (const url of cold) expect(url).toMatch(/^\/p\?a=b&meridian-probe=[0-9a-f]{12}-\d+$/);
    expect(new Set(deployment.askedDirectly)).toEqual(new Set(["/p?a=b"]));
  });

  it("says so when cold probes were not cold", async () => {
    const { cdn } = await deployment.start({ places: true, keepsQuery: false });
    const report = await measure({
      origin: cdn,
      path: "/",
      places: [JAPAN],
      clients: "placed",
      samples: 2,
      concurrency: 1,
      onProgress: () => undefined,
    });
    expect(report.notes.join()).toContain('"cold" is not cold');
    expect(report.places[0]?.series).not.toHaveProperty("direct");
  });

  it("sends no place where clients are not placed", async () => {
    const { cdn } = await deployment.start({ places: false });
    await measure({
      origin: cdn,
      path: "/",
      places: [{ name: "here" }],
      clients: "here",
      samples: 1,
      concurrency: 1,
      onProgress: () => undefined,
    });
    expect(deployment.asked.every(({ from }) => from === undefined)).toBe(true);
  });

  it("goes on after probes that fail, and counts them", async () => {
    const { cdn } = await deployment.start({
      places: true,
      breaks: (request) => request.headers["meridian-from"] === "JP",
    });
    const report = await measure({
      origin: cdn,
      path: "/",
      places: [JAPAN, OHIO],
      clients: "placed",
      samples: 2,
      concurrency: 1,
      onProgress: () => undefined,
    });
    expect(report.places[0]?.series.warm).toMatchObject({ count: 0, errors: 2 });
    expect(report.places[1]?.series.warm).toMatchObject({ count: 2, errors: 0 });
    expect(report.notes[0]).toContain("2 of 4 cold probes failed");
  });
});

describe("whether a deployment places clients", () => {
  it.each([
    [true, "placed"],
    [false, "here"],
  ])("when it does: %s", async (places, expected) => {
    const { cdn } = await deployment.start({ places });
    expect(await canPlaceClients(cdn, "/")).toBe(expected);
  });

  it("cannot be told when nothing answers", async () => {
    const { cdn } = await deployment.start({ places: true });
    deployment.stop();
    expect(await canPlaceClients(cdn, "/")).toBe("unreachable");
  });
});

it("a probe cuts off a body that is longer than it reads, and has measured its head all the same", async () => {
  let sent = 0;
  const server = createServer((_request, response) => {
    const chunk = Buffer.alloc(64 * 1024);
    const more = (): void => {
      while (!response.destroyed && response.write(chunk)) sent += chunk.length;
    };
    response.on("drain", more);
    more();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const prober = new Prober(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  expect(await prober.probe("/", {})).toMatchObject({ kind: "answered", observation: { status: 200 } });
  expect(await prober.probe("/", {})).toMatchObject({ kind: "answered" });
  expect(sent).toBeLessThan(20 * LATENCY_LIMITS.probeBodyBytes);
  await prober.close();
  server.closeAllConnections();
  server.close();
});
