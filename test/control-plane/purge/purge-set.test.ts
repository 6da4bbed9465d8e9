// The purge set against the plain rule (an entry is dead if a purge that matches it is not covered by its seen), and its merge
// against the laws that make loss, repetition and order of messages harmless.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { epochMillis } from "../../../config/units.ts";
import type { ControlEvent, PurgeEvent, Scope, Severity } from "../../../control-plane/purge/event.ts";
import { PURGE_LIMITS } from "../../../control-plane/purge/limits.ts";
import { PurgeSet, purgeTarget } from "../../../control-plane/purge/purge-set.ts";
import { parseHostScope, parsePrefixScope, parseUrlScope } from "../../../control-plane/purge/scope.ts";
import { EMPTY_VECTOR, join, type Vector } from "../../../control-plane/purge/vector.ts";

const HUBS = ["weur.aaaa", "enam.bbbb", "oc.cccc"] as const;
const EVERYTHING: Scope = { kind: "everything" };

const purge = (hub: string, counter: number, scopes: readonly Scope[], severity: Severity = "hard"): PurgeEvent => ({
  v: 1,
  kind: "purge",
  dot: { hub, counter },
  at: epochMillis(0),
  severity,
  scopes,
  by: "test",
  requestDigest: "",
});

function scoped(parsed: ReturnType<typeof parseUrlScope>): Scope {
  if (parsed.kind === "invalid") throw new Error(parsed.detail);
  return parsed.scope;
}
const url = (text: string): Scope => scoped(parseUrlScope(text));
const prefix = (text: string): Scope => scoped(parsePrefixScope(text));
const host = (text: string): Scope => scoped(parseHostScope(text));
const tag = (text: string): Scope => ({ kind: "tag", tag: text });

/** What a purge of one scope does to one entry that knew of nothing. */
function verdictOf(scope: Scope, entryUrl: string, tags: readonly string[] = []): string {
  const set = new PurgeSet();
  set.apply(purge(HUBS[0], 1, [scope]));
  return set.verdict(purgeTarget(entryUrl, tags), EMPTY_VECTOR);
}

describe("a purge matches", () => {
  const deep = Array.from({ length: PURGE_LIMITS.scopeDepth + 3 }, (_, index) => `/${index}`).join("");
  const manyLabels = Array.from({ length: PURGE_LIMITS.scopeDepth + 3 }, (_, index) => `l${index}`).join(".");
  test.each<[string, Scope, string, string[]]>([
    ["the URL itself", url("https://h/a"), "https://h/a", []],
    ["both schemes", url("//h/a"), "http://h/a", []],
    ["both schemes, over https", url("//h/a"), "https://h/a", []],
    ["a port that is one scheme's default", url("//h:80/a"), "http://h/a", []],
    ["the prefix's own path", prefix("https://h/a"), "https://h/a", []],
    ["a path below", prefix("https://h/a"), "https://h/a/b/c", []],
    ["the path with a slash", prefix("https://h/a"), "https://h/a/", []],
    ["a query", prefix("https://h/a"), "https://h/a?x=/y", []],
    ["a prefix that ends in a slash", prefix("https://h/a/"), "https://h/a/b", []],
    ["the root", prefix("https://h"), "https://h/x?y", []],
    ["a prefix without scheme", prefix("//h/a"), "http://h/a/b", []],
    ["a prefix at a port of one scheme", prefix("//h:80/a"), "http://h/a/b", []],
    ["a prefix deeper than is looked at", prefix(`https://h${deep}`), `https://h${deep}/x`, []],
    ["the host on any port", host("h.example"), "http://h.example:8080/a", []],
    ["a subdomain", host("*.example"), "http://a.example/", []],
    ["a subdomain of a subdomain", host("*.example"), "http://b.a.example/", []],
    ["a subdomain deeper than is looked at", host(`*.${manyLabels}`), `http://x.${manyLabels}/`, []],
    ["an IPv6 host", host("[::1]"), "http://[::1]:81/", []],
    ["a tag", tag("t2"), "https://h/a", ["t1", "t2"]],
    ["everything", EVERYTHING, "https://h/a", []],
  ])("%s", (_, scope, entryUrl, tags) => {
    expect(verdictOf(scope, entryUrl, tags)).toBe("hard");
  });

  test.each<[string, Scope, string, string[]]>([
    ["another path", url("https://h/a"), "https://h/a/b", []],
    ["another query", url("https://h/a"), "https://h/a?x", []],
    ["another scheme", url("https://h/a"), "http://h/a", []],
    ["another port", url("https://h/a"), "https://h:444/a", []],
    ["a path that only begins alike", prefix("https://h/a"), "https://h/ab", []],
    ["a path above", prefix("https://h/a/b"), "https://h/a", []],
    ["the path without the prefix's slash", prefix("https://h/a/"), "https://h/a", []],
    ["a slash in a query", prefix("https://h/a"), "https://h/?/a/", []],
    ["another scheme's prefix", prefix("https://h/a"), "http://h/a/b", []],
    ["the domain itself", host("*.example"), "http://example/", []],
    ["a subdomain of an exact host", host("example"), "http://a.example/", []],
    ["a name that only ends alike", host("*.example"), "http://notexample/", []],
    ["another tag", tag("t"), "https://h/a", ["T", "tt"]],
    ["a tag spelt like a URL", tag("https://h/a"), "https://h/a", []],
  ])("but not %s", (_, scope, entryUrl, tags) => {
    expect(verdictOf(scope, entryUrl, tags)).toBe("alive");
  });

  test("a URL under the entry's own key rules, and other spellings of it", () => {
    const withoutQuery = (text: string): readonly string[] => [text.replace(/\?.*/, "")];
    const set = new PurgeSet(withoutQuery);
    set.apply(purge(HUBS[0], 1, [url("https://h/a?one")], "soft"));
    set.apply(purge(HUBS[0], 2, [url("https://h/a?two")], "hard"));
    const target = purgeTarget("https://h/a", []);
    expect(set.verdict(target, EMPTY_VECTOR)).toBe("hard");
    expect(set.verdict(target, { [HUBS[0]]: 1 })).toBe("hard");
    expect(set.verdict(target, { [HUBS[0]]: 2 })).toBe("alive");
  });
});

