// The latency report in a real browser: it asks nobody for anything, draws its chart, and does so in both colour schemes.

import { existsSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Browser, chromium } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { epochMillis, millis } from "../../../config/units.ts";
import { PLACE_OF_REGION } from "../../../control-plane/latency/places.ts";
import type { LatencyReport, Series } from "../../../control-plane/latency/report.ts";
import { reportHtml } from "../../../control-plane/latency/report-html.node.ts";

const BROWSERS = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const executablePath = process.env.MERIDIAN_BROWSER ?? BROWSERS.find((path) => existsSync(path));

const series = (p50: number): Series => ({
  count: 30,
  errors: 0,
  errorKinds: {},
  timeToFirstByte: {
    p50: millis(p50),
    p90: millis(p50 * 1.5),
    p99: millis(p50 * 2),
    min: millis(p50 / 2),
    max: millis(p50 * 2),
    mean: millis(p50),
  },
  outcomes: { hit: 30 },
  regions: {},
  statuses: { 200: 30 },
  serverTimingP50: {},
});
const report: LatencyReport = {
  v: 1,
  url: "https://cdn.example/",
  directUrl: "https://origin.example/",
  startedAt: epochMillis(0),
  tookMillis: millis(1000),
  samples: 30,
  concurrency: 1,
  clients: "placed",
  places: Object.entries(PLACE_OF_REGION).map(([region, place], index) => ({
    ...place,
    region,
    series: { cold: series(100 + index * 20), warm: series(5 + index * 30), direct: series(150) },
  })),
  notes: [],
};

describe.skipIf(executablePath === undefined)("the report in a browser (skipped where there is no chromium)", () => {
  let browser: Browser;
  let address: string;
  beforeAll(async () => {
    const file = join(mkdtempSync(join(tmpdir(), "meridian-")), "report.html");
    writeFileSync(file, await reportHtml(report));
    address = pathToFileURL(file).href;
    browser = await chromium.launch({ executablePath: executablePath ?? "", args: ["--no-sandbox"] });
  });
  afterAll(() => browser?.close());

  it("shows the kinds of probes and their p50 on a telephone without scrolling", async () => {
    const page = await browser.newPage({ viewport: { width: 390, height: 844 } });
    await page.goto(address, { waitUntil: "load" });
    const p50 = await page.locator("thead th", { hasText: "p50" }).boundingBox();
    expect(p50?.x).toBeGreaterThan(0);
    expect((p50?.x ?? 390) + (p50?.width ?? 390)).toBeLessThan(390);
    await page.close();
  });

  it.each(["light", "dark"] as const)(
    "draws everything in %s colours, without an error and without a request",
    async (colorScheme) => {
      const page = await browser.newPage({ colorScheme, viewport: { width: 1200, height: 900 } });
      const requests: string[] = [];
      const faults: string[] = [];
      page.on("request", (request) => requests.push(request.url()));
      page.on("pageerror", (fault) => faults.push(String(fault)));
      page.on("console", (message) => message.type() === "error" && faults.push(message.text()));
      await page.goto(address, { waitUntil: "load" });

      // How many different colours the chart has: an empty canvas has one.
      const colours = await page.locator("#chart").evaluate((canvas: unknown) => {
        const chart = canvas as {
          width: number;
          height: number;
          getContext(kind: "2d"): { getImageData(...box: number[]): { data: Uint8ClampedArray } };
        };
        const { data } = chart.getContext("2d").getImageData(0, 0, chart.width, chart.height);
        const seen = new Set<number>();
        for (let at = 0; at < data.length; at += 4)
          if (data[at + 3] === 255)
            seen.add(((data[at] ?? 0) << 16) | ((data[at + 1] ?? 0) << 8) | (data[at + 2] ?? 0));
        return seen.size;
      });
      expect(colours).toBeGreaterThan(3);
      expect(await page.locator("svg.map circle.place").count()).toBe(report.places.length);
      expect(await page.locator("svg.map path.arc").count()).toBe(report.places.length);
      expect(await page.locator("tbody tr").count()).toBe(3 * report.places.length);
      expect(faults).toEqual([]);
      expect(requests).toEqual([address]);
      await page.close();
    },
  );
});
