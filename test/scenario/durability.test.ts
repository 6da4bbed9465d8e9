// What `accepted` means on real processes: purges are posted at every region without pause while one process after another is
// killed (SIGKILL) and started again; the last one is cut off before, and loses its disk. Afterwards every hub holds every purge that was
// acknowledged, lists it, and it becomes complete. A region whose disk is gone comes back as a new incarnation.

import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { RegionId } from "../../config/world/regions.ts";
import { type Running, startCdn } from "../fixtures/cluster.node.ts";
import { Chances } from "../sim/chance.ts";
import { Book } from "./soak/book.ts";
import { Faults } from "./soak/faults.node.ts";
import { Purger, wishBy } from "./soak/purger.node.ts";
import { configurationFor, type Site, startSite } from "./soak/site.node.ts";

const REGIONS: readonly RegionId[] = ["enam", "weur", "apac"];
const chances = new Chances(4);
const book = new Book();

let site: Site;
let cdn: Running;
beforeAll(async () => {
  site = await startSite(book, chances.of("origin"));
  cdn = await startCdn(24_600, {
    regions: REGIONS,
    distances: "emulated",
    input: configurationFor(site.url, REGIONS),
  });
});
afterAll(async () => {
  await cdn?.end();
  await site?.stop();
});

/** The incarnation of a region's hub, as another region knows it. */
async function incarnationOf(region: RegionId): Promise<string | undefined> {
  const { json } = await cdn.api("/v1/regions");
  const { regions } = json as { regions: { id: string; hub?: { id: string } }[] };
  return regions.find(({ id }) => id === region)?.hub?.id;
}

test("an accepted purge survives the killing of any process at any moment, and the loss of one disk for good", async () => {
  const purger = new Purger(cdn, book);
  const faults = new Faults(cdn, REGIONS);
  const atLeast = (count: number) =>
    vi.waitFor(() => expect(purger.accepted.size).toBeGreaterThanOrEqual(count), { timeout: 30_000, interval: 5 });
  const everybodyKnows = () =>
    vi.waitFor(async () => expect(await purger.unheld("enam", REGIONS)).toEqual([]), {
      timeout: 90_000,
      interval: 300,
    });
  let isOver = false;
  const post = async (via: RegionId): Promise<void> => {
    while (!isOver) await purger.purge(via, wishBy(chances.of(via)), "accepted", 5);
  };
  const posting = REGIONS.flatMap((region) => [post(region), post(region)]);

  for (const region of REGIONS) {
    // In the middle of accepting: some are acknowledged, others are under way.
    await atLeast(purger.accepted.size + 12);
    const start = await faults.kill(region, "kept");
    await atLeast(purger.accepted.size + 12);
    await start();
  }
  const before = await incarnationOf("weur");
  expect(before).toBeDefined();
  // What nobody else can be told is not acknowledged, so losing it with its disk breaks no word.
  const heal = faults.isolate(["weur"], "silent");
  await purger.purge("weur", wishBy(chances.of("cut off")), "accepted", 5);
  const start = await faults.kill("weur", "lost");
  await heal();
  await atLeast(purger.accepted.size + 12);
  await start();
  await atLeast(purger.accepted.size + 12);
  isOver = true;
  await Promise.all(posting);

  await everybodyKnows();
  expect(await incarnationOf("weur")).not.toBe(before);
  await vi.waitFor(async () => expect(await purger.follow(REGIONS)).toEqual([]), { timeout: 60_000, interval: 500 });
  for (const region of REGIONS) {
    expect(await purger.unlisted(region), region).toEqual([]);
    for (const { id } of purger.purges.filter((_, index) => index % 20 === 0)) {
      expect(await purger.receipt(region, id), region).toMatchObject({ id, state: "complete", missing: [] });
    }
  }
  expect([...purger.accepted.keys()].some((id) => id.startsWith(`${before}.`))).toBe(true);
}, 240_000);