describe("an entry is judged by what was known when its fetch began", () => {
  const target = purgeTarget("https://h/a", ["t"]);

  test("alive once its seen covers the purge, dead before", () => {
    const set = new PurgeSet();
    set.apply(purge(HUBS[0], 1, [tag("other")]));
    set.apply(purge(HUBS[0], 2, [tag("t")]));
    set.apply(purge(HUBS[0], 3, [tag("other")]));
    expect(set.verdict(target, EMPTY_VECTOR)).toBe("hard");
    expect(set.verdict(target, { [HUBS[0]]: 1 })).toBe("hard");
    expect(set.verdict(target, { [HUBS[0]]: 2 })).toBe("alive");
    expect(set.verdict(target, { [HUBS[1]]: 9 })).toBe("hard");
  });

  test("hard beats soft in any order", () => {
    for (const order of [
      ["soft", "hard"],
      ["hard", "soft"],
    ] as const) {
      const set = new PurgeSet();
      set.apply(purge(HUBS[0], 1, [tag("t")], order[0]));
      set.apply(purge(HUBS[0], 2, [tag("t")], order[1]));
      expect(set.verdict(target, EMPTY_VECTOR)).toBe("hard");
    }
  });

  test("a soft purge after a covered hard one makes it stale only", () => {
    const set = new PurgeSet();
    set.apply(purge(HUBS[0], 1, [tag("t")], "hard"));
    set.apply(purge(HUBS[0], 2, [EVERYTHING], "soft"));
    expect(set.verdict(target, { [HUBS[0]]: 1 })).toBe("soft");
  });

  test("the version grows with what may change a verdict and with nothing else", () => {
    const set = new PurgeSet();
    set.apply(purge(HUBS[0], 1, [tag("t")]));
    const version = set.version;
    set.apply(purge(HUBS[0], 1, [tag("t")]));
    set.advance({ [HUBS[1]]: 1 });
    set.merge(set.newsSince(EMPTY_VECTOR));
    expect(set.version).toBe(version);
    set.apply(purge(HUBS[0], 2, [tag("t")]));
    expect(set.version).toBeGreaterThan(version);
  });
});

