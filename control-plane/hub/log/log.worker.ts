// A hub's log in the SQLite of its Durable Object. Writes are synchronous; the platform's output gate holds back everything that the
// object sends until they are durable, so no answer precedes the write. An append is one transaction, and so is a
// compaction: after a crash the disk has either the old events or the base. Frequently read values (vector, identity, size) are
// cached in memory, and updated only after the tables.

import { type EpochMillis, epochMillis, KiB } from "../../../config/units.ts";
import type { HeldBy } from "../../gossip/peer-vectors.ts";
import type { ControlEvent, PurgeEvent } from "../../purge/event.ts";
import { covers, type Dot, EMPTY_VECTOR, type HubId, type Vector } from "../../purge/vector.ts";
import type { PurgeRecord } from "../../purge/wire.ts";
import type { EventLog, LogBase, LogPlace, Remembered } from "./log.ts";

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS events (
    hub TEXT NOT NULL, counter INTEGER NOT NULL, at INTEGER NOT NULL, kind TEXT NOT NULL, body TEXT NOT NULL,
    by TEXT, key TEXT, applied_at INTEGER, PRIMARY KEY (hub, counter)
  ) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS purges_by_time ON events (at, hub, counter) WHERE kind = 'purge';
  CREATE INDEX IF NOT EXISTS purges_by_key ON events (by, key) WHERE key IS NOT NULL;
  CREATE TABLE IF NOT EXISTS peers (region TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS completions (
    hub TEXT NOT NULL, counter INTEGER NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (hub, counter)
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS base (part INTEGER PRIMARY KEY, body TEXT NOT NULL);
`;
/** Characters of a base's records in one row, before the last of them: the platform takes rows of up to 2 MB, and bills by the row. */
const PART_CHARACTERS = 256 * KiB;
/** The base's row that says everything but its records. */
const HEAD = 0;

interface BodyRow extends Record<string, SqlStorageValue> {
  body: string;
}

export class SqlLog implements EventLog {
  readonly #storage: DurableObjectStorage;
  readonly #sql: SqlStorage;
  #vector: Record<HubId, number> = {};
  /** Of each hub, the last event that was dropped. */
  #dropped: Vector = EMPTY_VECTOR;
  #length = 0;
  #bytes = 0;
  readonly #facts = new Map<string, string>();

  /** Opens the log that this object's storage holds; an empty one has no identity yet. */
  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
    this.#sql = storage.sql;
    this.#sql.exec(SCHEMA);
    this.#count();
    for (const { name, value } of this.#sql.exec<{ name: string; value: string }>("SELECT name, value FROM facts")) {
      this.#facts.set(name, value);
    }
  }

  identity(): HubId | undefined {
    return this.#facts.get("identity");
  }

  begin(hub: HubId): void {
    this.#storage.transactionSync(() => {
      this.#sql.exec("DELETE FROM events");
      this.#sql.exec("DELETE FROM completions");
      this.#sql.exec("DELETE FROM peers");
      this.#sql.exec("DELETE FROM facts");
      this.#sql.exec("DELETE FROM base");
      this.#sql.exec("INSERT INTO facts (name, value) VALUES ('identity', ?)", hub);
    });
    this.#vector = {};
    this.#dropped = EMPTY_VECTOR;
    this.#length = 0;
    this.#bytes = 0;
    this.#facts.clear();
    this.#facts.set("identity", hub);
  }

  vector(): Vector {
    return { ...this.#vector };
  }

  length(): number {
    return this.#length;
  }

  bytes(): number {
    return this.#bytes;
  }

  base(): LogBase | undefined {
    const head = this.#baseHead();
    if (head === undefined) return undefined;
    const parts = this.#sql.exec<BodyRow>("SELECT body FROM base WHERE part > ? ORDER BY part", HEAD);
    return { ...head, records: [...parts].flatMap(({ body }) => parse<PurgeRecord[]>(body)) };
  }

  compact({ records, ...head }: LogBase): void {
    const parts = [JSON.stringify(head), ...partsOf(records)];
    this.#storage.transactionSync(() => {
      for (const [hub, counter] of Object.entries(head.vector)) {
        this.#sql.exec("DELETE FROM events WHERE hub = ? AND counter <= ?", hub, counter);
        this.#sql.exec("DELETE FROM completions WHERE hub = ? AND counter <= ?", hub, counter);
      }
      this.#sql.exec("DELETE FROM base");
      for (const [part, body] of parts.entries()) {
        this.#sql.exec("INSERT INTO base (part, body) VALUES (?, ?)", HEAD + part, body);
      }
    });
    this.#count();
  }

  append(events: readonly ControlEvent[]): void {
    const vector = { ...this.#vector };
    let bytes = 0;
    this.#storage.transactionSync(() => {
      for (const event of events) {
        const { hub, counter } = event.dot;
        if (counter !== (vector[hub] ?? 0) + 1) throw new RangeError(`${hub}.${counter} is not the next event`);
        vector[hub] = counter;
        const [by, key] = event.kind === "purge" ? [event.by, event.idempotencyKey ?? null] : [null, null];
        const body = JSON.stringify(event);
        bytes += body.length;
        this.#sql.exec(
          "INSERT INTO events (hub, counter, at, kind, body, by, key) VALUES (?, ?, ?, ?, ?, ?, ?)",
          hub,
          counter,
          event.at,
          event.kind,
          body,
          by,
          key,
        );
      }
    });
    this.#vector = vector;
    this.#length += events.length;
    this.#bytes += bytes;
  }

  read(hub: HubId, after: number, limit: number): readonly ControlEvent[] {
    const rows = this.#sql.exec<BodyRow>(
      "SELECT body FROM events WHERE hub = ? AND counter > ? ORDER BY counter LIMIT ?",
      hub,
      after,
      limit,
    );
    return [...rows].map(({ body }) => parse<ControlEvent>(body));
  }

  find(dot: Dot): ControlEvent | undefined {
    const [row] = this.#sql
      .exec<BodyRow>("SELECT body FROM events WHERE hub = ? AND counter = ?", dot.hub, dot.counter)
      .toArray();
    return row === undefined ? undefined : parse<ControlEvent>(row.body);
  }

  has(dot: Dot): boolean {
    return covers(this.#vector, dot) && !covers(this.#dropped, dot);
  }

  findByKey(by: string, key: string): PurgeEvent | undefined {
    const [row] = this.#sql
      .exec<BodyRow>("SELECT body FROM events WHERE by = ? AND key = ? ORDER BY at, hub, counter LIMIT 1", by, key)
      .toArray();
    return row === undefined ? undefined : parse<PurgeEvent>(row.body);
  }

  newestPurges(limit: number, place?: LogPlace): readonly PurgeEvent[] {
    const order = "ORDER BY at DESC, hub DESC, counter DESC LIMIT ?";
    const rows =
      place === undefined
        ? this.#sql.exec<BodyRow>(`SELECT body FROM events WHERE kind = 'purge' ${order}`, limit)
        : this.#sql.exec<BodyRow>(
            `SELECT body FROM events WHERE kind = 'purge' AND (at, hub, counter) < (?, ?, ?) ${order}`,
            place.at,
            place.dot.hub,
            place.dot.counter,
            limit,
          );
    return [...rows].map(({ body }) => parse<PurgeEvent>(body));
  }

  appliedAt(dot: Dot): EpochMillis | undefined {
    const [row] = this.#sql
      .exec<{ at: number | null }>(
        "SELECT applied_at AS at FROM events WHERE hub = ? AND counter = ?",
        dot.hub,
        dot.counter,
      )
      .toArray();
    return row === undefined || row.at === null ? undefined : epochMillis(row.at);
  }

  markApplied(dots: readonly Dot[], at: EpochMillis): void {
    this.#storage.transactionSync(() => {
      for (const { hub, counter } of dots) {
        const where = "WHERE hub = ? AND counter = ? AND applied_at IS NULL";
        this.#sql.exec(`UPDATE events SET applied_at = ? ${where}`, at, hub, counter);
      }
    });
  }

  completeAt({ hub, counter }: Dot): EpochMillis | undefined {
    const [row] = this.#sql
      .exec<{ at: number }>("SELECT at FROM completions WHERE hub = ? AND counter = ?", hub, counter)
      .toArray();
    return row === undefined ? undefined : epochMillis(row.at);
  }

  markComplete(dot: Dot, at: EpochMillis): void {
    if (!this.has(dot)) return;
    this.#sql.exec("INSERT OR IGNORE INTO completions (hub, counter, at) VALUES (?, ?, ?)", dot.hub, dot.counter, at);
  }

  peers(): readonly HeldBy[] {
    // A hub that was heard in an earlier life is not heard now.
    return [...this.#sql.exec<BodyRow>("SELECT body FROM peers")].map(({ body }) => parse<HeldBy>(body));
  }

  savePeer({ region, hub, vector }: HeldBy): void {
    const body = JSON.stringify({ region, hub, vector });
    this.#sql.exec("INSERT OR REPLACE INTO peers (region, body) VALUES (?, ?)", region, body);
  }

  recall(name: Remembered): string | undefined {
    return this.#facts.get(name);
  }

  remember(name: Remembered, value: string): void {
    this.#sql.exec("INSERT OR REPLACE INTO facts (name, value) VALUES (?, ?)", name, value);
    this.#facts.set(name, value);
  }

  #baseHead(): Omit<LogBase, "records"> | undefined {
    const [row] = this.#sql.exec<BodyRow>("SELECT body FROM base WHERE part = ?", HEAD).toArray();
    return row === undefined ? undefined : parse<Omit<LogBase, "records">>(row.body);
  }

  /** Derives from the tables what is kept in addition to them. */
  #count(): void {
    this.#dropped = this.#baseHead()?.vector ?? EMPTY_VECTOR;
    const vector: Record<HubId, number> = { ...this.#dropped };
    let [length, bytes] = [0, 0];
    const counts = this.#sql.exec<{ hub: string; last: number; count: number; bytes: number }>(
      "SELECT hub, MAX(counter) AS last, COUNT(*) AS count, SUM(LENGTH(body)) AS bytes FROM events GROUP BY hub",
    );
    for (const row of counts) {
      vector[row.hub] = row.last;
      length += row.count;
      bytes += row.bytes;
    }
    [this.#vector, this.#length, this.#bytes] = [vector, length, bytes];
  }
}

/** Records as JSON arrays of about `PART_CHARACTERS` each. */
function* partsOf(records: readonly PurgeRecord[]): IterableIterator<string> {
  let part: string[] = [];
  let characters = 0;
  for (const record of records) {
    const text = JSON.stringify(record);
    part.push(text);
    characters += text.length;
    if (characters < PART_CHARACTERS) continue;
    yield `[${part.join()}]`;
    part = [];
    characters = 0;
  }
  if (part.length > 0) yield `[${part.join()}]`;
}

/** Reads what this class wrote: only checked events are ever logged. */
const parse = <T>(body: string): T => JSON.parse(body) as T;
