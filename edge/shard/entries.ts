// Everything this isolate has stored, for all shards that live in it: one LRU bounded in bytes, by `lru-cache` (recency and
// bytes only; freshness and purges are decided elsewhere). An object's memory goes with the object, the isolate's lives
// longer, so entries outlive their shard's instance; what a new instance needs first is knowledge of purges, not entries.

import { LRUCache } from "lru-cache";
import { LIMITS } from "../../config/limits.ts";
import { type Bytes, bytes, type EpochMillis } from "../../config/units.ts";
import type { PurgeTarget } from "../../control-plane/purge/purge-set.ts";
import type { Vector } from "../../control-plane/purge/vector.ts";
import type { StoredResponse } from "../http/terms.ts";
import type { HeldPart } from "./part-fill.ts";
import type { SegmentSet } from "./segments.ts";

/** A stored response and what decides whether it is alive. Never changed, only replaced, but for its last three fields. */
export interface Entry {
  readonly kind: "entry";
  readonly response: StoredResponse;
  readonly body: Uint8Array | undefined;
  /** Where the body is, if not here: this is the head of a large object. */
  readonly segments?: SegmentSet | undefined;
  /** The body is only a part of the object, this one. */
  readonly part?: HeldPart | undefined;
  /** What was known of purges when its origin fetch began. */
  readonly seen: Vector;
  readonly target: PurgeTarget;
  readonly storedAt: EpochMillis;
  /** The purge set's version at which it was last found alive: until that changes, the check is one comparison. */
  checkedVersion: number;
  /** When it was last asked for where that matters: what is asked for often may be copied to edges. */
  askedAt?: EpochMillis;
  /** How often it was found, and what it was wanted for before: once it has ended, its successor is wanted as much. */
  uses: number;
}

/** This URL gave an answer that could not be shared: until then, requests for it do not wait for each other. */
export interface HitForMiss {
  readonly kind: "hit-for-miss";
  readonly until: EpochMillis;
  readonly seen: Vector;
  readonly target: PurgeTarget;
}

/** The variants of one cache key. */
interface Bucket {
  readonly shard: string;
  readonly key: string;
  readonly url: string;
  /** Request fields that select among them, sorted; what the newest response's `Vary` said. */
  vary: readonly string[];
  /** Variant keys in order of storing. */
  readonly variants: Set<string>;
}

/** An item and where it is listed. */
interface Held<Of extends Entry> {
  readonly item: Of | HitForMiss;
  readonly bucket: Bucket;
  readonly variant: string;
}

/** Bytes that an item takes beside its body: fields, keys and the structures around them. */
const OVERHEAD_BYTES = 512;

const sizeOf = ({ item }: Held<Entry>): number =>
  item.kind === "hit-for-miss"
    ? OVERHEAD_BYTES
    : OVERHEAD_BYTES + item.response.fields.size + (item.body?.byteLength ?? 0);

/** `Of`: what is kept, where it is more than an entry. */
export class EntryStore<Of extends Entry = Entry> {
  readonly #items: LRUCache<string, Held<Of>>;
  readonly #buckets = new Map<string, Bucket>();
  readonly #bucketsByUrl = new Map<string, Set<string>>();
  readonly #heldBy = new Map<string, { entries: number; bytes: number }>();

