// Settle times as knowledge: how they are joined, when a node's windows open and close, and which refills are new enough. The
// joins are held against their laws, and against the slow rule that looks at every purge by itself.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type EpochMillis, epochMillis, seconds } from "../../../config/units.ts";
import type { MinVersion, PurgeEvent, Scope } from "../../../control-plane/purge/event.ts";
import { PURGE_LIMITS } from "../../../control-plane/purge/limits.ts";
import { PurgeSet, purgeTarget } from "../../../control-plane/purge/purge-set.ts";
import { isNewEnough, joinSettles, type Settles } from "../../../control-plane/purge/settle.ts";
import { SettleWindows } from "../../../control-plane/purge/settle-windows.ts";
import { EMPTY_VECTOR } from "../../../control-plane/purge/vector.ts";

const HUB = "weur.aaaa";
const START = Date.UTC(2026, 0, 1);
const at = (passed: number): EpochMillis => epochMillis(START + passed);
const UNKNOWN = { etag: undefined, lastModified: undefined };
const v = (etag: string) => ({ etag, lastModified: undefined });
const TAGGED = purgeTarget("https://h/a/b", ["t"]);
const tag: Scope = { kind: "tag", tag: "t" };

interface Wish {
  readonly loggedAt?: number;
  readonly settleSeconds?: number;
  readonly minVersion?: MinVersion;
}
function purge(counter: number, scope: Scope, { loggedAt = 0, ...wish }: Wish, hub = HUB): PurgeEvent {
  const logged = { v: 1, kind: "purge", dot: { hub, counter }, at: at(loggedAt) } as const;
  return { ...logged, severity: "hard", scopes: [scope], by: "test", requestDigest: "", ...wish };
}
function hubWith(...events: readonly PurgeEvent[]): PurgeSet {
  const hub = new PurgeSet();
  for (const event of events) hub.apply(event);
  return hub;
}
/** A shard that learned at this moment all that a hub knows. */
function shardOf(hub: PurgeSet, learnedAt: number, shard = new PurgeSet()): PurgeSet {
  shard.merge(JSON.parse(JSON.stringify(hub.newsSince(shard.vector))), at(learnedAt));
  return shard;
}

describe("a response is new enough to be kept", () => {
  const then = at(0);
  test.each<[string, MinVersion | undefined, string | undefined, number | undefined, boolean]>([
    ["never, where nothing says when", undefined, '"v2"', 1000, false],
    ["with another tag than the old ones", { notEtags: ['"v0"', '"v1"'] }, '"v2"', undefined, true],
    ["not with an old one", { notEtags: ['"v0"', '"v1"'] }, '"v1"', undefined, false],
    ["not with an old one made weak", { notEtags: ['"v1"'] }, 'W/"v1"', undefined, false],
    ["not with an old one that was weak", { notEtags: ['W/"v1"'] }, '"v1"', undefined, false],
    ["not without a tag", { notEtags: ['"v1"'] }, undefined, 1000, false],
    ["modified at that instant", { lastModified: then }, undefined, 0, true],
    ["not modified before", { lastModified: then }, undefined, -1000, false],
    ["not without a date", { lastModified: then }, '"v2"', undefined, false],
    ["where both hold", { notEtags: ['"v1"'], lastModified: then }, '"v2"', 0, true],
    ["not where only the tag does", { notEtags: ['"v1"'], lastModified: then }, '"v2"', -1000, false],
    ["not where only the date does", { notEtags: ['"v1"'], lastModified: then }, '"v1"', 0, false],
  ])("%s", (_, minVersion, etag, modified, expected) => {
    const lastModified = modified === undefined ? undefined : at(modified);
    expect(isNewEnough(minVersion, { etag, lastModified })).toBe(expected);
  });
});

const wish = fc.record(
  {
    loggedAt: fc.nat(20).map((tick) => tick * 1000),
    settleSeconds: fc.integer({ min: 1, max: 12 }),
    minVersion: fc.constantFrom<MinVersion>({ notEtags: ['"v1"'] }, { notEtags: ['"v2"'] }),
  },
  { requiredKeys: ["loggedAt", "settleSeconds"] },
);
const hubs = ["weur.aaaa", "oc.bbbb"];

