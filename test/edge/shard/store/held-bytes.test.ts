// The store counts what it really holds: it is filled with each kind of item that clients and origins can make, and the live heap
// after a collection is compared with the count. An isolate that holds more than it counts is ended by the platform.

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { bytes, epochMillis, MiB, millis } from "../../../../config/units.ts";
import { purgeTarget } from "../../../../control-plane/purge/purge-target.ts";
import { Fields } from "../../../../edge/http/fields.ts";
import { EntryStore } from "../../../../edge/shard/store/entries.ts";
import type { Entry, HitForMiss } from "../../../../edge/shard/store/entry.ts";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

const liveBytes = (): number => {
  collect();
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
};

const FIELDS: readonly (readonly [string, string])[] = [
  ["content-type", "text/html; charset=utf-8"],
  ["cache-control", "public, max-age=300"],
  ["date", "Mon, 01 Jan 2024 00:00:00 GMT"],
  ["etag", '"33a64df551425fcc55e4d42a148795d9f25f89d4"'],
];

/** A text of its own, as a parser makes it from bytes that came in. */
const fresh = (text: string): string => Buffer.from(text, "latin1").toString("latin1");

function entry(url: string, body = 2, more: { tags?: string[]; fields?: [string, string][] } = {}): Entry {
  const lines = [...FIELDS, ...(more.fields ?? [])].map(([name, value]) => [fresh(name), fresh(value)] as const);
  return {
    kind: "entry",
    response: {
      status: 200,
      fields: Fields.from(lines),
      terms: {
        bornAt: epochMillis(1_700_000_000_000 + Math.random()),
        freshFor: millis(300_000),
        staleWhileRevalidateFor: millis(0),
        staleIfErrorFor: millis(300_000),
        mustRevalidate: false,
        alwaysRevalidate: false,
        heuristic: false,
      },
    },
    body: new Uint8Array(body),
    seen: JSON.parse('{"weur-1a2b3c4d":17,"enam-1a2b3c4d":4,"apac-1a2b3c4d":9}'),
    target: purgeTarget(url, more.tags ?? []),
    storedAt: epochMillis(1_700_000_000_000 + Math.random()),
    checkedVersion: -1,
    uses: 0,
  };
}

const marker = (url: string): HitForMiss => ({
  kind: "hit-for-miss",
  until: epochMillis(1_700_000_000_000 + Math.random()),
  seen: JSON.parse('{"weur-1a2b3c4d":17}'),
  target: purgeTarget(url, []),
});

type Put = (store: EntryStore, index: number) => void;
const under = (store: EntryStore, url: string, item: Entry | HitForMiss, vary: string[] = [], variant = ""): void =>
  store.put({ shard: "shard:weur:1", key: `abcdefgh1234x ${url}`, url, vary, variant }, item);

const long = (length: number, character = "k"): string => Buffer.alloc(length, character).toString("latin1");
const site = "http://shop.example";

