// For how long this node does not keep refills of what was purged: windows that open when it learns of a purge with a settle
// time, looked up as entries are (purge-target.ts). A window is counted on this node's clock alone. One that by the accepting
// hub's clock has long been over is not opened: a node that is started a day later would not cache for as long for nothing.
// When there are too many, one window over everything takes their place: too much is not kept then, never too little.

import { LIMITS } from "../../config/limits.ts";
import { type EpochMillis, epochMillis } from "../../config/units.ts";
import type { PurgeTarget } from "./purge-target.ts";
import { endOf, isNewEnough, type MinVersion, type Settle, type Version } from "./settle.ts";

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

  /** Opens a window for each probe of a scope that a purge named. */
  open(kind: string, probes: readonly string[], settle: Settle, now: EpochMillis): void {
    if (now >= endOf(settle) + LIMITS.settleSkewMillis) return;
    const until = epochMillis(now + settle.seconds * 1000);
    this.#latest = epochMillis(Math.max(this.#latest, until));
    for (const probe of probes) this.#add(`${kind} ${probe}`, { until, minVersion: settle.minVersion });
    if (this.#count > LIMITS.settleWindows) this.#sweep(now);
    if (this.#count > LIMITS.settleWindows) {
      this.#clear();
      this.#add(`${EVERYTHING} `, { until: this.#latest });
    }
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

  #add(key: string, window: Window): void {
    const known = this.#windows.get(key);
    if (known === undefined) this.#windows.set(key, [window]);
    else known.push(window);
    this.#count += 1;
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

const keysOf = ({ url, tags, prefixes, hosts }: PurgeTarget): readonly string[] => [
  `${EVERYTHING} `,
  `url ${url}`,
  ...tags.map((tag) => `tag ${tag}`),
  ...prefixes.map((prefix) => `prefix ${prefix}`),
  ...hosts.map((host) => `host ${host}`),
];
