// Purges of a soak: publishes new versions, purges them at some region's own control API, and follows each purge until it is
// complete. It never forgets one that was accepted: at the end each must be known to every hub, listed, and complete.

import { setTimeout as sleep } from "node:timers/promises";
import type { RegionId } from "../../../config/world/regions.ts";
import { covers, type Dot, parseDot, type Vector } from "../../../control-plane/purge/vector.ts";
import type { Running } from "../../fixtures/cluster.node.ts";
import type { Chance } from "../../sim/chance.ts";
import type { Book, Purge } from "./book.ts";
import { HOT, PAGES, type Page, pagesOf, type Scope, type ScopeKind, scopeAbout } from "./pages.ts";

interface ReceiptAnswer {
  readonly id?: string;
  readonly state?: string;
  readonly code?: string;
}

interface RegionAnswer {
  readonly id: string;
  readonly hub?: { readonly vector: Vector };
}

/** What is to be purged. */
export interface Wish {
  readonly scope: Scope;
  readonly severity: Purge["severity"];
}

/** How many kinds of scopes there are of each ten or so. */
const KINDS: readonly (readonly [ScopeKind, number])[] = [
  ["url", 0.4],
  ["tag", 0.7],
  ["prefix", 0.86],
  ["host", 0.96],
  ["everything", 1],
];

export class Purger {
  readonly #cdn: Running;
  readonly #book: Book;
  readonly accepted = new Map<string, Purge>();
  /** Purges that no hub took, by why. */
  readonly refused = new Map<string, number>();
  asked = 0;
  /** Repetitions under a key that became a purge of their own, as may happen while hubs are cut off. */
  twice = 0;
  #isOver = false;
  #all: Promise<unknown> = Promise.resolve();

  constructor(cdn: Running, book: Book) {
    this.#cdn = cdn;
    this.#book = book;
  }

  get purges(): readonly Purge[] {
    return [...this.accepted.values()];
  }

  /** Accepted hard purges of the last moments. */
  readonly lately = (): readonly Purge[] => this.purges.slice(-8).filter(({ severity }) => severity === "hard");

