// Everything this isolate stores, for all shards in it: one LRU bounded in bytes, by `lru-cache` (recency and bytes only; freshness and
// purges are decided elsewhere). An object's memory ends with the object and the isolate's lasts longer, so entries outlive
// their shard's instance; a new instance first needs knowledge of purges, not entries. Every byte counts: clients choose
// URLs, key fields and variants, so an item is charged for its strings (held-bytes.ts) as well as for its body. Each string is
// held once: shards, keys and variants are nested maps, never one long joined name.

import { LRUCache } from "lru-cache";
import { ownCopy } from "../../../config/own-copy.ts";
import { type Bytes, bytes } from "../../../config/units.ts";
import { EDGE_LIMITS } from "../../limits.ts";
import { SHARD_LIMITS } from "../limits.ts";
import type { Entry, HitForMiss } from "./entry.ts";
import { bytesHeld } from "./held-bytes.ts";

/** What one shard has stored. */
interface ShardEntries {
  readonly name: string;
  readonly buckets: Map<string, KeyVariants>;
  /** The buckets of a URL: one for each combination of what else its keys hold. */
  readonly bucketsByUrl: Map<string, KeyVariants[]>;
  entries: number;
  bodyBytes: number;
}

/** Where an item belongs. */
export interface ItemPlace {
  readonly shard: string;
  readonly key: string;
  /** The canonical URL, by which unsafe methods invalidate. */
  readonly url: string;
  /** Request fields that select among the key's variants, sorted, and their values as one text. */
  readonly vary: readonly string[];
  readonly variant: string;
}

/** The variants of one cache key. */
interface KeyVariants {
  readonly shard: ShardEntries;
  readonly key: string;
  readonly url: string;
  /** Request fields that select among them, sorted; what the newest response's `Vary` said. */
  readonly vary: readonly string[];
  /** In order of storing. */
  readonly variants: Map<string, StoredItem>;
}

/** An item and where it is listed. */
interface StoredItem {
  readonly item: Entry | HitForMiss;
  readonly bucket: KeyVariants;
  readonly variant: string;
}

/** `Of`: what is kept, where it is more than an entry. */
export class EntryStore<Of extends Entry = Entry> {
  /** Every item once, by itself: recency and bytes. Where an item is found is the shards' business. */
  readonly #items: LRUCache<StoredItem, StoredItem>;
  readonly #shards = new Map<string, ShardEntries>();

