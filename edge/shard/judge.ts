// Whether what is stored, or has just come, may answer a request now: purges, leases, variants and RFC 9111 taken together.
// Asked when a request looks, and again at release, since purges and the end of a lease may have come meanwhile. It changes
// nothing but the store, out of which it takes what is dead.

import { LIMITS } from "../../config/limits.ts";
import { addMillis, between, type EpochMillis, epochMillis, type Millis, millis } from "../../config/units.ts";
import { purgeTarget, type Verdict } from "../../control-plane/purge/purge-set.ts";
import type { Vector } from "../../control-plane/purge/vector.ts";
import { decideReuse, type Reuse } from "../http/reuse.ts";
import { tagsOf } from "../http/tags.ts";
import { variantKey } from "../http/vary.ts";
import { passedFor } from "../http/withheld.ts";
import type { TierRequest } from "../tier/tier.ts";
import type { FillResult } from "./fill/flight.ts";
import { answersFromPart } from "./fill/part-wanted.ts";
import { isProvenByConfirmation, type Trust, trustOf } from "./purges/cut-off.ts";
import type { Knowledge } from "./purges/purge-knowledge.ts";
import { stampFor } from "./purges/stamp.ts";
import type { Found } from "./request/lookup-result.ts";
import type { ShardRequest } from "./request/shard-request.ts";
import type { EntryStore } from "./store/entries.ts";
import type { Entry } from "./store/entry.ts";

export interface JudgePorts {
  readonly name: string;
  readonly entries: EntryStore;
  readonly knowledge: Knowledge;
  readonly now: () => EpochMillis;
}

export class Judge {
  readonly #ports: JudgePorts;

  constructor(ports: JudgePorts) {
    this.#ports = ports;
  }

  /** The lease under which a request came may have run out while it was filled: every first byte needs a live one. */
  async leasedAnew(asked: ShardRequest): Promise<ShardRequest> {
    const { knowledge } = this.#ports;
    // mutant: lease-guards-hits-only
    if (asked.standing.kind === "leased" && knowledge.leaseLeft > 0) return asked;
    return { ...asked, standing: await knowledge.ensure(asked.request.context.vector) };
  }

