// A prefetch from beginning to end, with an edge that answers as a test says and a clock that only tests move.

import { describe, expect, test } from "vitest";
import { LIMITS } from "../../../config/limits.ts";
import { bytes, epochMillis, millis } from "../../../config/units.ts";
import type { Warmed, WarmQuery } from "../../../config/warming.ts";
import { PREFETCH_LIMITS } from "../../../control-plane/prefetch/limits.ts";
import type { PrefetchLine } from "../../../control-plane/prefetch/lines.ts";
import { type Prefetch, prefetch } from "../../../control-plane/prefetch/prefetch.ts";

type Answered = Extract<Warmed, { readonly kind: "answered" }>;
/** What differs from an answer that is stored; or something else than an answer. */
type Answering = (query: WarmQuery) => Partial<Omit<Answered, "kind">> | Exclude<Warmed, Answered>;

class World {
  time = 1_000_000;
  readonly asked: WarmQuery[] = [];
  readonly lines: PrefetchLine[] = [];
  mostAtOnce = 0;
  heard = true;
  answering: Answering = () => ({});
  mayAsk: (url: string) => boolean = () => true;
  siteOf = (url: string): string => url;
  #under = 0;

  async run(asked: Partial<Prefetch>, concurrency = 4): Promise<Extract<PrefetchLine, { kind: "ended" }>> {
    await prefetch(
      { urls: [], regions: ["weur"], ...asked },
      {
        warm: (query) => this.#warm(query),
        textOf: async (content) => new TextDecoder().decode(content),
        mayAsk: (url) => this.mayAsk(url),
        siteOf: (url) => this.siteOf(url),
        now: () => epochMillis(this.time),
        tell: async (line) => {
          this.lines.push(line);
          return this.heard ? "heard" : "unheard";
        },
        concurrency,
      },
    );
    const last = this.lines.at(-1);
    if (last?.kind !== "ended") throw new Error("the last line says how it ended");
    return last;
  }

  async #warm(query: WarmQuery): Promise<Warmed> {
    this.asked.push(query);
    this.mostAtOnce = Math.max(this.mostAtOnce, ++this.#under);
    await Promise.resolve();
    this.#under -= 1;
    const answer = this.answering(query);
    if ("kind" in answer) return answer;
    const base = { region: query.region ?? "weur", status: 200, outcome: "miss", stored: true, bytes: bytes(10) };
    return { ...base, took: millis(1), ...answer, kind: "answered" };
  }

  of<Kind extends PrefetchLine["kind"]>(kind: Kind): Extract<PrefetchLine, { kind: Kind }>[] {
    return this.lines.filter((line): line is Extract<PrefetchLine, { kind: Kind }> => line.kind === kind);
  }
}

const numbered = (count: number): string[] => Array.from({ length: count }, (_, index) => `https://a.example/${index}`);
const text =
  (content: string): Answering =>
  () => ({ content: new TextEncoder().encode(content) });
const urlset = (...urls: readonly string[]): string =>
  `<urlset>${urls.map((url) => `<url><loc>${url}</loc></url>`).join("")}</urlset>`;

describe("visits", () => {
  test("go to each URL in each region, and are told one by one", async () => {
    const world = new World();
    const ended = await world.run({ urls: numbered(3), regions: ["weur", "apac"], after: "weur.abcd12.7" });
    expect(world.lines[0]).toEqual({ kind: "began", urls: 3, regions: 2, visits: 6 });
    expect(world.asked.map(({ url, region, after }) => `${url} ${region} ${after}`).sort()).toEqual(
      numbered(3).flatMap((url) => [`${url} apac weur.abcd12.7`, `${url} weur weur.abcd12.7`]),
    );
    expect(world.of("visited")).toHaveLength(6);
    expect(ended).toMatchObject({ warm: 6, unstored: 0, failed: 0, bytes: 60, left: [] });
  });

  test("are counted by what became of them", async () => {
    const world = new World();
    const outcomes: Record<string, ReturnType<Answering>> = {
      "https://a.example/0": { outcome: "hit" },
      "https://a.example/1": { stored: false },
      "https://a.example/2": { status: 404 },
      "https://a.example/3": { kind: "passed-over", reason: "residency" },
      "https://a.example/4": { kind: "failed", detail: "lost" },
      "https://a.example/5": { kind: "invalid", parameter: "url", detail: "no route" },
    };
    world.answering = ({ url }) => outcomes[url] ?? {};
    expect(await world.run({ urls: numbered(6) })).toMatchObject({
      warm: 1,
      unstored: 1,
      passedOver: 1,
      failed: 3,
      left: [],
    });
    expect(world.of("failed").map(({ detail }) => detail)).toEqual(["lost", "url: no route"]);
  });

  test("are as many at once as allowed, and no more", async () => {
    for (const concurrency of [1, 3]) {
      const world = new World();
      await world.run({ urls: numbered(20) }, concurrency);
      expect(world.mostAtOnce).toBe(concurrency);
    }
  });

  test("without regions are where a client from there would be served", async () => {
    const world = new World();
    await world.run({ urls: numbered(1), regions: undefined, from: "JP" });
    expect(world.asked).toEqual([{ url: "https://a.example/0", from: "JP" }]);
  });

  test("beyond the most of one request are handed back as whole URLs", async () => {
    const world = new World();
    const urls = numbered(PREFETCH_LIMITS.prefetchVisits / 2 + 3);
    const ended = await world.run({ urls, regions: ["weur", "apac"] });
    expect(world.asked).toHaveLength(PREFETCH_LIMITS.prefetchVisits);
    expect(ended.left).toEqual(urls.slice(-3));
  });

  test("are not begun when the time is up, and what was not come to is handed back", async () => {
    const world = new World();
    world.answering = () => {
      world.time += PREFETCH_LIMITS.prefetchMillis / 2;
      return {};
    };
    const ended = await world.run({ urls: numbered(5) }, 1);
    expect(world.asked).toHaveLength(2);
    expect(ended.left).toEqual(numbered(5).slice(2));
  });

  test("go on for a while when nobody reads along, and not for long", async () => {
    const world = new World();
    world.heard = false;
    world.answering = () => {
      world.time += LIMITS.prefetchUnheardMillis / 4;
      return {};
    };
    await world.run({ urls: numbered(50) }, 1);
    expect(world.asked).toHaveLength(4);
  });
});

