// The windows in which this node does not store refills: they open when it learns of a purge with a settle time, and match like
// purges (purge-target.ts). A window uses only this node's clock. One that has long expired by the accepting hub's clock is not
// opened, so that a node started a day later does not stop caching for nothing. If there are too many, a window over a host
// replaces those within it (fold.ts), which excludes too much from storage, never too little. Scopes that no host covers become
// one short window over everything.

import { LIMITS } from "../../config/limits.ts";
import { type EpochMillis, epochMillis } from "../../config/units.ts";
import type { MinVersion, Scope } from "./event.ts";
import { type FoldedInto, foldedInto, planFolds } from "./fold.ts";
import { PURGE_LIMITS } from "./limits.ts";
import type { PurgeTarget } from "./purge-target.ts";
import { endOf, isNewEnough, type Settle, type Version } from "./settle.ts";

interface Window {
  readonly until: EpochMillis;
  readonly minVersion?: MinVersion | undefined;
}

const EVERYTHING = "everything";

export class SettleWindows {
  /** By kind of scope and probe, `url https://h/a`. */
  readonly #windows = new Map<string, Window[]>();
  #count = 0;
  #latest = epochMillis(0);
  readonly #most: number;
  readonly #folds: Record<FoldedInto, number> = { host: 0, subdomains: 0, everything: 0 };

  /** `most`: windows that are distinguished. */
  constructor(most: number = PURGE_LIMITS.settleWindows) {
    this.#most = most;
  }

  /** How often windows were folded, by what they became. */
  get folds(): Readonly<Record<FoldedInto, number>> {
    return this.#folds;
  }

  /** Opens a window for each probe of a scope that a purge named. */
  open(kind: string, probes: readonly string[], settle: Settle, now: EpochMillis): void {
    if (now >= endOf(settle) + PURGE_LIMITS.settleSkewMillis) return;
    const until = epochMillis(now + settle.seconds * 1000);
    this.#latest = epochMillis(Math.max(this.#latest, until));
    for (const probe of probes) this.#add(`${kind} ${probe}`, { until, minVersion: settle.minVersion });
    if (this.#count > this.#most) this.#sweep(now);
    if (this.#count > this.#most) this.#fold(now);
  }

  /**
   * Until when a response of this version is not kept, if its fetch began at `fetchedAt` by this node's clock and a purge of
   * it still waited for its origin then; undefined if it may be kept. Without windows it costs nothing.
   */
  settles(target: PurgeTarget, fetchedAt: EpochMillis, version: Version): { readonly until: EpochMillis } | undefined {
    if (this.#count === 0) return undefined;
    // Fetches that began earlier may still be on their way, but not for longer than any request waits for a head.
    if (fetchedAt > this.#latest + LIMITS.requestBudgetMillis) this.#clear();
    let until: EpochMillis | undefined;
    for (const key of keysOf(target)) {
      for (const window of this.#windows.get(key) ?? []) {
        if (window.until <= Math.max(fetchedAt, until ?? 0) || isNewEnough(window.minVersion, version)) continue;
        until = window.until;
      }
    }
    return until === undefined ? undefined : { until };
  }

  /** Lists a window, without those of its key that close earlier and let nothing through that it keeps out. */
  #add(key: string, window: Window): void {
    const known = this.#windows.get(key) ?? [];
    if (known.some((other) => covers(other, window))) return;
    let open = [...known.filter((other) => !covers(window, other)), window];
    // A purge that is repeated with ever new conditions: they are not distinguished any more.
    if (open.length > PURGE_LIMITS.settlesPerScope)
      open = [{ until: epochMillis(Math.max(...open.map(({ until }) => until))) }];
    this.#windows.set(key, open);
    this.#count += open.length - known.length;
  }

  /** Puts windows over hosts in the place of those that they cover, until there is room for as many again as a quarter. */
  #fold(now: EpochMillis): void {
    while (this.#count > this.#most) {
      const keys = [...this.#windows.keys()];
      const folds = planFolds(keys.map(scopeOf), this.#count - (this.#most * 3) / 4);
      for (const { host, members } of folds) {
        this.#folds[foldedInto(host)] += 1;
        this.#replace(
          members.map((index) => keys[index] as string),
          `host ${host}`,
        );
      }
      if (folds.length === 0) this.#foldIntoEverything(keys, now);
    }
  }

  #foldIntoEverything(keys: readonly string[], now: EpochMillis): void {
    this.#folds.everything += 1;
    const most = epochMillis(now + PURGE_LIMITS.settleEverythingSeconds * 1000);
    const tags = keys.filter((key) => key.startsWith("tag "));
    this.#replace(tags.length * 4 > keys.length ? tags : keys, `${EVERYTHING} `, most);
  }

  /** One window in the place of all under these keys: it closes when the last of them does, and `most` at the latest. */
  #replace(keys: readonly string[], by: string, most = this.#latest): void {
    let until = epochMillis(0);
    for (const key of keys) {
      const windows = this.#windows.get(key) ?? [];
      for (const window of windows) until = epochMillis(Math.max(until, window.until));
      this.#windows.delete(key);
      this.#count -= windows.length;
    }
    this.#add(by, { until: epochMillis(Math.min(until, most)) });
  }

  /** Takes out what no fetch can meet any more. */
  #sweep(now: EpochMillis): void {
    for (const [key, windows] of this.#windows) {
      const open = windows.filter(({ until }) => until + LIMITS.requestBudgetMillis > now);
      this.#count -= windows.length - open.length;
      if (open.length === 0) this.#windows.delete(key);
      else this.#windows.set(key, open);
    }
  }

  #clear(): void {
    this.#windows.clear();
    this.#count = 0;
  }
}

/** Whether a window keeps out all that another does. */
const covers = (one: Window, other: Window): boolean =>
  one.until >= other.until && (one.minVersion === undefined || one.minVersion === other.minVersion);

const keysOf = ({ url, tags, prefixes, hosts }: PurgeTarget): readonly string[] => [
  `${EVERYTHING} `,
  `url ${url}`,
  ...tags.map((tag) => `tag ${tag}`),
  ...prefixes.map((prefix) => `prefix ${prefix}`),
  ...hosts.map((host) => `host ${host}`),
];

/** The scope that a key was made of: its probe is spelt as targets are, which is all that finding its hosts needs. */
function scopeOf(key: string): Scope {
  const space = key.indexOf(" ");
  const probe = key.slice(space + 1);
  switch (key.slice(0, space)) {
    case "url":
      return { kind: "url", url: probe };
    case "prefix":
      return { kind: "prefix", prefix: probe };
    case "host":
      return { kind: "host", host: probe };
    case "tag":
      return { kind: "tag", tag: probe };
    default:
      return { kind: EVERYTHING };
  }
}