  /** What may be done with what is stored, by how sure this shard is of its purges. */
  trust({ standing, route, request }: ShardRequest): Trust {
    return trustOf(standing, route, request.context.tier, this.#ports.now());
  }

  /** What is stored for a request; what a purge has ended is taken out of the store by the way. */
  look(asked: ShardRequest): Found {
    const { name, entries, knowledge, now } = this.#ports;
    const names = entries.varyOf(name, asked.key);
    if (names === undefined) return { kind: "miss", reason: "uri-miss" };
    const variant = variantKey(names, asked.request.fields);
    const item = entries.get(name, asked.key, variant);
    if (item === undefined) return { kind: "miss", reason: "vary-miss" };
    if (item.kind === "entry") {
      const verdict = this.verdict(item);
      if (verdict !== "hard") {
        item.uses += 1;
        return { kind: "entry", entry: item, reuse: this.#reuse(asked, item, verdict) };
      }
      entries.delete(name, asked.key, variant);
      return { kind: "miss", reason: "uri-miss", uses: item.uses };
    }
    // mutant: markers-for-ever
    if (item.until > now() && knowledge.purges.verdict(item.target, item.seen) === "alive") {
      return { kind: "hit-for-miss" };
    }
    entries.delete(name, asked.key, variant);
    return { kind: "miss", reason: "uri-miss" };
  }

  /** Whether a request has a field that its URL varies by and that no shared fill may send. `learned`: known, but not stored. */
  passes({ key, route, request }: ShardRequest, learned: readonly string[]): boolean {
    const { name, entries } = this.#ports;
    return passedFor(route, [...(entries.varyOf(name, key) ?? []), ...learned], request.fields).length > 0;
  }

  /** Whether a purge has ended the entry. One comparison, unless purges have come since it was last looked at. */
  verdict(entry: Entry): Verdict {
    const { purges } = this.#ports.knowledge;
    if (entry.checkedVersion === purges.version) return "alive";
    const verdict = purges.verdict(entry.target, entry.seen);
    if (verdict === "alive") entry.checkedVersion = purges.version;
    return verdict;
  }

  #reuse(asked: ShardRequest, entry: Entry, verdict: Verdict): Reuse {
    const { request, policy } = asked;
    // mutant: stale-from-the-shield
    const mayServeStale = request.context.tier === "shard";
    const reuse = decideReuse(entry.response, request, this.#ports.now(), { verdict, mayServeStale, policy });
    // Cut off, nothing stored can be trusted without asking, where the route says so.
    if (this.trust(asked) !== "ask" || reuse.kind === "revalidate" || reuse.kind === "unusable") return reuse;
    return { kind: "revalidate", reason: "stale", usableOnErrorUntil: undefined };
  }

  /** The check at release: tags are known now, purges may have come meanwhile, and the variant may be another's. */
  mayRelease(asked: ShardRequest, landed: FillResult & { kind: "kept" }): boolean {
    // mutant: no-check-at-release, with this.#isOver(asked, landed)
    // mutant: followers-check-no-tags, with this.#ports.knowledge.purges.verdict({ ...landed.entry.target, tags: [] }, landed.entry.seen) === "hard"
    if (this.isSpent(asked, landed)) return false;
    if (landed.spool !== undefined && !landed.spool.joinable) return false;
    if (!answersFromPart(asked.request, landed.entry)) return false;
    return variantKey(landed.vary, asked.request.fields) === landed.variant;
  }

  /** Whether it may not be released any more: a purge has invalidated it, or it was fetched without a lease and is too old for that. */
  isSpent(asked: ShardRequest, landed: FillResult & { kind: "kept" }): boolean {
    return this.verdict(landed.entry) === "hard" || this.#isOver(asked, landed);
  }

  /**
   * Until when what was fetched without a lease may go out: no purge that it ignores can be complete before. That is a lease
   * after the shield was asked, or after the hub was, all that it held then being known. What a shield gave rests on the
   * shield's own lease, which may be nearly over. A body that was only confirmed was fetched before. Undefined where a lease
   * says it, or the route that it may go out for long.
   */
  youngUntil(asked: ShardRequest, landed: FillResult & { kind: "kept" | "relay" }): EpochMillis | undefined {
    if (this.trust(asked) !== "ask") return undefined;
    const { answer } = landed;
    const { knowledge, now } = this.#ports;
    const byNews = now() + LIMITS.leaseMillis - knowledge.newsAge;
    const isNew =
      answer.status !== 304 || (landed.kind === "kept" && isProvenByConfirmation(landed.entry.response.fields));
    // mutant: cut-off-by-an-old-lease
    const wasLeasedFor = answer.facts?.validFor ?? LIMITS.leaseMillis;
    const byAnswer = isNew ? answer.requestAt + wasLeasedFor : 0;
    return epochMillis(Math.max(0, byNews, byAnswer));
  }

  /**
   * For how long the receiver of an answer that is released now may release it, counted from before it asked, which was before
   * the request came at `arrivedAt`: until the lease ends, or, without one, until `until`.
   */
  validFor(arrivedAt: EpochMillis, until?: EpochMillis): { readonly validFor?: Millis } {
    const { knowledge, now } = this.#ports;
    // mutant: cut-off-without-end
    const ends = knowledge.leaseLeft > 0 ? addMillis(now(), knowledge.leaseLeft) : until;
    return ends === undefined ? {} : { validFor: millis(Math.max(0, between(arrivedAt, ends))) };
  }

  #isOver(asked: ShardRequest, landed: FillResult & { kind: "kept" | "relay" }): boolean {
    const until = this.youngUntil(asked, landed);
    return until !== undefined && this.#ports.now() > until;
  }

  /** The stored response that the next tier is asked to confirm, if what was found is one that it can confirm. */
  toConfirm(asked: ShardRequest, found: Found): Entry | undefined {
    if (found.kind !== "entry" || found.reuse.kind !== "revalidate") return undefined;
    // mutant: a-date-proves-without-a-lease
    return this.trust(asked) !== "ask" || isProvenByConfirmation(found.entry.response.fields) ? found.entry : undefined;
  }

  /**
   * Whether a purge has ended, or may have ended, an answer that is only passed on: one from the store of the tier above, or
   * one that several get. What an origin gave to one client alone is that client's own, and outside what purges promise.
   */
  isPurgedRelay(asked: ShardRequest, landed: FillResult & { kind: "relay" }): boolean {
    const { answer, seen, shared } = landed;
    if (!shared && (answer.facts === undefined || answer.facts.personal === true)) return false;
    if (this.#isOver(asked, landed)) return true;
    return this.#ports.knowledge.purges.verdict(purgeTarget(asked.url, tagsOf(answer.fields)), seen) === "hard";
  }

  /** An entry that may be released, with the stamp that it takes to the tier that asks. */
  stamped({ context }: TierRequest, entry: Entry): Entry {
    const seen = stampFor(context, this.#ports.knowledge.purges, entry.target, entry.seen);
    return seen === entry.seen ? entry : { ...entry, seen };
  }

  /** The stamp that an answer which is only passed on takes to the tier that asks. */
  stampOfRelay({ url, request }: ShardRequest, { answer, seen }: FillResult & { kind: "relay" }): Vector {
    return stampFor(request.context, this.#ports.knowledge.purges, purgeTarget(url, tagsOf(answer.fields)), seen);
  }
}
