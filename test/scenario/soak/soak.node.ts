// The story of a soak: a CDN of real processes under continuous load, purged without pause from all regions while it is cut and
// killed. Then all is healed, and everything that was accepted must become complete, be known to every hub, and every page
// be there. It ends at once at the first answer that breaks a promise.

import { setTimeout as sleep } from "node:timers/promises";
import type { RegionId } from "../../../config/world/regions.ts";
import { type Running, startCdn } from "../../fixtures/cluster.node.ts";
import { type Chance, Chances } from "../../sim/chance.ts";
import { MUTANTS } from "../../sim/mutants.ts";
import { Book } from "./book.ts";
import { Clients } from "./clients.node.ts";
import { Faults, nextFault } from "./faults.node.ts";
import { mutatedTree } from "./mutated-tree.node.ts";
import { PAGES } from "./pages.ts";
import { Purger, wishBy } from "./purger.node.ts";
import { configurationFor, type Site, startSite } from "./site.node.ts";

export interface SoakOptions {
  readonly regions: readonly RegionId[];
  /** It goes on until both are reached. */
  readonly purges: number;
  readonly minutes: number;
  readonly seed: number;
  readonly frontDoor: number;
  /** Clients at each region's place, and purges at a time. */
  readonly clientsEach: number;
  readonly purgers: number;
  /** A mutant of the simulator's by name. */
  readonly mutant?: string | undefined;
  /** Hears what happens, as lines. */
  readonly say: (line: string) => void;
}

/** What a soak came to. It passed if there are neither breaches nor problems. */
export interface SoakOutcome {
  readonly book: Book;
  readonly purger: Purger;
  readonly clients: Clients;
  readonly faults: Faults;
  readonly originRequests: number;
  readonly seconds: number;
  /** What was not as it must be after everything was healed. */
  readonly problems: readonly string[];
}

/** How long everything may take to come to rest after the last fault. */
const REST_MILLIS = 150_000;
/** How long a purge is waited for before its purger goes on to the next; the rest of its way is followed beside. */
const PATIENCE_SECONDS = 6;

/** Runs a soak. Throws if there is no such mutant, or if the CDN does not start. */
export async function soak(options: SoakOptions): Promise<SoakOutcome> {
  const mutant = MUTANTS.find(({ name }) => name === options.mutant);
  if (options.mutant !== undefined && mutant === undefined) throw new Error(`there is no mutant ${options.mutant}`);
  const tree = mutant === undefined ? undefined : await mutatedTree(mutant);
  const chances = new Chances(options.seed);
  const book = new Book();
  const site = await startSite(book, chances.of("origin"));
  let cdn: Running | undefined;
  try {
    cdn = await startCdn(options.frontDoor, {
      regions: options.regions,
      distances: "emulated",
      input: configurationFor(site.url, options.regions),
      ...(tree === undefined ? {} : { workerEntry: tree.workerEntry }),
      onEvent: (event) => event.kind === "step" && options.say(event.step),
    });
    return await run(options, { cdn, site, book, chances });
  } finally {
    await cdn?.end();
    await site.stop();
    await tree?.remove();
  }
}

interface World {
  readonly cdn: Running;
  readonly site: Site;
  readonly book: Book;
  readonly chances: Chances;
}