describe("a sitemap", () => {
  const sitemap = "https://a.example/sitemap.xml";

  test("is asked for through the CDN, and its URLs are warmed with the others", async () => {
    const world = new World();
    world.answering = (query) =>
      query.keep === undefined ? {} : text(urlset("https://a.example/1", "https://a.example/9"))(query);
    const ended = await world.run({ urls: numbered(2), sitemap, from: "JP" });
    expect(world.asked[0]).toEqual({ url: sitemap, keep: PREFETCH_LIMITS.sitemapBytes, from: "JP" });
    expect(world.of("began")).toEqual([{ kind: "began", urls: 3, regions: 1, visits: 3 }]);
    expect(ended.warm).toBe(3);
  });

  test("names URLs of its own host and of the token's alone", async () => {
    const world = new World();
    world.mayAsk = (url) => !url.includes("secret");
    world.answering = (query) =>
      query.keep === undefined
        ? {}
        : text(urlset("https://a.example/1", "http://10.0.0.1/admin", "https://a.example/secret", "/relative"))(query);
    await world.run({ sitemap });
    expect(world.asked.map(({ url }) => url)).toEqual([sitemap, "https://a.example/1"]);
    expect(world.of("passed-over").map(({ url, reason }) => [url, reason])).toEqual([
      ["http://10.0.0.1/admin", "other-host"],
      ["https://a.example/secret", "token"],
    ]);
    expect(world.of("failed").map(({ url }) => url)).toEqual(["/relative"]);
  });

  test("may name its host by an alias, under which nothing is warmed twice", async () => {
    const world = new World();
    world.siteOf = (url) => url.replace("//www.a.example/", "//a.example/");
    world.answering = (query) =>
      query.keep === undefined ? {} : text(urlset("https://www.a.example/1", "https://a.example/1"))(query);
    await world.run({ sitemap });
    expect(world.asked.map(({ url }) => url)).toEqual([sitemap, "https://a.example/1"]);
  });

  test("of sitemaps is followed once, on its own host, and to a bounded number", async () => {
    const world = new World();
    const index = (urls: readonly string[]): string =>
      `<sitemapindex>${urls.map((url) => `<sitemap><loc>${url}</loc></sitemap>`).join("")}</sitemapindex>`;
    const parts = [...numbered(PREFETCH_LIMITS.sitemaps + 4), "https://b.example/"];
    world.answering = (query) => {
      if (query.keep === undefined) return {};
      if (query.url === sitemap) return text(index(parts))(query);
      return text(query.url === "https://a.example/0" ? index(parts) : urlset(`${query.url}/page`))(query);
    };
    const ended = await world.run({ sitemap });
    expect(world.asked.filter(({ keep }) => keep !== undefined)).toHaveLength(PREFETCH_LIMITS.sitemaps);
    expect(world.asked.some(({ url }) => url.includes("b.example"))).toBe(false);
    expect(world.of("no-sitemap").filter(({ detail }) => detail.includes("within an index"))).toHaveLength(1);
    expect(world.of("no-sitemap").filter(({ detail }) => detail.includes("beyond"))).toHaveLength(5);
    expect(ended.warm).toBe(PREFETCH_LIMITS.sitemaps - 2);
  });

  test.each<[string, ReturnType<Answering>]>([
    ["is not there", { status: 404 }],
    ["is too large", {}],
    ["is no sitemap", { content: new TextEncoder().encode("<html></html>") }],
    ["cannot be had", { kind: "failed", detail: "lost" }],
  ])("that %s is told, and the rest is warmed", async (_what, answer) => {
    const world = new World();
    world.answering = (query) => (query.keep === undefined ? {} : answer);
    const ended = await world.run({ urls: numbered(1), sitemap });
    expect(world.of("no-sitemap")).toHaveLength(1);
    expect(ended.warm).toBe(1);
  });

  test("with more URLs than one prefetch takes says how many were left out", async () => {
    const world = new World();
    world.answering = (query) =>
      query.keep === undefined ? {} : text(urlset(...numbered(LIMITS.prefetchUrls + 7)))(query);
    const ended = await world.run({ urls: ["https://a.example/other"], sitemap });
    expect(ended.omitted).toBe(8);
    expect(ended.left).toHaveLength(LIMITS.prefetchUrls - PREFETCH_LIMITS.prefetchVisits);
  });
});
