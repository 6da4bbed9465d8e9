// The dashboard in a real browser, before a cluster that exists only as answers: what a person sees and does, and what an attacker's
// text does not do. The page's clock is moved by hand, so that no test waits for a refresh.

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { REGION_IDS } from "../../config/world/regions.ts";
import { bundleDashboard } from "../../control-plane/dashboard/build.node.ts";
import { DASHBOARD_LIMITS } from "../../control-plane/dashboard/limits.ts";
import { findBrowser, startBrowser, type WatchedPage, watchedPage } from "../fixtures/browser.node.ts";
import {
  FAKE_READER,
  FAKE_TOKEN,
  type FakeControlApi,
  startFakeControlApi,
} from "../fixtures/fake-control-api.node.ts";

const executable = findBrowser();
const reason = executable === undefined ? " (skipped: no chromium or chrome on this machine)" : "";

describe.skipIf(executable === undefined)(`the dashboard${reason}`, () => {
  let browser: Browser;
  let html: string;
  let api: FakeControlApi;
  let watched: WatchedPage;
  let page: Page;
  /** Complaints that the test itself provokes; anything else fails it. */
  let expected: RegExp[];

  beforeAll(async () => {
    html = await bundleDashboard();
    browser = await startBrowser(executable ?? "");
  });
  afterAll(() => browser?.close());
  beforeEach(async () => {
    api = await startFakeControlApi(html);
    api.cluster.advance(300);
    expected = [];
  });
  afterEach(async () => {
    await watched.page.context().close();
    await api.close();
    const { origin } = new URL(api.url);
    expect(watched.requests.filter((url) => !url.startsWith("data:") && new URL(url).origin !== origin)).toEqual([]);
    expect(watched.complaints.filter((text) => !expected.some((pattern) => pattern.test(text)))).toEqual([]);
  });

  async function open(path = "/", options: BrowserContextOptions = {}): Promise<void> {
    watched = await watchedPage(browser, options);
    page = watched.page;
    page.setDefaultTimeout(10_000);
    await page.clock.install();
    await page.goto(api.url + path);
  }

  async function openSignedIn(options: BrowserContextOptions = {}): Promise<void> {
    await open(`/#token=${FAKE_TOKEN}`, options);
    await page.getByText(/of 9 regions live/).waitFor();
  }

  /** Lets the cluster and the page live for a while, until the page has asked and drawn again. */
  async function refresh(seconds = 2): Promise<void> {
    api.cluster.advance(seconds);
    const drawn = page.waitForResponse((response) => response.url().endsWith("/v1/stats"));
    await page.clock.runFor(DASHBOARD_LIMITS.dashboardRefreshMillis);
    await drawn;
  }

  const row = (id: string) =>
    page.getByRole("row").filter({ has: page.getByRole("rowheader", { name: new RegExp(`^${id} `) }) });
  const attention = () => page.getByRole("region", { name: "Attention" });

  describe("a token", () => {
    it("is asked for, refused with a reason, and kept in the tab until signing out", async () => {
      expected = [/401/];
      await open();
      await page.getByLabel("API token").fill("wrong");
      await page.keyboard.press("Enter");
      await page.getByText("No such token.").waitFor();
      await page.getByLabel("API token").fill(FAKE_TOKEN);
      await page.getByRole("button", { name: "Open dashboard" }).click();
      await page.getByText("9 of 9 regions live").waitFor();
      await page.reload();
      await page.getByText("9 of 9 regions live").waitFor();
      await page.getByRole("button", { name: "Sign out" }).click();
      await page.getByLabel("API token").waitFor();
      await page.reload();
      await page.getByLabel("API token").waitFor();
      expect(await page.evaluate("localStorage.length + sessionStorage.length")).toBe(0);
    });

    it("may come with the link, is taken out of the address and never sent in one", async () => {
      await openSignedIn();
      expect(page.url()).toBe(`${api.url}/`);
      expect(watched.requests.filter((url) => url.includes(FAKE_TOKEN) && !url.includes("#"))).toEqual([]);
    });

    it("that may only read gets told so when it purges", async () => {
      expected = [/403/];
      await open(`/#token=${FAKE_READER}`);
      await page.getByRole("textbox", { name: "URLs" }).fill("https://shop.example/tea");
      await page.getByRole("button", { name: "Purge 1 URL" }).click();
      await page.getByText("The token lacks the scope purge. Sign in with a token that has this scope.").waitFor();
    });
  });

  describe("the overview", () => {
    it("shows every region, its traffic, and draws both charts", async () => {
      api.cluster.drained.add("oc");
      await openSignedIn();
      await refresh();
      for (const id of REGION_IDS) await row(id).waitFor();
      expect(await row("weur").innerText()).toMatch(/live[\s\S]*k[\s\S]*%[\s\S]*MiB[\s\S]*joined/);
      expect(await row("oc").innerText()).toContain("drained");
      await page
        .getByRole("img", {
          name: "World map with 9 regions: 8 live, 1 drained, 0 unreachable, 0 lost; no link is cut",
        })
        .waitFor();
      await page.getByRole("img", { name: /Requests per second .* now 1\.\d\dk/ }).waitFor();
      await page.getByRole("img", { name: /Hit ratio .* now \d\d\.\d %/ }).waitFor();
      expect(await page.locator(".plot canvas").count()).toBe(2);
      await page.getByText("No alerts.").waitFor();
    });

    it("moves nothing while data arrives and changes", async () => {
      await openSignedIn();
      for (let turn = 0; turn < 5; turn += 1) await refresh(10);
      expect(await watched.layoutShift()).toBeLessThan(0.005);
    });

    it("names what is wrong, and stops when it is right again", async () => {
      const { cluster } = api;
      cluster.down.add("afr");
      cluster.failingOrigin.add("enam");
      await openSignedIn();
      await refresh();
      await attention().getByText("afr does not answer").waitFor();
      await attention().getByText("Origin requests fail in enam").waitFor();
      expect(await row("afr").innerText()).toContain("unreachable");
      cluster.down.clear();
      cluster.failingOrigin.clear();
      await refresh(20);
      await refresh(20);
      await attention().getByText("No alerts.").waitFor();
    });

    it("draws a cut link and a lost region, and says both in words", async () => {
      const { cluster } = api;
      cluster.down.add("afr");
      cluster.lost.set("afr", 180);
      cluster.cut.set(["weur", "apac"], 12);
      await openSignedIn();
      await refresh();
      await attention().getByText("The link weur → apac is cut").waitFor();
      await attention()
        .getByText(/apac has not answered weur for 1[24] s/)
        .waitFor();
      await attention()
        .getByText(/enam last heard from it 3 min ago/)
        .waitFor();
      const name = "World map with 9 regions: 8 live, 0 drained, 0 unreachable, 1 lost; cut links: weur to apac";
      await page.getByRole("img", { name }).waitFor();
      expect(await page.locator(".map .link .line").count()).toBe(1);
      expect(await page.locator(".map .marker.lost .cross").count()).toBe(1);
      await page.getByText("8 of 9 regions live, 1 lost, 1 link cut").waitFor();
      expect(await row("afr").innerText()).toMatch(/lost\s+heard 3 min ago/);
      expect(await row("weur").innerText()).toMatch(/live\s+1 link cut/);
      cluster.down.clear();
      cluster.lost.clear();
      cluster.cut.clear();
      await refresh(20);
      await refresh(20);
      await attention().getByText("No alerts.").waitFor();
      expect(await page.locator(".map .link").count()).toBe(0);
    });

    it("says what did not fit when an answer is not of the API's shape, and keeps the picture", async () => {
      await openSignedIn();
      api.cluster.cut.set(["weur", "moon" as "apac"], 12);
      await refresh();
      await attention()
        .getByText(/\/v1\/regions does not match this page's version \(cutLinks\[0\]\.to is not one of/)
        .waitFor();
      await row("weur").waitFor();
      api.cluster.cut.clear();
      await refresh();
      await attention().getByText("No alerts.").waitFor();
    });

    it("says since when the API has been silent, keeps the picture, and recovers", async () => {
      expected = [/502/];
      await openSignedIn();
      api.broken = 502;
      await refresh();
      await attention().getByText("The control API does not answer").waitFor();
      await page.getByText(/No answer since \d\d:\d\d:\d\d/).waitFor();
      await row("weur").waitFor();
      api.broken = undefined;
      await refresh();
      await page.getByText(/Updated/).waitFor();
      await attention().getByText("No alerts.").waitFor();
    });

    it("says what to do when there is nothing to show", async () => {
      api.cluster.traffic = 0;
      for (const id of REGION_IDS) api.cluster.restart(id);
      api.cluster.advance(1300);
      await openSignedIn();
      await page.getByText("No purges yet.").waitFor();
      await page.getByText("No requests yet. Send one through the front door").first().waitFor();
    });

    it("asks nothing while nobody sees it, and at once when somebody does", async () => {
      await openSignedIn();
      const visible = (hidden: boolean) =>
        page.evaluate(`
          Object.defineProperty(document, "hidden", { value: ${hidden}, configurable: true });
          document.dispatchEvent(new Event("visibilitychange"));
        `);
      await visible(true);
      const before = api.asked.length;
      await page.clock.runFor(60_000);
      expect(api.asked.length).toBe(before);
      const asked = page.waitForResponse((response) => response.url().endsWith("/v1/stats"));
      await visible(false);
      await asked;
    });
  });

  describe("purging", () => {
    it("says at which line a URL is wrong, then shows the purge spread from region to region", async () => {
      expected = [/422/];
      await openSignedIn();
      const urls = page.getByRole("textbox", { name: "URLs" });
      await urls.fill("https://shop.example/tea\n\nshop.example/coffee");
      await page.getByLabel("Reason").fill("new label");
      await page.getByRole("button", { name: "Purge 2 URLs" }).click();
      await page.getByText("must be an absolute URL without a fragment").waitFor();
      expect(await page.locator(".errors").innerText()).toContain("Line 3:");
      expect(await urls.getAttribute("aria-invalid")).toBe("true");

      await urls.fill("https://shop.example/tea");
      await page.getByRole("button", { name: "Purge 1 URL" }).click();
      const receipt = page.locator(".receipt");
      await receipt.getByText("applied in 0 of 9 regions").waitFor();
      expect(await urls.inputValue()).toBe("");
      const purge = api.cluster.purges[0];
      if (!purge) throw new Error("no purge arrived");
      api.cluster.spread(purge, ["weur", "eeur"]);
      await page.clock.runFor(DASHBOARD_LIMITS.dashboardReceiptMillis);
      await receipt.getByText("applied in 2 of 9 regions").waitFor();
      expect(await receipt.locator(".dot.applied").count()).toBe(2);
      api.cluster.spread(purge);
      await page.clock.runFor(DASHBOARD_LIMITS.dashboardReceiptMillis);
      await receipt.getByText("applied in 9 of 9 regions").waitFor();
      await page.locator(".purges").getByText("applied in 148 ms").waitFor();
      expect(api.bodies.at(-1)).toMatchObject({ urls: ["https://shop.example/tea"], reason: "new label" });
    });

    it("repeats the same purge, not another, when the first answer was lost", async () => {
      expected = [/502/];
      await openSignedIn();
      await page.getByText("Tags", { exact: true }).click();
      await page.getByRole("textbox", { name: "Tags" }).fill("home");
      let key: unknown;
      await page.route("**/v1/purges", async (route) => {
        if (route.request().method() !== "POST") return route.continue();
        key = route.request().postDataJSON().idempotencyKey;
        await route.fulfill({ status: 502, body: "gone" });
      });
      await page.getByRole("button", { name: "Purge 1 tag" }).click();
      await page.locator(".result .error").waitFor();
      await page.unroute("**/v1/purges");
      await page.getByRole("button", { name: "Purge 1 tag" }).click();
      await page.locator(".receipt").waitFor();
      expect(key).toMatch(/^[0-9a-f-]{36}$/);
      expect(api.bodies.map(({ idempotencyKey }) => idempotencyKey)).toEqual([key]);
    });

    it("can be tried first: it counts and purges nothing", async () => {
      await openSignedIn();
      await page.getByRole("textbox", { name: "URLs" }).fill("https://shop.example/tea");
      await page.getByRole("button", { name: "Dry run" }).click();
      await page.getByText("Would purge 17 entries, 471 KiB. Nothing was purged.").waitFor();
      expect(api.cluster.purges).toEqual([]);
    });

    it("everything is asked about first: Escape purges nothing, yes does", async () => {
      await openSignedIn();
      await page.getByText("Everything", { exact: true }).click();
      await page.getByRole("button", { name: "Purge everything" }).click();
      const question = page.getByRole("dialog", { name: "Purge everything?" });
      await question.waitFor();
      await page.keyboard.press("Escape");
      await question.waitFor({ state: "hidden" });
      expect(api.bodies).toEqual([]);
      await page.getByRole("button", { name: "Purge everything" }).click();
      await question.getByRole("button", { name: "Purge everything" }).click();
      await page.locator(".receipt").waitFor();
      expect(api.bodies).toMatchObject([{ everything: true }]);
    });

    it("shows what others wrote as text, and the browser itself refuses to run or mark it up", async () => {
      expected = [/TrustedHTML|TrustedScript/];
      const attack = '<img src=x onerror="globalThis.attacked = true"><script>globalThis.attacked = true</script>';
      const scopes = { urls: [], prefixes: [], tags: [attack], hosts: [], everything: false };
      api.cluster.accept({ soft: false, scopes, by: attack, reason: attack });
      await openSignedIn();
      await page.locator(".purges").getByText(attack).first().waitFor();
      expect(await page.locator(".purges img, .purges script").count()).toBe(0);
      // Not by virtue of the views alone: the policy has no way from text to markup or code.
      const refused = (code: string) =>
        page.evaluate(`(() => { try { ${code}; return "ran"; } catch (e) { return e.name; } })()`);
      expect(await refused(`document.body.innerHTML = "<b>x</b>"`)).toBe("TypeError");
      expect(
        await refused(
          "document.body.append(document.createElement('script')); document.scripts[1].text = 'attacked = true'",
        ),
      ).toBe("TypeError");
      expect(await page.evaluate("globalThis.attacked")).toBeUndefined();
    });
  });

  describe("draining", () => {
    it("is done with the keyboard alone, after a question, and the focus returns", async () => {
      await openSignedIn();
      const drain = page.getByRole("button", { name: "Drain apac" });
      await drain.focus();
      await page.keyboard.press("Enter");
      await page.getByRole("dialog", { name: "Drain apac?" }).waitFor();
      expect(await page.evaluate("document.activeElement.textContent")).toBe("Cancel");
      await page.keyboard.press("Tab");
      await page.keyboard.press("Enter");
      const undrain = page.getByRole("button", { name: "Undrain apac" });
      await undrain.waitFor();
      expect(await undrain.evaluate((button) => button.matches(":focus"))).toBe(true);
      expect([...api.cluster.drained]).toEqual(["apac"]);
      await page.getByText("8 of 9 regions live").waitFor();
    });

    it("is not done when the answer is Cancel", async () => {
      await openSignedIn();
      await page.getByRole("button", { name: "Drain apac" }).click();
      await page.getByRole("button", { name: "Cancel" }).click();
      await page.getByRole("dialog").waitFor({ state: "hidden" });
      await refresh();
      expect(api.cluster.drained.size).toBe(0);
    });
  });

  describe("every screen", () => {
    it.each([
      ["a desk in daylight", 1280, "light"],
      ["a desk at night", 1280, "dark"],
      ["a tablet", 800, "light"],
      ["a telephone", 400, "dark"],
    ] as const)("fits %s without scrolling sideways", async (name, width, colorScheme) => {
      await openSignedIn({ viewport: { width, height: 900 }, colorScheme });
      await refresh();
      expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(width);
      expect(await page.locator("button:visible, input:visible, textarea:visible").count()).toBeGreaterThan(10);
      const folder = process.env.MERIDIAN_SCREENSHOTS;
      if (folder === undefined) return;
      mkdirSync(folder, { recursive: true });
      await page.screenshot({ path: join(folder, `${name.replaceAll(" ", "-")}.png`), fullPage: true });
    });

    it.each([400, 360])("shows a region's name, state and button at once, %i pixels wide", async (width) => {
      await openSignedIn({ viewport: { width, height: 900 } });
      await refresh();
      const row = page.locator(".regions tbody tr").first();
      for (const [part, left] of [
        [row.locator("th strong"), 0],
        [row.locator("td").first(), 0],
        [row.getByRole("button"), width / 2],
      ] as const) {
        const box = await part.boundingBox();
        expect(box?.x).toBeGreaterThan(left);
        expect((box?.x ?? width) + Math.min(box?.width ?? width, 40)).toBeLessThanOrEqual(width);
      }
    });

    it("gives every control a name and every region of the page a heading or label", async () => {
      await openSignedIn();
      const tree = await page.locator("body").ariaSnapshot();
      expect(tree).not.toMatch(/^\s*- (button|textbox|checkbox|radio|region|img)( \[[^\]]*\])*:?$/m);
      expect(tree).toContain('- region "Attention"');
      expect(tree).toContain('- textbox "URLs"');
    });
  });
});
