// Too many scopes: who purges one site without end takes room from that site, and never the caching of another.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { epochMillis, seconds } from "../../../config/units.ts";
import type { PurgeEvent, Scope } from "../../../control-plane/purge/event.ts";
import { coveringHosts, planFolds } from "../../../control-plane/purge/fold.ts";
import { PurgeSet, purgeTarget } from "../../../control-plane/purge/purge-set.ts";
import { SettleWindows } from "../../../control-plane/purge/settle-windows.ts";
import { EMPTY_VECTOR } from "../../../control-plane/purge/vector.ts";

const HUB = "weur.aaaa";
const LIMITS = { records: 1_000, bytes: 1e9 };
const BANK = purgeTarget("https://bank.example/account", ["accounts"]);
const NO_VERSION = { etag: undefined, lastModified: undefined };
const now = epochMillis(1_000_000);

function purge(counter: number, scopes: readonly Scope[], more: Partial<PurgeEvent> = {}): PurgeEvent {
  const common = { v: 1, kind: "purge", severity: "hard", by: "test", requestDigest: "" } as const;
  return { ...common, dot: { hub: HUB, counter }, at: now, scopes, ...more };
}
const url = (text: string): Scope => ({ kind: "url", url: text });
const tag = (text: string): Scope => ({ kind: "tag", tag: text });

/** A shard that heard of these purges. */
function knowing(events: readonly PurgeEvent[], limits = LIMITS, windows = 1_000): PurgeSet {
  const hub = new PurgeSet(() => [], { records: 1e9, bytes: 1e9 });
  const shard = new PurgeSet(undefined, limits, windows);
  for (const event of events) {
    const since = shard.vector;
    hub.apply(event);
    shard.merge(hub.newsSince(since), now);
  }
  return shard;
}

/** A flood of purges by somebody who may purge only what `scopeOf` gives. */
const flood = (scopeOf: (index: number) => Scope, more: Partial<PurgeEvent> = {}, from = 0): PurgeEvent[] =>
  Array.from({ length: 10 }, (_, call) =>
    purge(
      from + call + 1,
      Array.from({ length: 500 }, (_, index) => scopeOf(call * 500 + index)),
      more,
    ),
  );

describe.each<[string, (index: number) => Scope, string]>([
  ["URLs of one host", (index) => url(`https://small.example/${index}`), "https://small.example/"],
  ["URLs of both schemes and a port", (index) => url(`//small.example:8080/${index}`), "http://small.example:8080/"],
  ["prefixes", (index) => ({ kind: "prefix", prefix: `https://small.example/${index}` }), "https://small.example/"],
  ["subdomains", (index) => ({ kind: "host", host: `s${index}.small.example` }), "https://s0.small.example/"],
  ["URLs of subdomains", (index) => url(`https://s${index}.small.example/`), "https://s0.small.example/"],
  [
    "subdomains of subdomains",
    (index) => url(`https://a.b${index % 300}.c${index}.small.example/`),
    "https://a.b0.c0.small.example/",
  ],
  ["names below a public suffix", (index) => url(`https://s${index}.small.co.uk/`), "https://s0.small.co.uk/"],
])("a flood of purges of %s", (_, scopeOf, own) => {
  const neighbours = ["https://bank.example/", "https://bank.co.uk/", "https://www.bank.co.uk/a/b"];

  test("invalidates all that it asked for, and no other host", () => {
    const set = knowing(flood(scopeOf));
    expect(set.size).toBeLessThanOrEqual(LIMITS.records);
    for (const event of flood(scopeOf).slice(0, 2)) {
      for (const scope of event.scopes) {
        const host = scope.kind === "host" ? scope.host : undefined;
        const text = scope.kind === "url" ? scope.url : scope.kind === "prefix" ? scope.prefix : `https://${host}/`;
        const entry = purgeTarget(text.startsWith("//") ? `http:${text}` : text, []);
        expect(set.verdict(entry, EMPTY_VECTOR)).toBe("hard");
      }
    }
    expect(set.verdict(purgeTarget(own, []), EMPTY_VECTOR)).toBe("hard");
    for (const other of neighbours) expect(set.verdict(purgeTarget(other, ["x"]), EMPTY_VECTOR)).toBe("alive");
    expect(set.folds.everything).toBe(0);
  });

  test("keeps refills of no other host from being stored", () => {
    const set = knowing(flood(scopeOf, { settleSeconds: 600 }));
    expect(set.settles(purgeTarget(own, []), now, NO_VERSION)).toBeDefined();
    for (const other of neighbours) expect(set.settles(purgeTarget(other, ["x"]), now, NO_VERSION)).toBeUndefined();
  });

  test("leaves others' purges as they were, when there are many of those", () => {
    const tags = Array.from({ length: 700 }, (_, index) => tag(`t${index}`));
    const hosts = Array.from({ length: 100 }, (_, index) => url(`https://www.shop${index}.co.uk/a`));
    const set = knowing([purge(1, [...tags, ...hosts]), ...flood(scopeOf, {}, 1)]);
    expect(set.folds.everything).toBe(0);
    expect(set.verdict(BANK, EMPTY_VECTOR)).toBe("alive");
    expect(set.verdict(purgeTarget("https://www.shop7.co.uk/a", []), EMPTY_VECTOR)).toBe("hard");
    expect(set.verdict(purgeTarget("https://www.shop7.co.uk/b", []), EMPTY_VECTOR)).toBe("alive");
  });
});