const KINDS: readonly (readonly [name: string, count: number, put: Put])[] = [
  [
    "small objects under short URLs",
    20_000,
    (store, index) => under(store, `${site}/p/${index}`, entry(`${site}/p/${index}`, 400)),
  ],
  [
    "queries of eight thousand characters",
    4_000,
    (store, index) => {
      const url = fresh(`${site}/m?${index}=${long(7_900)}`);
      under(store, url, entry(url));
    },
  ],
  [
    "the short piece that a route keeps of a long URL",
    4_000,
    (store, index) => {
      const asked = fresh(`${site}/kept/${index}/of/a/long/one?utm_source=${long(7_900)}`);
      const url = asked.slice(0, asked.indexOf("?"));
      under(store, url, entry(url));
    },
  ],
  [
    "paths of thirty segments",
    3_000,
    (store, index) => {
      const url = fresh(`${site}/${index}/${Array.from({ length: 30 }, () => long(200)).join("/")}`);
      under(store, url, entry(url));
    },
  ],
  [
    "long variants of few URLs",
    3_000,
    (store, index) => {
      const url = `${site}/v${index >> 5}`;
      under(store, url, entry(url), ["accept"], fresh(`accept:${long(8_000, "v")}${index}\n`));
    },
  ],
  [
    "variants with a character of two bytes",
    1_500,
    (store, index) => {
      const url = `${site}/w${index >> 5}`;
      under(store, url, entry(url), ["x-name"], `x-name:${long(8_000, "v")}\u0416${index}\n`);
    },
  ],
  [
    "marks of what cannot be shared",
    20_000,
    (store, index) => under(store, `${site}/n/${index}`, marker(`${site}/n/${index}`)),
  ],
  [
    "marks under long URLs",
    4_000,
    (store, index) => {
      const url = fresh(`${site}/n?${index}=${long(7_900)}`);
      under(store, url, marker(url));
    },
  ],
  [
    "fifty tags each",
    3_000,
    (store, index) => {
      const url = `${site}/t/${index}`;
      const tags = Array.from({ length: 50 }, (_, tag) => fresh(`category-${index}-${tag}`));
      under(store, url, entry(url, 100, { tags }));
    },
  ],
  [
    "one tag out of a long field",
    3_000,
    (store, index) => {
      const url = `${site}/u/${index}`;
      const tags = [fresh(`a-tag-with-a-name-${index},${long(7_900, " ")}`).slice(0, 18)];
      under(store, url, entry(url, 100, { tags }));
    },
  ],
  [
    "a hundred field lines each",
    1_000,
    (store, index) => {
      const url = `${site}/f/${index}`;
      const fields = Array.from({ length: 100 }, (_, line): [string, string] => [`x-field-${line}`, `value ${index}`]);
      under(store, url, entry(url, 100, { fields }));
    },
  ],
  [
    "bodies of sixteen thousand bytes",
    1_500,
    (store, index) => under(store, `${site}/b/${index}`, entry(`${site}/b/${index}`, 16_384)),
  ],
];

test.each(KINDS)("%s take no more memory than the store counts, and not less than half of it", (_name, count, put) => {
  const store = new EntryStore(bytes(512 * MiB));
  const before = liveBytes();
  for (let index = 0; index < count; index += 1) put(store, index);
  const held = liveBytes() - before;
  const counted = store.held;
  expect(counted.items).toBe(count);
  expect(held, `holds ${held}, counts ${counted.bytes}`).toBeLessThan(counted.bytes * 1.05);
  expect(held, `holds ${held}, counts ${counted.bytes}`).toBeGreaterThan(counted.bytes * 0.5);
});

test("a body that is a piece of a larger buffer does not keep that buffer", () => {
  const store = new EntryStore(bytes(64 * MiB));
  const before = liveBytes();
  for (let index = 0; index < 20; index += 1) {
    const url = `${site}/piece/${index}`;
    under(store, url, { ...entry(url), body: new Uint8Array(1 * MiB).subarray(0, 10) });
  }
  expect(liveBytes() - before).toBeLessThan(4 * MiB);
});

test("a full store holds what it may and no more, whatever is put into it", () => {
  const capacity = 2 * MiB;
  const store = new EntryStore(bytes(capacity));
  const before = liveBytes();
  for (let index = 0; index < 300; index += 1) for (const [, , put] of KINDS) put(store, index);
  expect(store.held.bytes).toBeLessThanOrEqual(capacity);
  expect(liveBytes() - before).toBeLessThan(capacity * 1.1);
});

test("what is deleted is given back, with its names", () => {
  const store = new EntryStore(bytes(512 * MiB));
  const before = liveBytes();
  const urls = Array.from({ length: 2_000 }, (_, index) => `${site}/m?${index}=${long(2_000)}`);
  const withUrls = liveBytes() - before;
  for (const url of urls) under(store, url, entry(url));
  for (const url of urls) store.deleteUrl("shard:weur:1", url);
  expect(store.held).toEqual({ items: 0, bytes: 0 });
  expect(liveBytes() - before - withUrls).toBeLessThan(1 * MiB);
});