describe("events", () => {
  test("a gap in a hub's events is a mistake, never knowledge", () => {
    expect(() => new PurgeSet().apply(purge(HUBS[0], 2, [EVERYTHING]))).toThrow(RangeError);
  });

  test("joins and drains advance the vector and purge nothing", () => {
    const set = new PurgeSet();
    const logged = { v: 1, at: epochMillis(0) } as const;
    set.apply({ ...logged, kind: "join", dot: { hub: HUBS[0], counter: 1 }, region: "weur", replaces: [] });
    set.apply({ ...logged, kind: "drain", dot: { hub: HUBS[0], counter: 2 }, region: "oc", by: "test" });
    expect(set.vector).toEqual({ [HUBS[0]]: 2 });
    expect(set.isEmpty).toBe(true);
  });

  test.each([
    { kind: "purge", v: 2 },
    { kind: "join", v: 2 },
    { kind: "fence", v: 1 },
  ])("an event that this code cannot read (%j) may be a purge, so it counts as one of everything", (unread) => {
    const set = new PurgeSet();
    set.apply({ ...purge(HUBS[0], 1, []), ...unread } as unknown as ControlEvent);
    expect(set.verdict(purgeTarget("https://h/", []), EMPTY_VECTOR)).toBe("hard");
  });
});

// A history: what each hub logged, in order. A node knows a prefix of each hub's log.
const scopeArbitrary = fc.constantFrom<Scope>(
  url("https://h/a"),
  url("//h/a/b"),
  prefix("https://h/a"),
  tag("t"),
  tag("u"),
  host("h"),
  EVERYTHING,
);
const historyArbitrary = fc.array(
  fc.record({
    hub: fc.constantFrom(...HUBS),
    scopes: fc.array(scopeArbitrary, { minLength: 1, maxLength: 3 }),
    severity: fc.constantFrom<Severity>("soft", "hard"),
  }),
  { maxLength: 12 },
);
type History = readonly { hub: string; scopes: readonly Scope[]; severity: Severity }[];

function eventsOf(history: History): PurgeEvent[] {
  const counters = new Map<string, number>();
  return history.map(({ hub, scopes, severity }) => {
    counters.set(hub, (counters.get(hub) ?? 0) + 1);
    return purge(hub, counters.get(hub) as number, scopes, severity);
  });
}
const cutsArbitrary = fc.tuple(fc.nat(6), fc.nat(6), fc.nat(6));
function knowing(
  events: readonly PurgeEvent[],
  cuts: readonly number[],
  limits?: { records: number; bytes: number },
): PurgeSet {
  const set = new PurgeSet(undefined, limits);
  for (const event of events) {
    if (event.dot.counter <= (cuts[HUBS.indexOf(event.dot.hub as (typeof HUBS)[number])] as number)) set.apply(event);
  }
  return set;
}
const TARGETS = [
  purgeTarget("https://h/a", []),
  purgeTarget("http://h/a/b", ["t"]),
  purgeTarget("https://other/", ["u"]),
  purgeTarget("https://other/", []),
];
/** All that can be observed of a set: its vector, and its verdict on each target at each seen. */
function observed(set: PurgeSet): unknown {
  const verdicts: string[] = [];
  for (const target of TARGETS) {
    for (let a = 0; a <= 4; a++) {
      for (let b = 0; b <= 4; b++) verdicts.push(set.verdict(target, { [HUBS[0]]: a, [HUBS[1]]: b, [HUBS[2]]: a }));
    }
  }
  return [Object.entries(set.vector).sort(), verdicts];
}
const copy = (set: PurgeSet): PurgeSet => merged(new PurgeSet(), set);
function merged(into: PurgeSet, from: PurgeSet): PurgeSet {
  into.merge(from.newsSince(EMPTY_VECTOR));
  return into;
}