describe("joining what is known of settle times", () => {
  // Any subset of what two hubs logged, each by itself and not yet joined: more disorder than the network can make.
  const history = fc.array(fc.record({ hub: fc.constantFrom(...hubs), wish }), { maxLength: 10 });
  const parts = (all: readonly { hub: string; wish: Wish }[], chosen: readonly boolean[]): Settles => {
    let known: Settles = {};
    for (const [index, { hub, wish: one }] of all.entries()) {
      if (!chosen[index]) continue;
      const { loggedAt = 0, settleSeconds = 0, minVersion } = one;
      const settle = { counter: index + 1, at: at(loggedAt), seconds: seconds(settleSeconds) };
      known = joinSettles(known, { [hub]: [minVersion === undefined ? settle : { ...settle, minVersion }] }) as Settles;
    }
    return known;
  };
  const choice = fc.array(fc.boolean(), { minLength: 10, maxLength: 10 });
  const sorted = (settles: Settles | undefined) =>
    Object.entries(settles ?? {}).sort(([one], [two]) => (one < two ? -1 : 1));

  test("commutes, associates and is idempotent", () => {
    fc.assert(
      fc.property(history, choice, choice, choice, (all, one, two, three) => {
        const [a, b, c] = [parts(all, one), parts(all, two), parts(all, three)];
        expect(sorted(joinSettles(a, b))).toEqual(sorted(joinSettles(b, a)));
        expect(sorted(joinSettles(joinSettles(a, b), c))).toEqual(sorted(joinSettles(a, joinSettles(b, c))));
        expect(joinSettles(a, a)).toBe(a);
      }),
    );
  });

  test("does so where there are more than are told apart, and holds no more than that", () => {
    const many = Array.from({ length: 40 }, (_, index): Settles => {
      const settle = { counter: index + 1, at: at(index), seconds: seconds(100 + ((index * 7) % 40)) };
      return { [HUB]: [{ ...settle, minVersion: { notEtags: [`"${index}"`] } }] };
    });
    const joined = (parts: readonly Settles[]) =>
      parts.reduce<Settles | undefined>((known, part) => joinSettles(known, part), undefined);
    const forward = joined(many);
    expect(forward).toEqual(joined([...many].reverse()));
    expect(joinSettles(joined(many.slice(0, 25)), joined(many.slice(10)))).toEqual(forward);
    expect(forward?.[HUB]).toHaveLength(PURGE_LIMITS.settlesPerScope);
  });

  test("whoever learns of all at once keeps nothing before it would by each purge alone", () => {
    fc.assert(
      fc.property(
        fc.array(wish, { minLength: 1, maxLength: 8 }),
        fc.nat(40),
        fc.constantFrom('"v1"', '"v2"', '"v3"'),
        (wishes, late, etag) => {
          const inOrder = [...wishes].sort((one, two) => (one.loggedAt ?? 0) - (two.loggedAt ?? 0));
          const events = inOrder.map((one, index) => purge(index + 1, tag, one));
          const learnedAt = (inOrder.at(-1)?.loggedAt ?? 0) + 1;
          const shard = shardOf(hubWith(...events), learnedAt);
          const fetchedAt = learnedAt + late * 500;
          const stillOld = inOrder.some(
            ({ loggedAt = 0, settleSeconds = 0, minVersion }) =>
              loggedAt + settleSeconds * 1000 > fetchedAt && !isNewEnough(minVersion, v(etag)),
          );
          const settles = shard.settles(TAGGED, at(fetchedAt), v(etag)) !== undefined;
          // Too long costs fetches, too short keeps old bytes.
          if (stillOld) expect(settles).toBe(true);
          if (late * 500 >= 12_000) expect(settles).toBe(false);
        },
      ),
    );
  });
});

