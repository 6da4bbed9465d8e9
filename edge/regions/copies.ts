// Copies of answers in an edge's isolate. Each lives only as long as the lease of the shard that gave it: at most two seconds, counted
// from before the shard was asked. So a copy needs no news of purges, and none outlives a complete purge
// (control-plane/purge/COMPLETE.md). The shard decides what may be copied (shard/answer/copy-grant.ts); the same HTTP code as
// everywhere decides whether a copy answers a request. Once half of its time is over, one request fetches it again.

import type { Config } from "../../config/schema/schema.ts";
import { addMillis, bytes, type EpochMillis, type Millis, millis } from "../../config/units.ts";
import type { RegionId } from "../../config/world/regions.ts";
import { purgeTarget } from "../../control-plane/purge/purge-target.ts";
import { coversAll, type Vector } from "../../control-plane/purge/vector.ts";
import { cacheStatusMember } from "../http/cache-status.ts";
import { decideReuse } from "../http/reuse.ts";
import { policyOf } from "../http/terms.ts";
import { variantKey } from "../http/vary.ts";
import { EDGE_LIMITS } from "../limits.ts";
import type { CacheKey } from "../request/cache-key.ts";
import { answerFrom } from "../shard/answer/release.ts";
import { EntryStore } from "../shard/store/entries.ts";
import type { Entry } from "../shard/store/entry.ts";
import type { UpstreamAnswer } from "../tier/tier.ts";
import type { CopyGrant, ResponseFacts } from "../tier/wire.ts";
import type { Serving } from "./serving.ts";

/** A copy: an entry that ends by itself. */
interface Copy extends Entry {
  readonly until: EpochMillis;
  /** From then on the next request goes to the shard: once before `until`, then all. */
  usedUntil: EpochMillis;
  /** What the shard knew of purges when it gave the answer. */
  readonly vector: Vector;
}

export class Copies {
  readonly #now: () => EpochMillis;
  readonly #copies = new EntryStore<Copy>(bytes(EDGE_LIMITS.copiesBytes));

  constructor(now: () => EpochMillis) {
    this.#now = now;
  }

  /** The answer from a copy of what `region` gave; undefined if there is none that may answer, or if it is time to renew it. */
  find(config: Config, { admitted, method, fields, requestId }: Serving, region: RegionId, { key }: CacheKey) {
    const { route, passage, demanded } = admitted;
    if (!route.edgeCopies || passage !== "cached") return undefined;
    const names = this.#copies.varyOf(region, key);
    if (names === undefined) return undefined;
    const copy = this.#copies.get(region, key, variantKey(names, fields));
    if (copy?.kind !== "entry" || !coversAll(copy.vector, demanded)) return undefined;
    const now = this.#now();
    if (now >= copy.usedUntil) {
      copy.usedUntil = copy.until;
      return undefined;
    }
    const policy = policyOf(route, config.maxRetentionSeconds);
    const circumstances = { verdict: "alive", mayServeStale: false, policy } as const;
    const reuse = decideReuse(copy.response, { method, fields }, now, circumstances);
    if (reuse.kind !== "fresh" || copy.body === undefined) return undefined;
    const answer = answerFrom({ method, fields, requestId }, copy.response, { kind: "bytes", bytes: copy.body });
    return answered(answer, copy, reuse.ttl, now);
  }

  /**
   * Takes an answer of `region` that came with the grant of a copy, read whole; others are left as they are. Undefined if its
   * body broke off: then it is no answer.
   */
  async take(
    answer: UpstreamAnswer,
    { admitted, fields }: Serving,
    region: RegionId,
    { key, url }: CacheKey,
  ): Promise<UpstreamAnswer | undefined> {
    const { facts, body } = answer;
    const grant = facts?.copy;
    if (grant === undefined || facts?.validFor === undefined || body.kind !== "stream") return answer;
    if (!admitted.route.edgeCopies || body.length === undefined || body.length > EDGE_LIMITS.copyBytes) return answer;
    const whole = await readWhole(body.open(), body.length);
    if (whole === undefined) return undefined;
    // mutant: copies-from-the-answer, with addMillis(this.#now(), facts.validFor)
    const until = addMillis(answer.requestAt, facts.validFor);
    const copy = this.#copyOf(answer, { url, body: whole, until }, facts, grant);
    const variant = variantKey(grant.vary, fields);
    this.#copies.put({ shard: region, key, url, vary: grant.vary, variant }, copy);
    return { ...answer, body: { kind: "bytes", bytes: whole } };
  }

  /** A request that may have changed something was answered: its sender should see the change. */
  changed(region: RegionId, { url }: CacheKey): void {
    this.#copies.deleteUrl(region, url);
  }

  #copyOf(
    { status, fields }: UpstreamAnswer,
    { url, body, until }: { readonly url: string; readonly body: Uint8Array; readonly until: EpochMillis },
    { seen = {}, vector = {} }: ResponseFacts,
    { terms }: CopyGrant,
  ): Copy {
    const now = this.#now();
    const usedUntil = addMillis(now, millis((until - now) / 2));
    const response = { status, fields, terms };
    const own = { target: purgeTarget(url, []), storedAt: now, checkedVersion: -1, uses: 0 };
    return { kind: "entry", response, body, seen, ...own, until, usedUntil, vector };
  }
}

function answered(
  answer: ReturnType<typeof answerFrom>,
  copy: Copy,
  ttl: Millis,
  now: EpochMillis,
): UpstreamAnswer & { readonly facts: ResponseFacts } {
  const facts: ResponseFacts = {
    v: 1,
    answered: { outcome: "hit", by: "edge" },
    cacheStatus: [cacheStatusMember("meridian-edge", { kind: "hit", ttl })],
    seen: copy.seen,
    bornAt: copy.response.terms.bornAt,
    vector: copy.vector,
    timings: {},
  };
  return { kind: "answer", ...answer, facts, requestAt: now, responseAt: now, timings: {} };
}

/** A body of `length` bytes; undefined if it ends before that, or fails. */
async function readWhole(
  source: { read(): Promise<Uint8Array | undefined> },
  length: number,
): Promise<Uint8Array | undefined> {
  const bytes = new Uint8Array(length);
  let filled = 0;
  try {
    for (let piece = await source.read(); piece !== undefined; piece = await source.read()) {
      if (filled + piece.byteLength > length) return undefined;
      bytes.set(piece, filled);
      filled += piece.byteLength;
    }
  } catch {
    // The region was lost in the middle of it; it is asked again, or the next one.
    return undefined;
  }
  return filled === length ? bytes : undefined;
}
