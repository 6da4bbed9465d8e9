// What purges forbid, and whether an answer breaks it. A page's version that was published before a purge began is the oldest
// that a request may get which begins after the purge was told to be complete, or that names the purge in
// Meridian-Min-Purge. Routes that serve when they are cut off are held to the same: here each region's shards reach their own hub,
// and a receipt counts a region that nobody can reach as complete only when its minute of serving is over too.
// It only compares versions: it knows nothing of hubs, leases or caches.

import type { Page, Scope } from "./pages.ts";

/** A purge that was asked for, and what is known of it. */
export interface Purge {
  /** The receipt's. */
  readonly id: string;
  readonly scope: Scope;
  readonly severity: "hard" | "soft";
  /** The region whose control API was asked. */
  readonly via: string;
  /** The versions that stood at the origin before it was asked for. */
  readonly versions: ReadonlyMap<Page, number>;
  readonly askedAt: string;
  acceptedAfterMillis: number;
  /** When the client heard that it is complete, and after how long. */
  completeAt?: string;
  completeAfterMillis?: number;
  /** Whether it was first told to be partial. */
  wasPartial: boolean;
}

/** The oldest version that an answer may hold, and the purge that says so. */
export interface Bound {
  readonly version: number;
  readonly purge: Purge;
}

/** What a client saw. */
export interface Seen {
  readonly page: Page;
  readonly place: string;
  readonly region: string;
  readonly status: number;
  readonly version: number | "mixed" | undefined;
  readonly cacheStatus: string;
  readonly startedAt: string;
  readonly answeredAt: string;
}

/** An answer that breaks a promise, with all that a reader needs to find out why. */
export interface Breach {
  readonly promise:
    | "nothing older after complete"
    | "nothing older than Meridian-Min-Purge"
    | "no fresh hit after soft"
    | "only who chose to serve does so when cut off"
    | "one version";
  readonly seen: Seen;
  readonly bound: Bound | undefined;
}

/** What a request that begins now may not be older than. */
export interface Bounds {
  readonly hard: Bound | undefined;
  readonly soft: Bound | undefined;
  readonly demanded: Bound | undefined;
}

export class Book {
  readonly #versions = new Map<Page, number>();
  readonly #hard = new Map<Page, Bound>();
  readonly #soft = new Map<Page, Bound>();
  readonly breaches: Breach[] = [];
  /** Answers with a page, by what could be said of them. */
  readonly counts = { checked: 0, bounded: 0, demanding: 0, cutOff: 0 };

  /** The version that the origin answers with now. */
  version(page: Page): number {
    return this.#versions.get(page) ?? 1;
  }

  /** Publishes the next version of each page, and says which those are. */
  publish(pages: readonly Page[]): ReadonlyMap<Page, number> {
    for (const page of pages) this.#versions.set(page, this.version(page) + 1);
    return new Map(pages.map((page) => [page, this.version(page)]));
  }

  /** A purge was told to be complete. */
  complete(purge: Purge): void {
    const bounds = purge.severity === "hard" ? this.#hard : this.#soft;
    for (const [page, version] of purge.versions) {
      if (version > (bounds.get(page)?.version ?? 0)) bounds.set(page, { version, purge });
    }
  }

  /** To be asked before a request leaves. `demanded`: the purge that it names in Meridian-Min-Purge. */
  boundsOf(page: Page, demanded: Purge | undefined): Bounds {
    const version = demanded?.versions.get(page);
    return {
      hard: this.#hard.get(page),
      soft: this.#soft.get(page),
      demanded: demanded === undefined || version === undefined ? undefined : { version, purge: demanded },
    };
  }

  /** Judges an answer by what bounded its request. Errors hold no page and break nothing; they are counted elsewhere. */
  judge(seen: Seen, { hard, soft, demanded }: Bounds): void {
    const { version } = seen;
    if (version === undefined) return;
    this.counts.checked += 1;
    if (hard !== undefined) this.counts.bounded += 1;
    if (demanded !== undefined) this.counts.demanding += 1;
    const isUnasked = isHitWithoutLease(seen.cacheStatus);
    if (isUnasked) this.counts.cutOff += 1;
    if (version === "mixed") return void this.breaches.push({ promise: "one version", seen, bound: undefined });
    if (isOlder(version, demanded)) {
      this.breaches.push({ promise: "nothing older than Meridian-Min-Purge", seen, bound: demanded });
    } else if (isOlder(version, hard)) {
      this.breaches.push({ promise: "nothing older after complete", seen, bound: hard });
    } else if (isUnasked && seen.page.policy !== "serve") {
      this.breaches.push({ promise: "only who chose to serve does so when cut off", seen, bound: undefined });
    } else if (isOlder(version, soft) && hasFreshHit(seen.cacheStatus)) {
      this.breaches.push({ promise: "no fresh hit after soft", seen, bound: soft });
    }
  }
}

const isOlder = (version: number, bound: Bound | undefined): boolean => bound !== undefined && version < bound.version;

/** Whether some tier gave out what it had stored, unasked, though it had no lease. */
const isHitWithoutLease = (cacheStatus: string): boolean =>
  cacheStatus.split(",").some((member) => /; ?hit/.test(member) && /; ?detail=cut-off/.test(member));

/**
 * Whether some tier gave out as fresh what it had stored (RFC 9211). Not where it came from another request's fill, which may have
 * begun before the purge, nor where it was cut off.
 */
const hasFreshHit = (cacheStatus: string): boolean =>
  !/collapsed|detail=cut-off/.test(cacheStatus) && /; ?hit; ?ttl=\d/.test(cacheStatus);