describe("a node does not keep refills", () => {
  test.each<[string, Scope]>([
    ["a URL", { kind: "url", url: "https://h/a/b" }],
    ["a URL for both schemes", { kind: "url", url: "//h/a/b" }],
    ["a prefix", { kind: "prefix", prefix: "https://h/a" }],
    ["a tag", tag],
    ["a host", { kind: "host", host: "h" }],
    ["everything", { kind: "everything" }],
  ])("of %s for as long as was asked, from when it learned", (_, scope) => {
    const shard = shardOf(hubWith(purge(1, scope, { settleSeconds: 10 })), 3_000);
    expect(shard.settles(TAGGED, at(3_000), UNKNOWN)).toEqual({ until: at(13_000) });
    expect(shard.settles(TAGGED, at(12_999), UNKNOWN)).toEqual({ until: at(13_000) });
    expect(shard.settles(TAGGED, at(13_000), UNKNOWN)).toBeUndefined();
    const other = purgeTarget("https://other/x", ["u"]);
    expect(shard.settles(other, at(3_000), UNKNOWN) === undefined).toBe(scope.kind !== "everything");
  });

  test("whose fetch began in time, even when it is over by the time that the answer comes", () => {
    const shard = shardOf(hubWith(purge(1, tag, { settleSeconds: 10 })), 0);
    expect(shard.settles(TAGGED, at(15_000), UNKNOWN)).toBeUndefined();
    expect(shard.settles(TAGGED, at(9_000), UNKNOWN)).toBeDefined();
  });

  test("for no longer because it hears of the purge again", () => {
    const hub = hubWith(purge(1, tag, { settleSeconds: 10 }));
    const shard = shardOf(hub, 0);
    shard.merge(hub.newsSince(EMPTY_VECTOR), at(9_000));
    hub.apply(purge(2, tag, { loggedAt: 9_000 }));
    shardOf(hub, 9_500, shard);
    expect(shard.settles(TAGGED, at(9_900), UNKNOWN)).toEqual({ until: at(10_000) });
  });

  test("but for as long as the later purge says, where there are two", () => {
    const hub = hubWith(purge(1, tag, { settleSeconds: 10 }));
    const shard = shardOf(hub, 0);
    hub.apply(purge(2, tag, { loggedAt: 5_000, settleSeconds: 20, minVersion: { notEtags: ['"v1"'] } }));
    shardOf(hub, 5_000, shard);
    expect(shard.settles(TAGGED, at(9_000), v('"v2"'))).toEqual({ until: at(10_000) });
    expect(shard.settles(TAGGED, at(10_000), v('"v2"'))).toBeUndefined();
    expect(shard.settles(TAGGED, at(24_999), v('"v1"'))).toEqual({ until: at(25_000) });
  });

  test("unless the time was over long before it learned: a node that starts tomorrow caches at once", () => {
    const hub = hubWith(purge(1, { kind: "everything" }, { settleSeconds: 10 }));
    const over = 10_000 + PURGE_LIMITS.settleSkewMillis;
    expect(shardOf(hub, over - 1).settles(TAGGED, at(over), UNKNOWN)).toBeDefined();
    expect(shardOf(hub, over).settles(TAGGED, at(over), UNKNOWN)).toBeUndefined();
  });

  test("of a purge that asks for nothing", () => {
    const shard = shardOf(hubWith(purge(1, tag, {}), purge(2, tag, { settleSeconds: 0 })), 0);
    expect(shard.settles(TAGGED, at(0), UNKNOWN)).toBeUndefined();
  });

  test("whichever neighbour tells it, and whatever a neighbour from before settle times left out", () => {
    const hub = hubWith(purge(1, tag, { settleSeconds: 10 }));
    const relayed = shardOf(shardOf(hub, 0), 1_000);
    expect(relayed.settles(TAGGED, at(1_000), UNKNOWN)).toEqual({ until: at(11_000) });
    const news = hub.newsSince(EMPTY_VECTOR);
    const shard = new PurgeSet();
    shard.merge({ ...news, records: news.records.map(({ scope, soft, hard }) => ({ scope, soft, hard })) }, at(0));
    expect(shard.settles(TAGGED, at(0), UNKNOWN)).toBeUndefined();
    expect(shard.merge(news, at(2_000))).toMatchObject({ changed: true });
    expect(shard.settles(TAGGED, at(2_000), UNKNOWN)).toEqual({ until: at(12_000) });
  });

  test("nor anything at all when there are more windows than it tells apart", () => {
    const windows = new SettleWindows();
    const probes = Array.from({ length: PURGE_LIMITS.settleWindows }, (_, index) => `t${index}`);
    const settle = (counter: number, length: number) => ({ counter, at: at(0), seconds: seconds(length) });
    windows.open("tag", probes, settle(1, 10), at(0));
    const other = purgeTarget("https://h/", ["other"]);
    expect(windows.settles(other, at(0), UNKNOWN)).toBeUndefined();
    windows.open("tag", ["one more"], settle(2, 5), at(0));
    expect(windows.settles(other, at(9_999), UNKNOWN)).toEqual({ until: at(10_000) });
    expect(windows.settles(purgeTarget("https://h/", ["t1"]), at(10_000), UNKNOWN)).toBeUndefined();
  });

  test("of what was folded into everything: whoever hears of it only then is told", () => {
    const hub = new PurgeSet(undefined, { records: 2, bytes: 1e9 });
    for (const [index, name] of ["t", "u", "w"].entries()) {
      hub.apply(purge(index + 1, { kind: "tag", tag: name }, { settleSeconds: 10 }));
    }
    expect(shardOf(hub, 0).settles(TAGGED, at(0), UNKNOWN)).toEqual({ until: at(10_000) });
  });
});
