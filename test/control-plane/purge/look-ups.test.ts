// What a check and news cost, counted in look-ups and not in time: a check on a hit is a look-up for each tag, prefix and host of
// the entry however many scopes are known, none at all when nothing was purged since it was last looked at, and news are
// found without looking at what is no news.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bytes, epochMillis, MiB } from "../../../config/units.ts";
import type { PurgeEvent, Scope } from "../../../control-plane/purge/event.ts";
import { PurgeSet, purgeTarget } from "../../../control-plane/purge/purge-set.ts";
import { coversAll, EMPTY_VECTOR, type Vector } from "../../../control-plane/purge/vector.ts";
import { Judge } from "../../../edge/shard/judge.ts";
import { Knowledge } from "../../../edge/shard/purges/purge-knowledge.ts";
import { EntryStore } from "../../../edge/shard/store/entries.ts";
import type { Entry } from "../../../edge/shard/store/entry.ts";

const HUBS = ["weur.aaaa", "enam.bbbb", "oc.cccc"] as const;
const ROOMY = { records: 1_000_000, bytes: 1024 * MiB };

const purge = (hub: string, counter: number, scopes: readonly Scope[]): PurgeEvent => ({
  v: 1,
  kind: "purge",
  dot: { hub, counter },
  at: epochMillis(0),
  severity: "hard",
  scopes,
  by: "test",
  requestDigest: "",
});

/** Knows `count` scopes of all kinds, thousands in a purge. */
function knowing(count: number): PurgeSet {
  const set = new PurgeSet(undefined, ROOMY);
  const at = (index: number): Scope => {
    const place = `other.example/${index}`;
    if (index % 4 === 0) return { kind: "url", url: `https://${place}` };
    if (index % 4 === 1) return { kind: "prefix", prefix: `https://${place}/` };
    return index % 4 === 2 ? { kind: "tag", tag: `other-${index}` } : { kind: "host", host: `h${index}.example` };
  };
  for (let counter = 1, index = 0; index < count; counter++) {
    const scopes = Array.from({ length: Math.min(5_000, count - index) }, () => at(index++));
    set.apply(purge(HUBS[counter % 3] as string, Math.ceil(counter / 3), scopes));
  }
  expect(set.size).toBe(count);
  return set;
}

interface Work {
  gets: number;
  walks: number;
}

/** What `act` does to maps: how often it looks something up, and how often it walks through one. */
function workOf(act: () => unknown): Work {
  const work = { gets: 0, walks: 0 };
  const { prototype } = Map;
  const names = ["get", "has", "keys", "values", "entries", "forEach", Symbol.iterator] as const;
  const originals = names.map((name) => [name, prototype[name]] as const);
  for (const [name, original] of originals) {
    const counted = function (this: unknown, ...values: unknown[]): unknown {
      if (name === "get" || name === "has") work.gets++;
      else work.walks++;
      return Reflect.apply(original, this, values);
    };
    Object.defineProperty(prototype, name, { value: counted, configurable: true, writable: true });
  }
  try {
    act();
  } finally {
    for (const [name, original] of originals) {
      Object.defineProperty(prototype, name, { value: original, configurable: true, writable: true });
    }
  }
  return work;
}

const TAGS = Array.from({ length: 64 }, (_, index) => `tag-${index}`);
const URL = "https://shop.example/a/b/c?x=1";
const target = purgeTarget(URL, TAGS);
/** Each tag, prefix and host, the URL, and everything. */
const MOST = TAGS.length + target.prefixes.length + target.hosts.length + 2;

function entry(seen: Vector): Entry {
  const response = { status: 200, fields: undefined, terms: undefined } as unknown as Entry["response"];
  const at = { storedAt: epochMillis(0), checkedVersion: -1, uses: 0 };
  return { kind: "entry", response, body: undefined, seen, target, ...at };
}

function judgeOf(purges: PurgeSet): Judge {
  const now = () => epochMillis(0);
  const knowledge = new Knowledge(() => Promise.reject(new Error("nobody asks")), now, purges);
  return new Judge({ name: "shard:weur:0", entries: new EntryStore(bytes(1_000)), knowledge, now });
}

