// The isolate's store under any order of comings and goings: its accounts are true, its lists hold nothing that is gone.

import fc from "fast-check";
import { expect, test } from "vitest";
import { bytes, epochMillis, KiB, millis } from "../../../../config/units.ts";
import { purgeTarget } from "../../../../control-plane/purge/purge-target.ts";
import { Fields } from "../../../../edge/http/fields.ts";
import { SHARD_LIMITS } from "../../../../edge/shard/limits.ts";
import { EntryStore } from "../../../../edge/shard/store/entries.ts";
import type { Entry } from "../../../../edge/shard/store/entry.ts";

const entry = (size: number): Entry => ({
  kind: "entry",
  response: {
    status: 200,
    fields: new Fields(),
    terms: {
      bornAt: epochMillis(0),
      freshFor: millis(1),
      staleWhileRevalidateFor: millis(0),
      staleIfErrorFor: millis(0),
      mustRevalidate: false,
      alwaysRevalidate: false,
      heuristic: false,
    },
  } as Entry["response"],
  body: new Uint8Array(size),
  seen: {},
  target: purgeTarget("http://site.test/a", []),
  storedAt: epochMillis(0),
  checkedVersion: -1,
  uses: 0,
});

const step = fc.record({
  act: fc.constantFrom("put", "put", "put", "delete", "deleteUrl" as const),
  shard: fc.constantFrom("s0", "s1"),
  key: fc.constantFrom("k0", "k1", "k2"),
  vary: fc.constantFrom([], ["accept"]),
  variant: fc.constantFrom("", "x", "y"),
  size: fc.constantFrom(0, 10, 1_000, 5_000, 40_000),
});

const PLACE = { shard: "s0", key: "k", url: "http://site.test/k" };

test("what a shard is said to hold is what it holds, whatever came, went, was replaced or did not fit", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const store = new EntryStore(bytes(16 * KiB));
      for (const { act, shard, key, vary, variant, size } of steps) {
        if (act === "put") store.put({ shard, key, url: `http://site.test/${key}`, vary, variant }, entry(size));
        else if (act === "delete") store.delete(shard, key, variant);
        else store.deleteUrl(shard, `http://site.test/${key}`);
        for (const name of ["s0", "s1"]) {
          const held = [...store.of(name)];
          const sum = held.reduce((total, one) => total + (one.body?.byteLength ?? 0), 0);
          expect(store.heldBy(name)).toEqual({ entries: held.length, bytes: sum });
        }
        expect(store.held.bytes).toBeLessThanOrEqual(16 * KiB);
      }
    }),
  );
});

test("a changed Vary ends the variants that were chosen by another", () => {
  const store = new EntryStore(bytes(1_024 * KiB));
  store.put({ ...PLACE, vary: [], variant: "" }, entry(10));
  store.put({ ...PLACE, vary: ["accept"], variant: "accept:a\n" }, entry(10));
  expect(store.get("s0", "k", "")).toBeUndefined();
  expect(store.varyOf("s0", "k")).toEqual(["accept"]);
  expect(store.heldBy("s0").entries).toBe(1);
});

test("one key has so many variants at most, and the oldest goes first", () => {
  const store = new EntryStore(bytes(1_024 * KiB));
  const put = (index: number) => store.put({ ...PLACE, vary: ["accept"], variant: `accept:${index}\n` }, entry(1));
  for (let index = 0; index < SHARD_LIMITS.variants; index += 1) put(index);
  expect(store.heldBy("s0").entries).toBe(SHARD_LIMITS.variants);
  put(SHARD_LIMITS.variants);
  expect(store.heldBy("s0").entries).toBe(SHARD_LIMITS.variants);
  expect(store.get("s0", "k", "accept:0\n")).toBeUndefined();
});
