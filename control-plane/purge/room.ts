// Decides what to fold when a purge set is full: first scopes that hosts cover (fold.ts), and as the last resort older records into a
// purge of everything. purge-set.ts applies it.

import type { Scope } from "./event.ts";
import { planFolds } from "./fold.ts";
import { PURGE_LIMITS } from "./limits.ts";
import type { PurgeRecord } from "./wire.ts";

/** How large a set may grow; smaller in tests. */
export interface PurgeSetLimits {
  readonly records: number;
  readonly bytes: number;
}

export const PURGE_SET_LIMITS: PurgeSetLimits = {
  records: PURGE_LIMITS.purgeRecords,
  bytes: PURGE_LIMITS.purgeSetBytes,
};

const EVERYTHING: Scope = { kind: "everything" };
/** What a set is folded down to, of each limit: it is not folded again at the next scope. */
const FOLDED_TO = 3 / 4;
/** The part of a set that tags may take. They cannot be folded into hosts, and must not crowd out what can. */
const TAGS_AT_MOST = 3 / 4;

export class Room {
  readonly #limits: PurgeSetLimits;
  readonly #all = { records: 0, bytes: 0 };
  readonly #tags = { records: 0, bytes: 0 };

  constructor(limits: PurgeSetLimits) {
    this.#limits = limits;
  }

  /** A record came, in the place of `before` if there was one. */
  note(key: string, before: PurgeRecord | undefined, now: PurgeRecord): void {
    const bytes = sizeOf(key, now) - (before === undefined ? 0 : sizeOf(key, before));
    for (const account of now.scope.kind === "tag" ? [this.#all, this.#tags] : [this.#all]) {
      account.bytes += bytes;
      if (before === undefined) account.records += 1;
    }
  }

  clear(): void {
    for (const account of [this.#all, this.#tags]) Object.assign(account, { records: 0, bytes: 0 });
  }

  get isExceeded(): boolean {
    const { records, bytes } = this.#all;
    return records > this.#limits.records || bytes > this.#limits.bytes || this.#hasTooManyTags;
  }

  /** What to put into which scope. `records`: all, those that were changed longest ago first. Never nothing. */
  fold(records: readonly PurgeRecord[]): ReadonlyMap<PurgeRecord, Scope> {
    const scopes = records.map(({ scope }) => scope);
    const folds = this.#hasTooManyTags ? [] : planFolds(scopes, this.#excess);
    const into = new Map<PurgeRecord, Scope>();
    for (const { host, members } of folds) {
      const scope: Scope = { kind: "host", host };
      for (const index of members) into.set(records[index] as PurgeRecord, scope);
    }
    if (folds.length === 0) for (const record of this.#lastResort(records)) into.set(record, EVERYTHING);
    return into;
  }

  get #hasTooManyTags(): boolean {
    const { records, bytes } = this.#tags;
    const most = { records: this.#limits.records * TAGS_AT_MOST, bytes: this.#limits.bytes * TAGS_AT_MOST };
    return records > 1 && (records > most.records || bytes > most.bytes);
  }

  /** How many records fewer there should be. */
  get #excess(): number {
    const byRecords = (this.#limits.records * FOLDED_TO) / this.#all.records;
    const byBytes = (this.#limits.bytes * FOLDED_TO) / this.#all.bytes;
    return Math.ceil(this.#all.records * (1 - Math.min(1, byRecords, byBytes)));
  }

  /** What becomes a purge of everything: the older half of the tags where they are many, else of all. */
  #lastResort(records: readonly PurgeRecord[]): readonly PurgeRecord[] {
    const tags = records.filter(({ scope }) => scope.kind === "tag");
    const among = this.#hasTooManyTags || tags.length * 4 > records.length ? tags : records;
    return among.slice(0, Math.floor(among.length / 2) + 1);
  }
}

/** Dots that a record holds. */
export const dotsOf = ({ soft, hard }: PurgeRecord): number => Object.keys(soft).length + Object.keys(hard).length;

/** An estimate: two bytes a character, twice since probes repeat it, an object's overhead, an entry for each dot, what refills are asked. */
const sizeOf = (key: string, record: PurgeRecord): number =>
  160 +
  4 * key.length +
  48 * dotsOf(record) +
  (record.settles === undefined ? 0 : 2 * JSON.stringify(record.settles).length);