describe("a check", () => {
  test.each([1_000, 100_000])("of an entry with 64 tags costs a look-up for each, with %i scopes known", (count) => {
    const set = knowing(count);
    expect(set.verdict(target, EMPTY_VECTOR)).toBe("alive");
    const work = workOf(() => set.verdict(target, EMPTY_VECTOR));
    expect(work.walks).toBe(0);
    expect(work.gets).toBeGreaterThan(TAGS.length);
    expect(work.gets).toBeLessThanOrEqual(MOST);
  });

  test("costs no look-up when nothing was purged since the entry was last looked at", () => {
    const set = knowing(100_000);
    const judge = judgeOf(set);
    const one = entry(EMPTY_VECTOR);
    expect(workOf(() => judge.verdict(one)).gets).toBeGreaterThan(TAGS.length);
    expect(workOf(() => judge.verdict(one))).toEqual({ gets: 0, walks: 0 });
    expect(judge.verdict(one)).toBe("alive");

    set.apply(purge("oc.later", 1, [{ kind: "tag", tag: "unrelated" }]));
    expect(workOf(() => judge.verdict(one)).gets).toBeLessThanOrEqual(MOST);
    expect(workOf(() => judge.verdict(one))).toEqual({ gets: 0, walks: 0 });

    set.apply(purge("oc.later", 2, [{ kind: "tag", tag: "tag-63" }]));
    expect(judge.verdict(one)).toBe("hard");
  });
});

describe("news", () => {
  test("of one purge among 100,000 scopes are found by one look-up, and so are none", () => {
    const set = knowing(100_000);
    const before = set.vector;
    set.apply(purge("oc.later", 1, [{ kind: "tag", tag: "new" }]));
    let found: readonly unknown[] = [];
    const work = workOf(() => {
      found = set.newsSince(before).records;
    });
    expect(found).toHaveLength(1);
    expect(work.gets).toBe(1);
    // The hubs' lists, not the scopes.
    expect(work.walks).toBeLessThanOrEqual(1);
    expect(workOf(() => set.newsSince(set.vector))).toEqual({ gets: 0, walks: 0 });
  });

  test("are exactly the records with a dot beyond what is known, in whatever order they were learnt", () => {
    const scope = fc.integer({ min: 0, max: 12 }).map((number): Scope => ({ kind: "tag", tag: `t${number}` }));
    const step = fc.record({
      hub: fc.constantFrom(...HUBS),
      scopes: fc.uniqueArray(scope, { minLength: 1, maxLength: 4, selector: (one) => JSON.stringify(one) }),
      severity: fc.constantFrom("soft" as const, "hard" as const),
    });
    const vector = fc.dictionary(fc.constantFrom(...HUBS), fc.integer({ min: 0, max: 60 }));
    const limits = fc.constantFrom(ROOMY, { records: 6, bytes: 1024 * MiB });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), vector, limits, fc.boolean(), (steps, since, size, backwards) => {
        const first = new PurgeSet(undefined, size);
        const counters = new Map<string, number>();
        for (const { hub, scopes, severity } of steps) {
          const counter = (counters.get(hub) ?? 0) + 1;
          counters.set(hub, counter);
          first.apply({ ...purge(hub, counter, scopes), severity });
        }
        const all = first.newsSince(EMPTY_VECTOR);
        expect(all.records.length).toBe(first.size);
        const second = new PurgeSet(undefined, size);
        second.merge({ ...all, records: backwards ? [...all.records].reverse() : all.records });
        for (const set of [first, second]) {
          if (coversAll(since, set.vector)) continue;
          const expected = all.records.filter(({ soft, hard }) => !coversAll(since, soft) || !coversAll(since, hard));
          const keys = (records: readonly { readonly scope: Scope }[]) =>
            records.map((record) => JSON.stringify(record.scope)).sort();
          expect(keys(set.newsSince(since).records)).toEqual(keys(expected));
        }
      }),
    );
  });

  test("of a scope that is purged over and over leave no trail of what was overtaken", () => {
    const set = new PurgeSet(undefined, ROOMY);
    const count = 20_000;
    for (let counter = 1; counter <= count; counter++) set.apply(purge(HUBS[0], counter, [{ kind: "everything" }]));
    const { add } = Set.prototype;
    let listed = 0;
    Set.prototype.add = function (value) {
      listed++;
      return add.call(this, value);
    };
    try {
      expect(set.newsSince(EMPTY_VECTOR).records).toHaveLength(1);
    } finally {
      Set.prototype.add = add;
    }
    expect(listed).toBeLessThan(100);
  });
});