  /** `capacity`: bytes that all items together may take. */
  constructor(capacity: Bytes) {
    this.#items = new LRUCache<string, Held<Of>>({
      maxSize: capacity,
      maxEntrySize: Math.max(1, Math.min(capacity, LIMITS.entryBytes + 64 * 1024)),
      sizeCalculation: sizeOf,
      dispose: (held, _id, reason) => {
        this.#account(held, -1);
        if (reason !== "set") this.#unlist(held);
      },
    });
  }

  /** Which request fields select a variant of this key; undefined while nothing is known of it. */
  varyOf(shard: string, key: string): readonly string[] | undefined {
    return this.#buckets.get(bucketId(shard, key))?.vary;
  }

  /** The item for this variant, made the most recently used. */
  get(shard: string, key: string, variant: string): Of | HitForMiss | undefined {
    return this.#items.get(itemId(shard, key, variant))?.item;
  }

  /** Stores an item; a changed `vary` ends the variants that were chosen by another. The oldest variant beyond the cap goes. */
  put(shard: string, key: string, url: string, vary: readonly string[], variant: string, item: Of | HitForMiss): void {
    const id = bucketId(shard, key);
    const known = this.#buckets.get(id);
    if (known !== undefined && known.vary.join() !== vary.join()) this.#dropBucket(known);
    let bucket = this.#buckets.get(id);
    if (bucket === undefined) {
      bucket = { shard, key, url, vary, variants: new Set() };
      this.#buckets.set(id, bucket);
      const byUrl = this.#bucketsByUrl.get(urlId(shard, url)) ?? new Set();
      this.#bucketsByUrl.set(urlId(shard, url), byUrl.add(id));
    }
    bucket.variants.delete(variant);
    bucket.variants.add(variant);
    const held = { item, bucket, variant };
    this.#items.set(itemId(shard, key, variant), held);
    if (this.#items.has(itemId(shard, key, variant))) this.#account(held, 1);
    else this.#unlist(held);
    const [oldest] = bucket.variants;
    if (bucket.variants.size > LIMITS.variants && oldest !== undefined) this.delete(shard, key, oldest);
  }

  delete(shard: string, key: string, variant: string): void {
    this.#items.delete(itemId(shard, key, variant));
  }

  /** Ends everything stored under a canonical URL, all keys and variants (RFC 9111 section 4.4). Returns how many items. */
  deleteUrl(shard: string, url: string): number {
    let count = 0;
    for (const id of [...(this.#bucketsByUrl.get(urlId(shard, url)) ?? [])]) {
      const bucket = this.#buckets.get(id);
      if (bucket === undefined) continue;
      count += bucket.variants.size;
      this.#dropBucket(bucket);
    }
    return count;
  }

  /** Ends one shard's entries that `ends` says so of. Looks at all of them. Returns how many. */
  deleteWhere(shard: string, ends: (entry: Of) => boolean): number {
    const ended: Held<Of>[] = [];
    for (const held of this.#items.values()) {
      if (held.item.kind === "entry" && held.bucket.shard === shard && ends(held.item)) ended.push(held);
    }
    for (const { bucket, variant } of ended) this.delete(shard, bucket.key, variant);
    return ended.length;
  }

  /** One shard's entries, most recently used first, for dry runs and statistics. */
  *of(shard: string): IterableIterator<Of> {
    for (const { item, bucket } of this.#items.values()) {
      if (item.kind === "entry" && bucket.shard === shard) yield item;
    }
  }

  /** How many entries a shard has here, and the bytes of their bodies. */
  heldBy(shard: string): { readonly entries: number; readonly bytes: Bytes } {
    const { entries = 0, bytes: held = 0 } = this.#heldBy.get(shard) ?? {};
    return { entries, bytes: bytes(held) };
  }

  /** Bytes and items held by all shards of the isolate. */
  get held(): { readonly items: number; readonly bytes: Bytes } {
    return { items: this.#items.size, bytes: bytes(this.#items.calculatedSize) };
  }

  /** Keeps the account of a shard when an item comes (1) or goes (-1). */
  #account({ item, bucket }: Held<Of>, sign: 1 | -1): void {
    if (item.kind !== "entry") return;
    const account = this.#heldBy.get(bucket.shard) ?? { entries: 0, bytes: 0 };
    account.entries += sign;
    account.bytes += sign * (item.body?.byteLength ?? 0);
    this.#heldBy.set(bucket.shard, account);
  }

  #dropBucket(bucket: Bucket): void {
    for (const variant of [...bucket.variants]) this.#items.delete(itemId(bucket.shard, bucket.key, variant));
    this.#forgetBucket(bucket);
  }

  #forgetBucket(bucket: Bucket): void {
    const id = bucketId(bucket.shard, bucket.key);
    this.#buckets.delete(id);
    const byUrl = this.#bucketsByUrl.get(urlId(bucket.shard, bucket.url));
    byUrl?.delete(id);
    if (byUrl?.size === 0) this.#bucketsByUrl.delete(urlId(bucket.shard, bucket.url));
  }

  /** An item left the LRU: its bucket forgets it, and goes with its last variant. */
  #unlist({ bucket, variant }: Held<Of>): void {
    bucket.variants.delete(variant);
    if (bucket.variants.size === 0) this.#forgetBucket(bucket);
  }
}

// Shard names, keys and URLs hold no line feed, so it can stand between them; what follows the last one may hold any.
const bucketId = (shard: string, key: string): string => `${shard}\n${key}`;
const itemId = (shard: string, key: string, variant: string): string => `${shard}\n${key}\n${variant}`;
const urlId = (shard: string, url: string): string => `${shard}\n${url}`;
