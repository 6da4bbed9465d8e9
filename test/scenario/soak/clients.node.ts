// Clients of a soak: each asks without pause, from one place, for one page after another, and has every answer judged by what was
// complete when it asked. Now and then one publishes nothing but demands to read what somebody just purged.

import { setTimeout as sleep } from "node:timers/promises";
import { REGIONS, type RegionId } from "../../../config/world/regions.ts";
import type { Running } from "../../fixtures/cluster.node.ts";
import type { Chance } from "../../sim/chance.ts";
import type { Book, Purge } from "./book.ts";
import { HOT, PAGES, type Page, versionIn } from "./pages.ts";

/** A client is patient, but not for ever: a request that was lost must not end its load. */
const PATIENCE_MILLIS = 15_000;

export interface Load {
  /** Requests that were sent; and, by what came instead of a page, those that got none. */
  readonly sent: number;
  readonly without: ReadonlyMap<string, number>;
}

export class Clients implements Load {
  readonly #cdn: Running;
  readonly #book: Book;
  readonly #lately: () => readonly Purge[];
  readonly without = new Map<string, number>();
  sent = 0;
  #isOver = false;
  #all: Promise<unknown> = Promise.resolve();

  /** `lately` are accepted purges that a client may demand to read after. */
  constructor(cdn: Running, book: Book, lately: () => readonly Purge[]) {
    this.#cdn = cdn;
    this.#book = book;
    this.#lately = lately;
  }

  /** Begins the load: so many clients at each region's place. */
  start(regions: readonly RegionId[], each: number, chanceOf: (name: string) => Chance): void {
    const clients = regions.flatMap((region) =>
      Array.from({ length: each }, (_, number) => this.#run(region, chanceOf(`client ${region} ${number}`))),
    );
    this.#all = Promise.all(clients);
  }

  /** Ends the load. Resolves when every request has come to its end. */
  async stop(): Promise<void> {
    this.#isOver = true;
    await this.#all;
  }

  async #run(near: RegionId, chance: Chance): Promise<void> {
    while (!this.#isOver) {
      const purge = this.#demandedBy(chance);
      const page = purge === undefined ? this.#anyPage(chance) : chance.pick([...purge.versions.keys()]);
      const status = await this.visit(
        near,
        page,
        purge,
        page.kind === "large" && chance.is(0.5) ? "bytes=1100000-1100200" : undefined,
      );
      // Where nobody answers, asking on without pause would only keep the machine from getting better.
      if (status === undefined) await sleep(50);
    }
  }

  #demandedBy(chance: Chance): Purge | undefined {
    const lately = this.#lately();
    return lately.length > 0 && chance.is(0.1) ? chance.pick(lately) : undefined;
  }

  /** Large ones cost much: seldom. */
  #anyPage(chance: Chance): Page {
    const page = chance.pick(chance.is(0.5) ? HOT : PAGES);
    return page.kind === "large" && !chance.is(0.1) ? this.#anyPage(chance) : page;
  }

  /** Asks for one page from near a region. Resolves to the status; undefined if no answer came. */
  async visit(near: RegionId, page: Page, demanded?: Purge, range?: string): Promise<number | undefined> {
    const { latitude, longitude } = REGIONS[near].place;
    const place = `${latitude},${longitude}`;
    const bounds = this.#book.boundsOf(page, demanded);
    const startedAt = new Date().toISOString();
    this.sent += 1;
    const headers = {
      host: page.host,
      ...(demanded === undefined ? {} : { "meridian-min-purge": demanded.id }),
      ...(range === undefined ? {} : { range }),
    };
    try {
      const answer = await this.#cdn.visit(page.path, place, { headers, timeoutMillis: PATIENCE_MILLIS });
      const { status } = answer;
      const isPage = status === 200 || status === 206;
      if (!isPage) this.#count(`status ${status} ${/"code":"([\w-]+)"/.exec(answer.text)?.[1] ?? ""}`.trim());
      this.#book.judge(
        {
          page,
          place: near,
          region: String(answer.headers["meridian-region"]),
          status,
          version: isPage ? versionIn(answer.text) : undefined,
          cacheStatus: String(answer.headers["cache-status"]),
          startedAt,
          answeredAt: new Date().toISOString(),
        },
        bounds,
      );
      return status;
    } catch (problem) {
      // A region that was killed, or a cut: expected here, and counted.
      const { name, code } = problem as Error & { code?: unknown };
      this.#count(name === "TimeoutError" ? "no answer in time" : String(code ?? problem));
      return undefined;
    }
  }

  #count(what: string): void {
    this.without.set(what, (this.without.get(what) ?? 0) + 1);
  }
}