async function run(options: SoakOptions, { cdn, site, book, chances }: World): Promise<SoakOutcome> {
  const { regions, say } = options;
  const startedAt = performance.now();
  const purger = new Purger(cdn, book);
  const clients = new Clients(cdn, book, purger.lately);
  const faults = new Faults(cdn, regions);
  const problems: string[] = [];
  const seconds = (): number => Math.round((performance.now() - startedAt) / 1000);
  const said = (what: string): void =>
    say(
      `${String(seconds()).padStart(5)} s  ${purger.asked} purges, ${purger.purges.filter(({ completeAt }) => completeAt).length} complete, ${book.counts.checked} answers checked, ${book.breaches.length} old  ${what}`,
    );
  const isOver = (): boolean =>
    book.breaches.length > 0 || (seconds() >= options.minutes * 60 && purger.asked >= options.purges);
  const chanceOf = (name: string): Chance => chances.of(name);

  clients.start(regions, options.clientsEach, chanceOf);
  purger.start(regions, options.purgers, PATIENCE_SECONDS, chanceOf);
  const chance = chances.of("faults");
  while (!isOver()) {
    await pause(chance.between(2_000, 7_000), isOver);
    if (isOver()) break;
    const kind = nextFault(chance);
    // What only two hubs hold yet would be lost with two disks, which is no promise.
    if (kind === "disk lost" && !(await isWithin(20_000, async () => (await heldBy(purger, regions)).length === 0))) {
      said("no disk is lost now: not everybody knows everything");
      continue;
    }
    const episode = await faults.begin(kind, chance, (region) => burst(purger, region, chance));
    said(episode.what);
    await pause(episode.lastsMillis, isOver);
    await episode.end();
    said("healed");
  }

  await purger.stop();
  if (book.breaches.length === 0) problems.push(...(await afterHealing(options, { cdn, book, purger, clients }, said)));
  await clients.stop();
  return { book, purger, clients, faults, originRequests: site.requests(), seconds: seconds(), problems };
}

/** Asks one region for many purges at once, and resolves when the first are accepted. */
async function burst(purger: Purger, region: RegionId, chance: Chance): Promise<void> {
  const before = purger.accepted.size;
  const all = Promise.all(Array.from({ length: 12 }, () => purger.purge(region, wishBy(chance), "accepted", 3)));
  const some = before + chance.between(1, 6);
  await Promise.race([all, isWithin(3_000, async () => purger.accepted.size >= some)]);
}

/** What is not as it must be once all is healed: liveness, durability, and every page the newest for everybody. */
async function afterHealing(
  { regions }: SoakOptions,
  { cdn, book, purger, clients }: { cdn: Running; book: Book; purger: Purger; clients: Clients },
  said: (what: string) => void,
): Promise<string[]> {
  said("all is healed; waiting for rest");
  const problems: string[] = [];
  for (const { region, state } of cdn.cluster.regions()) if (state !== "live") problems.push(`${region} is ${state}`);
  await isWithin(REST_MILLIS, async () => (await purger.follow(regions)).length === 0);
  for (const { id, askedAt } of await purger.follow(regions)) {
    const receipt = JSON.stringify(await purger.receipt(regions[0] as RegionId, id));
    problems.push(`a purge of ${askedAt} was accepted and does not become complete: ${receipt}`);
  }
  await isWithin(REST_MILLIS, async () => (await heldBy(purger, regions)).length === 0);
  problems.push(...(await heldBy(purger, regions)));
  for (const region of regions) {
    for (const id of await purger.unlisted(region)) problems.push(`${region} does not list ${id}`);
    for (const { id } of purger.purges.slice(-5)) {
      const { state } = await purger.receipt(region, id);
      if (state !== "complete") problems.push(`${region} says of ${id}: ${state}`);
    }
  }
  const last = await purger.purge(
    regions[0] as RegionId,
    { scope: { everything: true }, severity: "hard" },
    "complete",
    30,
  );
  if (last?.completeAt === undefined) problems.push("a purge of everything after healing does not become complete");
  for (const region of regions) {
    for (const page of PAGES) {
      const status = await clients.visit(region, page);
      if (status !== 200) problems.push(`${page.host}${page.path} from ${region}: ${status ?? "no answer"}`);
    }
  }
  // Every page was published anew and purged, so whatever is older than that is a breach by now.
  problems.push(...book.breaches.map(({ seen }) => `an old answer after healing from ${seen.place}`));
  return problems;
}

const heldBy = (purger: Purger, regions: readonly RegionId[]): Promise<readonly string[]> =>
  purger.unheld(regions[0] as RegionId, regions);

/** Waits until `isSo`, at most so long. Answers whether it came to be so. */
async function isWithin(limitMillis: number, isSo: () => Promise<boolean>): Promise<boolean> {
  const deadline = performance.now() + limitMillis;
  while (performance.now() < deadline) {
    if (await isSo()) return true;
    await sleep(200);
  }
  return isSo();
}

async function pause(millis: number, isOver: () => boolean): Promise<void> {
  const deadline = performance.now() + millis;
  while (performance.now() < deadline && !isOver()) await sleep(Math.min(200, deadline - performance.now()));
}
