// All that a node knows of purges: a vector, and per scope and severity the greatest dot per hub. It decides whether an entry with a
// given `seen` is alive: it is not, if a matching purge's dot is missing from `seen` (COMPLETE.md, rule 1). Merging takes maxima,
// so it commutes, associates and is idempotent. When the set grows too large, older scopes are folded into the hosts that cover
// them (fold.ts), and only what no host covers becomes a purge of everything up to then: a set covers more than was asked, and
// never forgets.

import type { EpochMillis } from "../../config/units.ts";
import { DotIndex } from "./dot-index.ts";
import type { ControlEvent, Scope, Severity } from "./event.ts";
import { purgesIn } from "./event-purges.ts";
import { type FoldedInto, foldedInto } from "./fold.ts";
import { PURGE_LIMITS } from "./limits.ts";
import { type PurgeTarget, probesOf } from "./purge-target.ts";
import { dotsOf, PURGE_SET_LIMITS, type PurgeSetLimits, Room } from "./room.ts";
import { absoluteUrls, scopeKey } from "./scope.ts";
import { joinSettles, newSettles, shortened, type Version } from "./settle.ts";
import { SettleWindows } from "./settle-windows.ts";
import { covers, coversAll, EMPTY_VECTOR, join, type Vector } from "./vector.ts";
import type { PurgeNews, PurgeRecord } from "./wire.ts";

export { type PurgeTarget, purgeTarget } from "./purge-target.ts";

/** Whether an entry may be used: `soft` means stale, `hard` means dead with all it had. */
export type Verdict = "alive" | Severity;

/** What a merge brought. `gap`: the news began beyond what is known here, so the vector could not be taken. */
export interface MergeResult {
  readonly changed: boolean;
  /** Scopes of which more is known than before. */
  readonly scopes: readonly Scope[];
  readonly gap: boolean;
}

const EVERYTHING: Scope = { kind: "everything" };
/** So few overtaken dots are never worth a sweep. */
const LEFTOVER_DOTS = 64;
type Severities = Readonly<Record<Severity, Vector>>;

