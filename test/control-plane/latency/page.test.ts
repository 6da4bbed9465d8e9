// The report's page as text: it names no address but those it reports on, loads nothing, and escapes all that comes from
// outside. How it looks and draws is the scenario's (test/scenario/latency/).

import { beforeAll, describe, expect, it } from "vitest";
import { epochMillis, millis } from "../../../config/units.ts";
import type { LatencyReport, Series } from "../../../control-plane/latency/report.ts";
import { reportHtml } from "../../../control-plane/latency/report-html.node.ts";

const ms = millis;
const series = (p50: number): Series => ({
  count: 30,
  errors: 0,
  errorKinds: {},
  timeToFirstByte: { p50: ms(p50), p90: ms(p50 * 2), p99: ms(p50 * 3), min: ms(1), max: ms(p50 * 3), mean: ms(p50) },
  outcomes: { hit: 30 },
  regions: { apac: 30 },
  statuses: { 200: 30 },
  serverTimingP50: { edge: ms(1) },
});
const report: LatencyReport = {
  v: 1,
  url: "https://cdn.example/<img src=x onerror=alert(1)>",
  directUrl: "https://origin.example/",
  startedAt: epochMillis(Date.UTC(2026, 10, 21, 20, 0)),
  tookMillis: ms(12_000),
  samples: 30,
  concurrency: 4,
  clients: "placed",
  places: [
    {
      name: "Seoul </script><script>alert(1)</script>",
      from: "37.57,126.98",
      place: { latitude: 37.57, longitude: 126.98 },
      region: "apac",
      series: { cold: series(200), warm: series(20), direct: series(180) },
    },
    { name: "Nowhere", from: "203.0.113.7", series: { cold: series(100), warm: series(10), direct: series(90) } },
  ],
  notes: ["A note & more."],
};

let html = "";
beforeAll(async () => {
  html = await reportHtml(report);
});

describe("the page asks nobody for anything", () => {
  it("forbids every request by its own policy", () => {
    expect(html).toMatch(/http-equiv="Content-Security-Policy" content="default-src 'none'; [^"]*"/);
    expect(/content="(default-src[^"]*)"/.exec(html)?.[1]).not.toMatch(/https?:|\*|'self'/);
  });

  it("holds no address but those it reports on", () => {
    const addresses = html.match(/(?:https?:)?\/\/[a-z0-9.-]+\.[a-z]{2,}/gi) ?? [];
    expect(addresses.length).toBeGreaterThan(0);
    for (const address of addresses) expect(address).toMatch(/^https:\/\/(cdn|origin)\.example$/);
  });

  it("has nothing that loads: no src, no link, no import, no url()", () => {
    const markup = html.replaceAll(/<script[\s\S]*?<\/script>/g, "");
    expect(markup).not.toMatch(/<[^>]+\s(src|href|srcset|action)\s*=/i);
    expect(markup).not.toMatch(/@import|url\(/i);
    expect(markup).not.toMatch(/<(link|iframe|object|embed|base)\b/i);
  });
});

describe("the page holds the report", () => {
  it("as JSON that a script can read, whatever the names are", () => {
    const json = /<script type="application\/json" id="report">([\s\S]*?)<\/script>/.exec(html)?.[1];
    expect(JSON.parse(json ?? "")).toEqual(report);
  });

  it("with everything escaped that comes from outside", () => {
    expect(html).not.toContain("<img");
    expect(html).not.toContain("<script>alert(1)");
  });

  it("as numbers in a table, with hits, region and parts", () => {
    const text = html.replaceAll(/<[^>]+>/g, " ").replaceAll(/\s+/g, " ");
    expect(text).toMatch(/apac cold 100 % 200 400 600 1\.0 600 200 30 0 edge 1\.0/);
    expect(text).toContain("A note &#38; more.");
    expect(text).toContain("Not on the map");
    // Between 20 and 10 lies 15, between 180 and 90 lies 135.
    expect(text).toMatch(/15\.0 ms warm/);
    expect(text).toMatch(/9\.0 &times; faster warm than direct/);
  });
});

it("a report from here has no map and says so nowhere", async () => {
  const here = {
    ...report,
    clients: "here" as const,
    places: [{ name: "here", series: { cold: series(1), warm: series(1) } }],
  };
  const page = await reportHtml(here);
  expect(page).not.toContain("<svg");
  expect(page).not.toContain("Not on the map");
});
