// The promise on real processes: while clients in several places ask without pause, pages change and are purged from every
// region, links are cut and a region is lost. No request that begins after a purge was reported complete gets an older page.
// Pages carry their version, so an old one shows. The routes revalidate when they are cut off: they never chose to serve. `npm run soak` is the same at length.

import { afterAll, beforeAll, expect, test } from "vitest";
import type { RegionId } from "../../config/world/regions.ts";
import { type Running, startCdn } from "../fixtures/cluster.node.ts";
import { type PlainOrigin, startPlainOrigin } from "../fixtures/plain-origin.node.ts";

const REGIONS: readonly RegionId[] = ["weur", "enam", "apac", "sam"];
const PLACES = ["DE", "US", "JP", "BR"];
const PAGES = 12;

let cdn: Running;
let origin: PlainOrigin;
beforeAll(async () => {
  origin = await startPlainOrigin();
  cdn = await startCdn(22_187, {
    regions: REGIONS,
    distances: "emulated",
    input: {
      origins: { site: { url: origin.url, place: "enam", shield: "enam" } },
      regions: Object.fromEntries(REGIONS.map((region) => [region, {}])),
      routes: [
        {
          name: "copied",
          match: { paths: ["/copied/*"] },
          origin: "site",
          whenCutOff: "revalidate",
          edgeCopies: true,
        },
        { name: "all", origin: "site", whenCutOff: "revalidate" },
      ],
    },
  });
});
afterAll(async () => {
  await cdn?.end();
  await origin?.stop();
});

/** Every other page is one that edges copy. */
const pathOf = (page: number): string => `/${page % 2 === 0 ? "copied" : "plain"}/${page}`;

/** The pages, and what each purge that was reported complete forbids from then on. */
class Book {
  readonly #versions = new Map<number, number>();
  /** The oldest version that a request which begins now may get. */
  readonly #least = new Map<number, number>();
  readonly old: string[] = [];
  checked = 0;
  completed = 0;

  publish(page: number): number {
    const version = (this.#versions.get(page) ?? 0) + 1;
    this.#versions.set(page, version);
    const fields = { etag: `"${version}"`, "cache-control": "max-age=600", "cache-tag": `page-${page}` };
    origin.pages.set(pathOf(page), { body: Buffer.from(`version ${version}`), fields });
    return version;
  }

  complete(page: number, version: number): void {
    this.completed += 1;
    this.#least.set(page, Math.max(version, this.#least.get(page) ?? 0));
  }

  async visit(page: number, place: string): Promise<void> {
    const least = this.#least.get(page) ?? 0;
    const answer = await cdn.visit(pathOf(page), place);
    if (answer.status !== 200) return;
    this.checked += 1;
    const version = Number(/\d+/.exec(answer.text)?.[0]);
    if (version < least) this.old.push(`page ${page} from ${place}: ${version}, though ${least} was complete`);
  }
}

/** Publishes each page's next version and purges it at the next region's hub, all at once; counts what became complete. */
async function publishAndPurge(book: Book, timeoutSeconds: number): Promise<void> {
  await Promise.all(
    Array.from({ length: PAGES }, async (_, page) => {
      const version = book.publish(page);
      const via = REGIONS[page % REGIONS.length];
      const body = { tags: [`page-${page}`], wait: "complete", timeoutSeconds };
      const { json } = await cdn.api(`/v1/purges?via=${via}`, body);
      if ((json as { state?: string }).state === "complete") book.complete(page, version);
    }),
  );
}

test("no request that begins after a purge is complete gets an older page, whatever is cut or lost", async () => {
  const book = new Book();
  for (let page = 0; page < PAGES; page += 1) book.publish(page);
  let isOver = false;
  const client = async (number: number): Promise<void> => {
    for (let count = number; !isOver; count += 1) {
      await book.visit((count * 7) % PAGES, PLACES[number % PLACES.length] as string);
    }
  };
  const clients = Array.from({ length: 12 }, (_, number) => client(number));

  for (let round = 0; round < 3; round += 1) await publishAndPurge(book, 30);
  const afterHealth = book.completed;
  expect(afterHealth).toBe(3 * PAGES);

  cdn.cluster.cut("weur", "apac", "silent");
  cdn.cluster.cut("apac", "weur", "silent");
  await publishAndPurge(book, 4);
  cdn.cluster.heal("weur", "apac");
  cdn.cluster.heal("apac", "weur");

  await cdn.cluster.stopRegion("sam");
  await publishAndPurge(book, 4);
  await cdn.cluster.startRegion("sam");
  await publishAndPurge(book, 30);

  isOver = true;
  await Promise.all(clients);
  expect(book.old).toEqual([]);
  expect(book.completed).toBeGreaterThanOrEqual(afterHealth + PAGES);
  expect(book.checked).toBeGreaterThan(1_000);
}, 180_000);
