// How many bytes of memory a stored item takes: its body, and every string and structure that is kept because of it. Clients
// choose most of those strings, so what is not counted here is what an attacker fills an isolate with.
// The constants are measured, not derived: test/edge/shard/store/held-bytes.test.ts fills a store with each kind of item and
// compares the count with the live heap. They err on the high side, since an isolate that is over its memory is ended.

import type { PurgeTarget } from "../../../control-plane/purge/purge-set.ts";
import type { Fields } from "../../http/fields.ts";
import type { Entry, HitForMiss } from "./entry.ts";

/** An item's objects: itself, its bucket, its places in the maps and in the LRU. */
const ITEM_BYTES = 1_000;
/** A response: status, terms, the list of fields, and the view of a body. */
const RESPONSE_BYTES = 700;
/** A field line in addition to its characters: the pair, two string headers, a slot in the list. */
const LINE_BYTES = 144;
/** A string in addition to its characters: its own header, that of the copy it is a piece of, and the slot that refers to it. */
const STRING_BYTES = 64;
/** A piece of a text that is kept anyway. */
const PIECE_BYTES = 40;
/** A number by name in a vector; names of hubs are shared. */
const DOT_BYTES = 32;

/** Bytes that an item takes under these names. Never less than 1, as `lru-cache` demands. */
export function bytesHeld(
  item: Entry | HitForMiss,
  { key, url, vary }: { readonly key: string; readonly url: string; readonly vary: readonly string[] },
  variant: string,
): number {
  const names = stringBytes(key) + stringBytes(url) + stringsBytes(vary) + stringBytes(variant);
  const own = ITEM_BYTES + names + targetBytes(item.target, url) + DOT_BYTES * Object.keys(item.seen).length;
  return item.kind === "hit-for-miss" ? own : own + entryBytes(item);
}

const entryBytes = ({ response, body, segments }: Entry): number =>
  RESPONSE_BYTES +
  fieldsBytes(response.fields) +
  (body?.byteLength ?? 0) +
  (segments === undefined ? 0 : 2 * JSON.stringify(segments).length);

/** Prefixes are pieces of the URL and refer to it; parents of hosts are strings of their own. */
function targetBytes({ url, tags, prefixes, hosts }: PurgeTarget, listedAs: string): number {
  const own = url === listedAs ? 0 : stringBytes(url);
  return own + stringsBytes(tags) + PIECE_BYTES * prefixes.length + stringsBytes(hosts);
}

function fieldsBytes(fields: Fields): number {
  let sum = 0;
  for (const [name, value] of fields) sum += LINE_BYTES + characterBytes(name) + characterBytes(value);
  return sum;
}

const stringsBytes = (texts: readonly string[]): number => texts.reduce((sum, text) => sum + stringBytes(text), 0);

const stringBytes = (text: string): number => STRING_BYTES + characterBytes(text);

/** The runtime keeps a text in one byte a character, unless a single character of it needs two. */
const characterBytes = (text: string): number => (/[\u0100-\uffff]/.test(text) ? 2 * text.length : text.length);