describe("merging", () => {
  test("commutes, associates and is idempotent", () => {
    fc.assert(
      fc.property(historyArbitrary, cutsArbitrary, cutsArbitrary, cutsArbitrary, (history, one, two, three) => {
        const events = eventsOf(history);
        const [a, b, c] = [knowing(events, one), knowing(events, two), knowing(events, three)];
        expect(observed(merged(copy(a), b))).toEqual(observed(merged(copy(b), a)));
        expect(observed(merged(merged(copy(a), b), c))).toEqual(observed(merged(copy(a), merged(copy(b), c))));
        expect(observed(merged(copy(a), a))).toEqual(observed(a));
        expect(merged(copy(a), b).merge(b.newsSince(EMPTY_VECTOR)).changed).toBe(false);
      }),
    );
  });

  test("news since what is known is as good as all of it, and as good as the events", () => {
    fc.assert(
      fc.property(historyArbitrary, cutsArbitrary, cutsArbitrary, (history, one, two) => {
        const events = eventsOf(history);
        const [a, b] = [knowing(events, one), knowing(events, two)];
        const byNews = copy(a);
        const result = byNews.merge(b.newsSince(a.vector));
        expect(result.gap).toBe(false);
        expect(observed(byNews)).toEqual(observed(merged(copy(a), b)));
        expect(observed(byNews)).toEqual(
          observed(
            knowing(
              events,
              one.map((cut, index) => Math.max(cut, two[index] as number)),
            ),
          ),
        );
        expect(byNews.newsSince(join(a.vector, b.vector)).records).toEqual([]);
      }),
    );
  });

  test("news for someone who knows more brings its records, but never its vector", () => {
    const hub = knowing([purge(HUBS[0], 1, [tag("t")]), purge(HUBS[0], 2, [tag("u")])], [2, 0, 0]);
    const restarted = new PurgeSet();
    const result = restarted.merge(hub.newsSince({ [HUBS[0]]: 1 }));
    expect(result).toMatchObject({ gap: true, changed: true, scopes: [tag("u")] });
    expect(restarted.vector).toEqual(EMPTY_VECTOR);
    expect(restarted.verdict(purgeTarget("https://h/", ["u"]), EMPTY_VECTOR)).toBe("hard");
  });

  test("an entry is dead exactly if a purge that matches it is not covered by its seen", () => {
    fc.assert(
      fc.property(historyArbitrary, fc.nat(5), fc.nat(5), (history, a, b) => {
        const events = eventsOf(history);
        const set = knowing(events, [9, 9, 9]);
        const seen: Vector = { [HUBS[0]]: a, [HUBS[1]]: b };
        for (const target of TARGETS) {
          // Each event judged alone, with nothing joined: the slow way to the same answer.
          const verdicts = events
            .filter((event) => event.dot.counter > (seen[event.dot.hub] ?? 0))
            .filter((event) =>
              event.scopes.some((scope) => {
                const alone = new PurgeSet();
                alone.apply(purge("x", 1, [scope]));
                return alone.verdict(target, EMPTY_VECTOR) === "hard";
              }),
            )
            .map((event) => event.severity);
          const expected = verdicts.includes("hard") ? "hard" : verdicts.includes("soft") ? "soft" : "alive";
          expect(set.verdict(target, seen)).toBe(expected);
        }
      }),
    );
  });
});

describe("a set that grows too large", () => {
  const RANK = { alive: 0, soft: 1, hard: 2 };

  test("purges more than was asked and never less, whatever its limits", () => {
    fc.assert(
      fc.property(
        historyArbitrary,
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 200, max: 2000 }),
        fc.nat(4),
        (history, records, bytes, a) => {
          const events = eventsOf(history);
          const whole = knowing(events, [9, 9, 9]);
          const small = knowing(events, [9, 9, 9], { records, bytes });
          expect(small.size).toBeLessThanOrEqual(records);
          expect(small.vector).toEqual(whole.vector);
          const seen = { [HUBS[0]]: a, [HUBS[1]]: a };
          for (const target of TARGETS) {
            expect(RANK[small.verdict(target, seen)]).toBeGreaterThanOrEqual(RANK[whole.verdict(target, seen)]);
            expect(small.verdict(target, small.vector)).toBe("alive");
          }
        },
      ),
    );
  });

  test("keeps telling the newer half apart, and what was fetched since the older half lives", () => {
    const set = new PurgeSet(undefined, { records: 10, bytes: 1e9 });
    for (let counter = 1; counter <= 11; counter++) set.apply(purge(HUBS[0], counter, [tag(`t${counter}`)]));
    expect(set.size).toBe(7);
    const untouched = purgeTarget("https://h/", []);
    expect(set.verdict(untouched, { [HUBS[0]]: 4 })).toBe("hard");
    expect(set.verdict(untouched, { [HUBS[0]]: 5 })).toBe("alive");
    expect(set.verdict(purgeTarget("https://h/", ["t9"]), { [HUBS[0]]: 8 })).toBe("hard");
  });

  test("stays within its bytes when each scope is as long as may be", () => {
    const set = new PurgeSet(undefined, { records: 1000, bytes: 100_000 });
    for (let counter = 1; counter <= 50; counter++) {
      set.apply(purge(HUBS[0], counter, [url(`https://h/${counter}${"a".repeat(4000)}`)]));
    }
    expect(set.size).toBeLessThan(8);
    expect(set.verdict(purgeTarget("https://h/", []), { [HUBS[0]]: 40 })).toBe("hard");
  });
});
