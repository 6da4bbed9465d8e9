// The dashboard before a real cluster: three regions in three processes, and a person who watches, purges and drains. What the
// page says is held against what clients at the front door get. Edge cases have their tests in dashboard.test.ts.

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findBrowser, startBrowser, type WatchedPage, watchedPage } from "../fixtures/browser.node.ts";
import { cacheStatusOf, type Running, regionOf, startCdn } from "../fixtures/cluster.node.ts";

const FRONT_DOOR = 21_700;
const executable = findBrowser();
const reason = executable === undefined ? " (skipped: no chromium or chrome on this machine)" : "";

describe.skipIf(executable === undefined)(`the dashboard of a running cluster${reason}`, () => {
  let cdn: Running;
  let browser: Browser;
  let watched: WatchedPage;

  beforeAll(async () => {
    [cdn, browser] = await Promise.all([
      startCdn(FRONT_DOOR, { regions: ["weur", "enam", "apac"] }),
      startBrowser(executable ?? ""),
    ]);
    watched = await watchedPage(browser);
    watched.page.setDefaultTimeout(20_000);
    await watched.page.goto(`${cdn.cluster.control}/#token=${cdn.cluster.token}`);
  });
  afterAll(async () => {
    await browser?.close();
    await cdn?.end();
  });

  const row = (id: string) =>
    watched.page.getByRole("row").filter({ has: watched.page.getByRole("rowheader", { name: new RegExp(`^${id} `) }) });

  it("opens with the link that the start prints, and finds every region well", async () => {
    const { page } = watched;
    await page.getByText("3 of 3 regions live").waitFor();
    await page.getByText("No alerts.").waitFor();
    expect(page.url()).toBe(`${cdn.cluster.control}/`);
    for (const id of ["weur", "enam", "apac"]) expect(await row(id).innerText()).toMatch(/live[\s\S]*joined/);
  });

  it("shows the traffic that clients make", async () => {
    for (let count = 0; count < 30; count += 1) await cdn.visit("/products/1", "JP");
    await row("apac").getByRole("cell", { name: /^30$/ }).waitFor();
    await watched.page.getByRole("img", { name: /Hit ratio .* now \d/ }).waitFor();
  });

  it("purges a URL, says when it is applied, and clients get it anew", async () => {
    const { page } = watched;
    expect(cacheStatusOf(await cdn.visit("/products/1", "JP"))).toContain("meridian-shard;hit");
    await page.getByRole("textbox", { name: "URLs" }).fill(`${cdn.cluster.frontDoor}/products/1`);
    await page.getByLabel("Reason").fill("<b>a new price</b>");
    await page.getByRole("button", { name: "Purge 1 URL" }).click();
    await page.locator(".receipt").getByText("applied in 3 of 3 regions").waitFor();
    expect(await page.locator(".receipt .dot.applied").count()).toBe(3);
    await page.locator(".purges").getByText("<b>a new price</b>").waitFor();
    expect(cacheStatusOf(await cdn.visit("/products/1", "JP"))).not.toContain("meridian-shard;hit");
  });

  it("says at its line what is wrong with a URL, in the API's own words", async () => {
    const { page } = watched;
    await page.getByRole("textbox", { name: "URLs" }).fill(`${cdn.cluster.frontDoor}/\n${cdn.cluster.frontDoor}/#top`);
    await page.getByRole("button", { name: "Purge 2 URLs" }).click();
    await page.locator(".errors").getByText("Line 2:").waitFor();
    expect(watched.complaints.splice(0)).toEqual([expect.stringContaining("422")]);
  });

  it("drains a region, whose clients then go elsewhere, and takes it back", async () => {
    const { page } = watched;
    expect(regionOf(await cdn.visit("/", "JP"))).toBe("apac");
    await page.getByRole("button", { name: "Drain apac" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Drain", exact: true }).click();
    await page.getByRole("button", { name: "Undrain apac" }).waitFor();
    await page.getByText("2 of 3 regions live").waitFor();
    await expect.poll(async () => regionOf(await cdn.visit("/", "JP")), { timeout: 10_000 }).not.toBe("apac");
    await page.getByRole("button", { name: "Undrain apac" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Undrain", exact: true }).click();
    await page.getByText("3 of 3 regions live").waitFor();
    await expect.poll(async () => regionOf(await cdn.visit("/", "JP")), { timeout: 10_000 }).toBe("apac");
  });

  it("says that a link is cut, and no more once it is healed", async () => {
    const { page } = watched;
    cdn.cluster.cut("weur", "apac", "silent");
    await page.locator(".alerts").getByText("The link weur → apac is cut").waitFor();
    await page.getByRole("img", { name: /; cut links: weur to apac$/ }).waitFor();
    cdn.cluster.heal("weur", "apac");
    await page.getByText("No alerts.").waitFor();
  });

  it("says that a region is lost, and that it is back", async () => {
    const { page } = watched;
    await cdn.cluster.stopRegion("enam");
    await page.locator(".alerts").getByText("enam is lost").waitFor();
    expect(await row("enam").innerText()).toContain("lost");
    await cdn.cluster.startRegion("enam");
    await page.getByText("3 of 3 regions live").waitFor();
    await page.getByText("No alerts.").waitFor();
  });

  it("asked nothing of any other origin, complained of nothing and moved nothing", async () => {
    const { origin } = new URL(cdn.cluster.control);
    expect(watched.requests.filter((url) => !url.startsWith("data:") && new URL(url).origin !== origin)).toEqual([]);
    expect(watched.complaints).toEqual([]);
    expect(await watched.layoutShift()).toBeLessThan(0.02);
    const folder = process.env.MERIDIAN_SCREENSHOTS;
    if (folder === undefined) return;
    mkdirSync(folder, { recursive: true });
    await watched.page.screenshot({ path: join(folder, "live.png"), fullPage: true });
  });
});