export class PurgeSet {
  #vector: Vector = EMPTY_VECTOR;
  /** News that were taken behind a gap: all that happened between these two is known. */
  #ahead: { readonly since: Vector; readonly vector: Vector } | undefined;
  #heard: Vector = EMPTY_VECTOR;
  #version = 0;
  /** By scope key, the one that was changed longest ago first. */
  readonly #records = new Map<string, PurgeRecord>();
  /** By what targets are looked up with. Several scopes may fall on one probe; it then holds their join. */
  readonly #probes = {
    url: new Map<string, Severities>(),
    prefix: new Map<string, Severities>(),
    host: new Map<string, Severities>(),
    tag: new Map<string, Severities>(),
    everything: new Map<string, Severities>(),
  };
  readonly #room: Room;
  readonly #dots = new DotIndex();
  /** Dots that the records hold. */
  #dotCount = 0;
  readonly #folds: Record<FoldedInto, number> = { host: 0, subdomains: 0, everything: 0 };
  readonly #windows: SettleWindows;
  readonly #canonicalUrls: (url: string) => readonly string[];

  /** `canonicalUrls` maps a purged URL, with scheme or without, to the canonical URLs of the entries that it means. */
  constructor(
    canonicalUrls: (url: string) => readonly string[] = absoluteUrls,
    limits: PurgeSetLimits = PURGE_SET_LIMITS,
    windows: number = PURGE_LIMITS.settleWindows,
  ) {
    this.#windows = new SettleWindows(windows);
    this.#canonicalUrls = canonicalUrls;
    this.#room = new Room(limits);
  }

  /** What is known without gaps, of purges and all other events. */
  get vector(): Vector {
    return this.#vector;
  }

  /**
   * All events that were heard of, also behind gaps. They were logged before they were heard of: so a fetch that begins now is
   * younger than each of them, and than all that came before them in their hubs' logs.
   */
  get heard(): Vector {
    return join(this.#vector, this.#heard);
  }

  /** Grows whenever a verdict may have changed: an entry found alive at this version needs no second look. */
  get version(): number {
    return this.#version;
  }

  /** Whether no purge is known at all. */
  get isEmpty(): boolean {
    return this.#records.size === 0;
  }

  /** All that is known of scopes, those that were changed longest ago first. */
  get records(): readonly PurgeRecord[] {
    return [...this.#records.values()];
  }

  /** How often scopes, or the windows in which refills are not kept, were folded for want of room, by what they became. */
  get folds(): Readonly<Record<FoldedInto, number>> {
    const { host, subdomains, everything } = this.#windows.folds;
    return {
      host: this.#folds.host + host,
      subdomains: this.#folds.subdomains + subdomains,
      everything: this.#folds.everything + everything,
    };
  }

  /** How many scopes are distinguished. */
  get size(): number {
    return this.#records.size;
  }

  /**
   * Takes an event that comes next in its hub's log; what is known already changes nothing. Throws if it leaves a gap.
   * An event of a kind or version that this code does not know may be a purge: then it counts as one of everything.
   * Opens no settle windows: a node that stores responses learns of purges by `merge`.
   */
  apply(event: ControlEvent): void {
    const { dot } = event;
    if (covers(this.#vector, dot)) return;
    if (dot.counter !== (this.#vector[dot.hub] ?? 0) + 1)
      throw new RangeError(`a gap before ${dot.hub}.${dot.counter}`);
    const known: Vector = { [dot.hub]: dot.counter };
    for (const { scope, severity, settles } of purgesIn(event)) {
      const news = { scope, soft: EMPTY_VECTOR, hard: EMPTY_VECTOR, [severity]: known };
      this.#learn(settles === undefined ? news : { ...news, settles });
    }
    this.#vector = join(this.#vector, known);
    this.#shrink();
  }

  /** Advances over events that are known to hold no purge. A caller that is wrong about that loses purges. */
  advance(vector: Vector): void {
    this.#vector = join(this.#vector, vector);
  }

  /**
   * Joins another node's knowledge. Where the news leaves a gap its records still count, but not its vector. Settle times are
   * counted from `now`; a node that keeps no responses needs none.
   */
  merge(news: PurgeNews, now?: EpochMillis): MergeResult {
    const gap = news.since !== undefined && !coversAll(this.#vector, news.since);
    const scopes = news.records.filter((record) => this.#learn(record, now)).map((record) => record.scope);
    const changed = scopes.length > 0 || !(gap || coversAll(this.#vector, news.vector));
    // Records first: between the two a check may only find too much purged.
    // mutant: knowledge-with-a-gap
    if (!gap) this.#vector = join(this.#vector, news.vector);
    if (gap) this.#noteAhead(news.since ?? EMPTY_VECTOR, news.vector);
    else this.#closeGap();
    // Their sender may have records from behind gaps as well, beyond its vector.
    const told = news.records.flatMap(({ hard, soft }) => [hard, soft]);
    for (const dots of [news.vector, ...told])
      if (!coversAll(this.#vector, dots)) this.#heard = join(this.#heard, dots);
    this.#shrink();
    return { changed, scopes, gap };
  }

  /**
   * Some news overtook others. Their records count already, so this set invalidates more than its vector says, and a node that is asked by that
   * vector cannot know what is meant. It is made good as soon as the others are here.
   */
  #noteAhead(since: Vector, vector: Vector): void {
    const chained = this.#ahead !== undefined && coversAll(this.#ahead.vector, since) ? this.#ahead : undefined;
    this.#ahead = { since: chained?.since ?? since, vector: join(vector, chained?.vector ?? EMPTY_VECTOR) };
  }

  #closeGap(): void {
    if (this.#ahead === undefined || !coversAll(this.#vector, this.#ahead.since)) return;
    this.#vector = join(this.#vector, this.#ahead.vector);
    this.#ahead = undefined;
  }

  /** Gives up waiting for what is missing before a gap, lost with a hub's disk: it counts as a purge of everything. */
  giveUpGap(now: EpochMillis): void {
    const missing = Object.entries(this.#heard).filter(([hub, counter]) => !covers(this.#vector, { hub, counter }));
    if (missing.length === 0) return;
    const hard = Object.fromEntries(missing);
    this.merge({ v: 1, vector: this.heard, records: [{ scope: EVERYTHING, hard, soft: EMPTY_VECTOR }] }, now);
  }

  /** What someone who knows `vector` lacks. */
  newsSince(vector: Vector): PurgeNews {
    const news = { v: 1, vector: this.#vector, since: vector } as const;
    if (coversAll(vector, this.#vector)) return { ...news, records: [] };
    const records: PurgeRecord[] = [];
    for (const key of this.#dots.beyond(vector)) {
      const record = this.#records.get(key);
      if (record !== undefined && !(coversAll(vector, record.hard) && coversAll(vector, record.soft)))
        records.push(record);
    }
    return { ...news, records };
  }

  /** Whether an entry whose origin fetch began with `seen` known may be used. Costs a look-up for each tag, prefix and host. */
  verdict(target: PurgeTarget, seen: Vector): Verdict {
    if (this.isEmpty) return "alive";
    const { url, prefix, host, tag, everything } = this.#probes;
    let verdict = worse("alive", everything.get(""), seen);
    verdict = worse(verdict, url.get(target.url), seen);
    if (tag.size > 0) for (const probe of target.tags) verdict = worse(verdict, tag.get(probe), seen);
    if (prefix.size > 0) for (const probe of target.prefixes) verdict = worse(verdict, prefix.get(probe), seen);
    if (host.size > 0) for (const probe of target.hosts) verdict = worse(verdict, host.get(probe), seen);
    return verdict;
  }

  /**
   * Until when a response that is fetched now is not stored, since a purge of it gives its origin time to settle; undefined if
   * it may be. `fetchedAt`: when its fetch began, by this node's clock.
   */
  settles(target: PurgeTarget, fetchedAt: EpochMillis, version: Version): { readonly until: EpochMillis } | undefined {
    return this.#windows.settles(target, fetchedAt, version);
  }

  /** Joins one record; answers whether it said anything new. */
  #learn(record: PurgeRecord, now?: EpochMillis): boolean {
    const key = scopeKey(record.scope);
    const before = this.#records.get(key);
    const soft = join(before?.soft ?? EMPTY_VECTOR, record.soft);
    const hard = join(before?.hard ?? EMPTY_VECTOR, record.hard);
    const settles = joinSettles(before?.settles, record.settles);
    if (before !== undefined && soft === before.soft && hard === before.hard && settles === before.settles)
      return false;
    const learnt: PurgeRecord = { scope: record.scope, soft, hard, ...(settles === undefined ? {} : { settles }) };
    this.#records.delete(key);
    this.#records.set(key, learnt);
    this.#room.note(key, before, learnt);
    this.#dots.add(key, before?.soft ?? EMPTY_VECTOR, soft);
    this.#dots.add(key, before?.hard ?? EMPTY_VECTOR, hard);
    this.#dotCount += dotsOf(learnt) - (before === undefined ? 0 : dotsOf(before));
    const probes = probesOf(record.scope, this.#canonicalUrls);
    for (const probe of probes) raise(this.#probes[record.scope.kind], probe, learnt);
    this.#sweepDots();
    if (now !== undefined) {
      for (const settle of newSettles(before?.settles, settles)) {
        this.#windows.open(record.scope.kind, probes, settle, now);
      }
    }
    this.#version++;
    return true;
  }

  /** Rebuilds the list of dots once most of those that are listed have been overtaken by later ones of the same scopes. */
  #sweepDots(): void {
    if (this.#dots.size <= 2 * this.#dotCount + LEFTOVER_DOTS) return;
    this.#dots.clear();
    for (const [key, { soft, hard }] of this.#records) {
      this.#dots.add(key, EMPTY_VECTOR, soft);
      this.#dots.add(key, EMPTY_VECTOR, hard);
    }
  }

  /** Beyond the limits, folds older scopes into what covers them. What was fetched since then lives on. */
  #shrink(): void {
    while (this.#room.isExceeded && this.#records.size > 1) {
      const records = [...this.#records.values()];
      const into = this.#room.fold(records);
      for (const scope of new Set(into.values())) {
        this.#folds[scope.kind === "host" ? foldedInto(scope.host) : "everything"] += 1;
      }
      this.#rebuild(records, into);
    }
  }

  /** Rebuilds the whole set: records under the scope that `into` gives for them first, as the older ones. */
  #rebuild(records: readonly PurgeRecord[], into: ReadonlyMap<PurgeRecord, Scope>): void {
    this.#records.clear();
    for (const probes of Object.values(this.#probes)) probes.clear();
    this.#dots.clear();
    this.#dotCount = 0;
    this.#room.clear();
    for (const record of records) {
      const scope = into.get(record);
      if (scope === undefined) continue;
      const { settles } = record;
      const kept = scope.kind === "everything" && settles !== undefined ? { settles: shortened(settles) } : {};
      this.#learn({ ...record, ...kept, scope });
    }
    for (const record of records) if (!into.has(record)) this.#learn(record);
  }
}

function worse(verdict: Verdict, found: Severities | undefined, seen: Vector): Verdict {
  if (found === undefined || verdict === "hard") return verdict;
  // mutant: soft-revives-hard, with $ && coversAll(seen, found.soft)
  if (!coversAll(seen, found.hard)) return "hard";
  return coversAll(seen, found.soft) ? verdict : "soft";
}

function raise(probes: Map<string, Severities>, probe: string, { soft, hard }: Severities): void {
  const before = probes.get(probe);
  if (before === undefined) probes.set(probe, { soft, hard });
  else probes.set(probe, { soft: join(before.soft, soft), hard: join(before.hard, hard) });
}
