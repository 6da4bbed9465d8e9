// The base of a hub's log, which replaces dropped events: the parts needed in memory, and its replacement by a later one.
// compaction.ts decides when and how much is dropped.

import type { EpochMillis } from "../../../config/units.ts";
import type { RegionId } from "../../../config/world/regions.ts";
import { NOTHING_STANDS, type Standing } from "../../membership/membership-state.ts";
import { joinSettles, type Settles } from "../../purge/settle.ts";
import { covers, EMPTY_VECTOR, type Vector } from "../../purge/vector.ts";
import type { Base, PurgeRecord } from "../../purge/wire.ts";
import type { EventLog, LogBase } from "./log.ts";

/** What a hub has in memory of its log's base. */
export type KnownBase = Omit<LogBase, "v" | "standing" | "records"> & Pick<Base, "settles">;

export class LogFront {
  readonly #log: EventLog;
  readonly #now: () => EpochMillis;
  #known: KnownBase | undefined;

  constructor(log: EventLog, now: () => EpochMillis) {
    this.#log = log;
    this.#now = now;
  }

  get known(): KnownBase | undefined {
    return this.#known;
  }

  /** Of each hub, the last event that was dropped. */
  get vector(): Vector {
    return this.#known?.vector ?? EMPTY_VECTOR;
  }

  /** Reads the base from the log: what stands and what was purged by the events that are dropped. */
  read(): Pick<LogBase, "standing" | "records"> {
    const base = this.#log.base();
    if (base === undefined) return { standing: NOTHING_STANDS, records: [] };
    const { v: _version, standing, records, ...said } = base;
    this.#know(said, records);
    return { standing, records };
  }

  /**
   * Drops the events that `vector` covers. `standing` and `records` are all that is known; `by` is the region whose hub said
   * that it keeps events no longer which were lacking here, if that is why.
   */
  replace(vector: Vector, standing: Standing, records: readonly PurgeRecord[], by?: RegionId): void {
    const at = this.#now();
    const emptied = by === undefined ? this.#known?.emptied : { at, by };
    const said = { vector, at, ...(emptied === undefined ? {} : { emptied }) };
    // mutant: compaction-forgets, with this.#log.compact({ v: 1, ...said, standing: within(standing, vector), records: [] });
    this.#log.compact({ v: 1, ...said, standing: within(standing, vector), records });
    this.#know(said, records);
  }

  /** What is sent to a hub that lacks events which were dropped. */
  toTell(standing: Standing): Base | undefined {
    if (this.#known === undefined) return undefined;
    const { vector, settles } = this.#known;
    return { vector, ...within(standing, vector), ...(settles === undefined ? {} : { settles }) };
  }

  /** The log was given up. */
  forget(): void {
    this.#known = undefined;
  }

  #know(said: Omit<KnownBase, "settles">, records: readonly PurgeRecord[]): void {
    const settles = records.reduce<Settles | undefined>((all, record) => joinSettles(all, record.settles), undefined);
    this.#known = settles === undefined ? said : { ...said, settles };
  }
}

/** Of the facts that stand, those that follow from dropped events. */
const within = ({ events, replaced }: Standing, dropped: Vector): Standing => ({
  events: events.filter(({ dot }) => covers(dropped, dot)),
  replaced,
});