test("what was fetched since the older half of a folded host was purged lives", () => {
  const set = knowing(flood((index) => url(`https://small.example/${index}`)));
  const other = purgeTarget("https://small.example/other", []);
  expect(set.verdict(other, { [HUB]: 0 })).toBe("hard");
  expect(set.verdict(other, { [HUB]: 10 })).toBe("alive");
});

test("soft purges are folded into a soft purge", () => {
  const set = knowing(flood((index) => url(`https://small.example/${index}`), { severity: "soft" }));
  expect(set.verdict(purgeTarget("https://small.example/0", []), EMPTY_VECTOR)).toBe("soft");
  expect(set.verdict(BANK, EMPTY_VECTOR)).toBe("alive");
});

test("too many tags become a purge of everything, and are counted as that", () => {
  const set = knowing(flood((index) => tag(`t${index}`)));
  expect(set.verdict(BANK, EMPTY_VECTOR)).toBe("hard");
  expect(set.folds.everything).toBeGreaterThan(0);
});

test("tags leave a quarter of the room to hosts, so that a purge of one host cannot be the one too many", () => {
  const tags = purge(
    1,
    Array.from({ length: 750 }, (_, index) => tag(`t${index}`)),
  );
  const set = knowing([tags, ...flood((index) => url(`https://small.example/${index}`), {}, 1)]);
  expect(set.verdict(BANK, { [HUB]: 0 })).toBe("alive");
});

test("too many windows of tags keep responses of other tags from being stored for half a minute, and not for longer", () => {
  const set = knowing(flood((index) => tag(`t${index}`), { settleSeconds: 600 }));
  expect(set.settles(BANK, epochMillis(now + 29_999), NO_VERSION)).toBeDefined();
  expect(set.settles(BANK, epochMillis(now + 30_000), NO_VERSION)).toBeUndefined();
});

test("one URL that is purged over and over with settle times takes one window", () => {
  const windows = new SettleWindows(10);
  for (let counter = 1; counter <= 100; counter += 1) {
    windows.open("url", ["https://small.example/"], { counter, at: now, seconds: seconds(600) }, now);
  }
  for (let counter = 101; counter <= 200; counter += 1) {
    const minVersion = { notEtags: [`"${counter}"`] };
    windows.open("url", ["https://small.example/a"], { counter, at: now, seconds: seconds(600), minVersion }, now);
  }
  expect(windows.settles(purgeTarget("https://small.example/", []), now, NO_VERSION)).toBeDefined();
  expect(windows.settles(purgeTarget("https://small.example/a", []), now, NO_VERSION)).toBeDefined();
  expect(windows.settles(BANK, now, NO_VERSION)).toBeUndefined();
});

test("a scope's covering hosts are hosts of every response that it purges", () => {
  const label = fc.constantFrom("a", "b", "www", "co");
  const host = fc.oneof(
    fc.array(label, { minLength: 1, maxLength: 40 }).map((labels) => [...labels, "example"].join(".")),
    fc.constantFrom("127.0.0.1", "[::1]", "localhost"),
  );
  fc.assert(
    fc.property(host, fc.constantFrom("", ":8080"), (name, port) => {
      const target = purgeTarget(`https://${name}${port}/a/b?c`, []);
      for (const scope of [
        url(`https://${name}${port}/a/b?c`),
        { kind: "prefix", prefix: `//${name}${port}/a` } as const,
      ]) {
        for (const covering of coveringHosts(scope)) expect(target.hosts).toContain(covering);
      }
      for (const wide of target.hosts) {
        for (const covering of coveringHosts({ kind: "host", host: wide })) expect(target.hosts).toContain(covering);
      }
    }),
  );
});

test("a plan frees what is wanted where hosts allow it, and never folds what stands alone", () => {
  const scopes = [url("https://a.example/1"), url("https://a.example/2"), url("https://b.example/"), tag("t")];
  expect(planFolds(scopes, 1)).toEqual([{ host: "a.example", members: [0, 1] }]);
  expect(planFolds([url("https://a.example/"), url("https://b.test/"), tag("t"), tag("u")], 2)).toEqual([]);
});