  /** `capacity`: bytes that all items together may take, keys and structures included. */
  constructor(capacity: Bytes) {
    this.#items = new LRUCache<StoredItem, StoredItem>({
      maxSize: capacity,
      maxEntrySize: Math.max(1, Math.min(capacity, EDGE_LIMITS.entryBytes + SHARD_LIMITS.entryHeadBytes)),
      sizeCalculation: ({ item, bucket, variant }) => bytesHeld(item, bucket, variant),
      dispose: (held) => this.#unlist(held),
    });
  }

  /** Which request fields select a variant of this key; undefined while nothing is known of it. */
  varyOf(shard: string, key: string): readonly string[] | undefined {
    return this.#shards.get(shard)?.buckets.get(key)?.vary;
  }

  /** The item for this variant, made the most recently used. */
  get(shard: string, key: string, variant: string): Of | HitForMiss | undefined {
    const held = this.#shards.get(shard)?.buckets.get(key)?.variants.get(variant);
    return held === undefined ? undefined : (this.#items.get(held)?.item as Of | HitForMiss | undefined);
  }

  /** Stores an item; a changed `vary` ends the variants that were chosen by another. The oldest variant beyond the cap goes. */
  put({ shard, key, url, vary, variant }: ItemPlace, item: Of | HitForMiss): void {
    // An item's purge target has the URL already, so the bucket shares that string.
    const bucket = this.#bucketFor(shard, key, item.target.url === url ? item.target.url : ownCopy(url), vary);
    const before = bucket.variants.get(variant);
    const held: StoredItem = { item: withOwnBody(item), bucket, variant: before?.variant ?? ownCopy(variant) };
    this.#list(held);
    if (before !== undefined) this.#items.delete(before);
    this.#items.set(held, held);
    // The LRU refuses what is larger than one item may be, and says so by not having it.
    if (!this.#items.has(held)) this.#unlist(held);
    if (bucket.variants.size <= SHARD_LIMITS.variants) return;
    for (const oldest of bucket.variants.values()) {
      this.#items.delete(oldest);
      return;
    }
  }

  delete(shard: string, key: string, variant: string): void {
    const held = this.#shards.get(shard)?.buckets.get(key)?.variants.get(variant);
    if (held !== undefined) this.#items.delete(held);
  }

  /** Ends everything stored under a canonical URL, all keys and variants (RFC 9111 section 4.4). Returns how many items. */
  deleteUrl(shard: string, url: string): number {
    let count = 0;
    for (const bucket of [...(this.#shards.get(shard)?.bucketsByUrl.get(url) ?? [])]) {
      count += bucket.variants.size;
      this.#dropBucket(bucket);
    }
    return count;
  }

  /** Ends one shard's entries that `ends` says so of. Looks at all of them. Returns how many. */
  deleteWhere(shard: string, ends: (entry: Of) => boolean): number {
    const ended: StoredItem[] = [];
    for (const held of this.#items.values()) {
      if (held.item.kind === "entry" && held.bucket.shard.name === shard && ends(held.item as Of)) ended.push(held);
    }
    for (const held of ended) this.#items.delete(held);
    return ended.length;
  }

  /** One shard's entries, most recently used first, for dry runs and statistics. */
  *of(shard: string): IterableIterator<Of> {
    for (const { item, bucket } of this.#items.values()) {
      if (item.kind === "entry" && bucket.shard.name === shard) yield item as Of;
    }
  }

  /** How many entries a shard has here, and the bytes of their bodies. */
  heldBy(shard: string): { readonly entries: number; readonly bytes: Bytes } {
    const { entries = 0, bodyBytes = 0 } = this.#shards.get(shard) ?? {};
    return { entries, bytes: bytes(bodyBytes) };
  }

  /** Bytes and items held by all shards of the isolate: everything that they take, not only bodies. */
  get held(): { readonly items: number; readonly bytes: Bytes } {
    return { items: this.#items.size, bytes: bytes(this.#items.calculatedSize) };
  }

  /** The bucket of a key. One whose `Vary` was another is dropped with what it held, since its variants were chosen by that. */
  #bucketFor(name: string, key: string, url: string, vary: readonly string[]): KeyVariants {
    const shard = this.#shardFor(name);
    const known = shard.buckets.get(key);
    if (known !== undefined && known.vary.join() === vary.join()) return known;
    if (known !== undefined) this.#dropBucket(known);
    return { shard, key: ownCopy(key), url, vary: vary.map(ownCopy), variants: new Map() };
  }

  /** At most one for each shard of the region, so the map needs no limit of its own. */
  #shardFor(name: string): ShardEntries {
    let shard = this.#shards.get(name);
    if (shard === undefined) {
      shard = { name, buckets: new Map(), bucketsByUrl: new Map(), entries: 0, bodyBytes: 0 };
      this.#shards.set(name, shard);
    }
    return shard;
  }

  #dropBucket(bucket: KeyVariants): void {
    for (const held of [...bucket.variants.values()]) this.#items.delete(held);
  }

  /** Makes an item the one that is found for its variant, the newest of its bucket. */
  #list(held: StoredItem): void {
    const { bucket, variant, item } = held;
    const { shard, variants } = bucket;
    if (variants.size === 0) {
      shard.buckets.set(bucket.key, bucket);
      const sameUrl = shard.bucketsByUrl.get(bucket.url);
      if (sameUrl === undefined) shard.bucketsByUrl.set(bucket.url, [bucket]);
      else sameUrl.push(bucket);
    }
    variants.delete(variant);
    variants.set(variant, held);
    account(shard, item, 1);
  }

  /** An item left: its bucket forgets it, unless a newer one has its place, and goes with its last variant. */
  #unlist(held: StoredItem): void {
    const { bucket, variant, item } = held;
    const { shard, variants } = bucket;
    account(shard, item, -1);
    if (variants.get(variant) === held) variants.delete(variant);
    if (variants.size > 0) return;
    shard.buckets.delete(bucket.key);
    const sameUrl = (shard.bucketsByUrl.get(bucket.url) ?? []).filter((other) => other !== bucket);
    if (sameUrl.length === 0) shard.bucketsByUrl.delete(bucket.url);
    else shard.bucketsByUrl.set(bucket.url, sameUrl);
  }
}

/** A body that is a piece of a larger buffer would keep, uncounted, all of it: such a piece is copied. */
function withOwnBody(item: Entry | HitForMiss): Entry | HitForMiss {
  if (item.kind !== "entry" || item.body === undefined) return item;
  return item.body.byteLength === item.body.buffer.byteLength ? item : { ...item, body: item.body.slice() };
}

/** Keeps the account of a shard when an item comes (1) or goes (-1). */
function account(shard: ShardEntries, item: Entry | HitForMiss, sign: 1 | -1): void {
  if (item.kind !== "entry") return;
  shard.entries += sign;
  shard.bodyBytes += sign * (item.body?.byteLength ?? 0);
}