  /** Begins to purge: `count` at a time, by chance, waiting `timeoutSeconds` for each to be complete. */
  start(regions: readonly RegionId[], count: number, timeoutSeconds: number, chanceOf: (name: string) => Chance): void {
    const run = async (chance: Chance): Promise<void> => {
      while (!this.#isOver) await this.purge(chance.pick(regions), wishBy(chance), "complete", timeoutSeconds);
    };
    const follow = async (): Promise<void> => {
      while (!this.#isOver) {
        await this.follow(regions);
        await sleep(1_000);
      }
    };
    this.#all = Promise.all([
      follow(),
      ...Array.from({ length: count }, (_, number) => run(chanceOf(`purger ${number}`))),
    ]);
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await this.#all;
  }

  /**
   * Publishes and purges, asking one region. Waits first until it is accepted, as all who want to read what they published do,
   * and then asks again under the same key until it is complete or the time is up.
   */
  async purge(
    via: RegionId,
    { scope, severity }: Wish,
    wait: "accepted" | "complete",
    timeoutSeconds: number,
  ): Promise<Purge | undefined> {
    this.asked += 1;
    const versions = this.#book.publish(pagesOf(scope).filter((page) => severity === "hard" || mayPurgeSoftly(page)));
    const startedAt = performance.now();
    const askedAt = new Date().toISOString();
    const body = {
      ...scope,
      soft: severity === "soft",
      idempotencyKey: `soak ${this.asked} ${askedAt}`.replaceAll(" ", "-"),
    };
    const { id, state, code } = await this.#ask(via, "/v1/purges", { ...body, wait: "accepted" }, 20_000);
    if (id === undefined || state === undefined) {
      this.#count(this.refused, code ?? "no answer");
      // Where nobody takes it, asking on without pause would only keep the machine from getting better.
      await sleep(100);
      return undefined;
    }
    const acceptedAfterMillis = performance.now() - startedAt;
    const purge: Purge = {
      id,
      scope,
      severity,
      via,
      versions,
      askedAt,
      acceptedAfterMillis,
      wasPartial: state === "partial",
    };
    this.accepted.set(id, purge);
    if (wait === "accepted") return purge;
    const later = await this.#ask(via, "/v1/purges", { ...body, wait, timeoutSeconds }, (timeoutSeconds + 20) * 1_000);
    if (later.id !== undefined && later.id !== id) this.twice += 1;
    this.#hear(later);
    return purge;
  }

  /** Asks some region how far the purges are that are not complete. */
  async follow(regions: readonly RegionId[]): Promise<readonly Purge[]> {
    const isOpen = ({ completeAt }: Purge): boolean => completeAt === undefined;
    const { purges } = this;
    const oldest = purges.findIndex(isOpen);
    if (oldest < 0) return [];
    const live = regions.filter((region) => this.#cdn.cluster.region(region).pid !== undefined);
    const via = live[this.asked % live.length];
    // Newest first, and a page more, since hubs' clocks order the list.
    const pages = Math.ceil((purges.length - oldest) / 100) + 1;
    if (via !== undefined) for (const receipt of await this.#list(via, pages)) this.#hear(receipt);
    return this.purges.filter(isOpen);
  }

  /** Accepted purges that some region's hub does not hold, by the vectors of all as one region gathers them. */
  async unheld(via: RegionId, regions: readonly RegionId[]): Promise<readonly string[]> {
    const ids = [...this.accepted.keys()];
    const answer = (await this.#ask(via, "/v1/regions", undefined, 10_000)) as { regions?: RegionAnswer[] };
    return regions.flatMap((region) => {
      const vector = answer.regions?.find(({ id }) => id === region)?.hub?.vector;
      if (vector === undefined) return [`${region} does not answer`];
      return ids.filter((id) => !covers(vector, parseDot(id) as Dot)).map((id) => `${region} lacks ${id}`);
    });
  }

  /** Which of the accepted purges a region's hub does not list. */
  async unlisted(via: RegionId): Promise<readonly string[]> {
    const listed = new Set((await this.#list(via, Number.POSITIVE_INFINITY)).map(({ id }) => id));
    return [...this.accepted.keys()].filter((id) => !listed.has(id));
  }

  /** A purge's receipt as one region gives it. */
  receipt(via: RegionId, id: string): Promise<ReceiptAnswer> {
    return this.#ask(via, `/v1/purges/${id}`, undefined, 10_000);
  }

  async #list(via: RegionId, pages: number): Promise<readonly ReceiptAnswer[]> {
    const found: ReceiptAnswer[] = [];
    let cursor: string | undefined;
    for (let page = 0; page < pages; page += 1) {
      const more = cursor === undefined ? "" : `&cursor=${encodeURIComponent(cursor)}`;
      const answer = (await this.#ask(via, `/v1/purges?limit=100${more}`, undefined, 15_000)) as {
        purges?: ReceiptAnswer[];
        cursor?: string;
      };
      found.push(...(answer.purges ?? []));
      cursor = answer.cursor;
      if (cursor === undefined) break;
    }
    return found;
  }

  #count(counts: Map<string, number>, what: string): void {
    counts.set(what, (counts.get(what) ?? 0) + 1);
  }

  #hear({ id, state }: ReceiptAnswer): void {
    const purge = this.accepted.get(id ?? "");
    if (purge === undefined || purge.completeAt !== undefined) return;
    if (state === "complete") this.#complete(purge);
    if (state === "partial") purge.wasPartial = true;
  }

  #complete(purge: Purge): void {
    purge.completeAt = new Date().toISOString();
    purge.completeAfterMillis = Date.parse(purge.completeAt) - Date.parse(purge.askedAt);
    this.#book.complete(purge);
  }

  /** Asks one region's control API. What cannot be reached gives an empty answer. */
  async #ask(region: RegionId, path: string, body: unknown, timeoutMillis: number): Promise<ReceiptAnswer> {
    const { cluster } = this.#cdn;
    try {
      const answer = await this.#cdn.ask(`http://127.0.0.1:${cluster.region(region).options.ports.control}${path}`, {
        method: body === undefined ? "GET" : "POST",
        headers: { authorization: `Bearer ${cluster.token}`, "content-type": "application/json" },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        timeoutMillis,
      });
      return JSON.parse(answer.text) as ReceiptAnswer;
    } catch {
      // The region was killed, or is down: expected here, and counted by the caller.
      return {};
    }
  }
}

/** Where all versions share a date, a soft purge lets the origin confirm an old one, which is the origin's own word. */
const mayPurgeSoftly = (page: Page): boolean => page.kind !== "dated";

/** Some purge. Wide ones are rare, since each makes much cold. */
export function wishBy(chance: Chance): Wish {
  const luck = chance.number();
  const [kind] = KINDS.find(([, upTo]) => luck < upTo) as (typeof KINDS)[number];
  const page = chance.pick(chance.is(0.4) ? HOT : PAGES);
  const scope = scopeAbout(page, kind, chance.is(0.8) ? "one page" : "a section");
  const isNarrow = kind === "url" || kind === "tag";
  return { scope, severity: isNarrow && chance.is(0.2) ? "soft" : "hard" };
}
