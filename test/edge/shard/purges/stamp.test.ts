// The stamp that an answer takes to the tier below: raised where the tier that gives it has judged the response alive, so that a
// tier whose purge set has folded old purges into one of everything keeps what it gets. Against the plain rule: raising never
// changes a verdict that knowledge of every single purge gives.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { epochMillis } from "../../../../config/units.ts";
import type { PurgeEvent, Scope } from "../../../../control-plane/purge/event.ts";
import { PurgeSet, purgeTarget } from "../../../../control-plane/purge/purge-set.ts";
import { covers, coversAll, type Vector } from "../../../../control-plane/purge/vector.ts";
import { stampFor } from "../../../../edge/shard/purges/stamp.ts";
import type { TierRequest } from "../../../../edge/tier/tier.ts";
import { ShardWorld, statusOf, textOf } from "../../../fixtures/shard-world.ts";

const FRESH = { "cache-control": "max-age=600", "cache-tag": "shoes" };

/** A shard whose next tier is a shield; `shield.asked` are the requests to the origin. */
function tiers(): { readonly shard: ShardWorld; readonly shield: ShardWorld } {
  const shield = new ShardWorld();
  const shard = new ShardWorld();
  shard.upstream = async (request) => {
    const context = { ...request.context, tier: "shield" as const, vector: request.vector };
    const answer = await shield.shard.handle({ ...request, context } satisfies TierRequest);
    if (!("status" in answer)) throw new Error("the shield is behind");
    const { status, fields, body, facts } = answer;
    const at = shard.now;
    return { kind: "answer", status, fields, body, facts, requestAt: at, responseAt: at, timings: {} };
  };
  return { shard, shield };
}

/** Both tiers know the same purges, the shard's hub all of them as one of everything. */
function fold({ shard, shield }: ReturnType<typeof tiers>): void {
  const { vector } = shield.hub;
  shard.hub.merge({ v: 1, vector, records: [{ scope: { kind: "everything" }, soft: {}, hard: vector }] });
  shield.push();
  shard.push();
}

async function both({ shard, shield }: ReturnType<typeof tiers>, path: string): Promise<string> {
  const answer = shard.send(path);
  for (const asked of await settled(shield)) asked.answer(200, FRESH, "page");
  const response = await answer;
  return `${await textOf(response)} ${statusOf(response)}`;
}

async function settled(shield: ShardWorld): Promise<ShardWorld["asked"]> {
  await shield.settle();
  return shield.asked.splice(0);
}

describe("a shard that knows old purges only as one of everything", () => {
  test("gets what its shield holds, and keeps it: the origin is not asked again", async () => {
    const world = tiers();
    expect(await both(world, "/page")).toContain("page");
    world.shield.purge({ kind: "tag", tag: "hats" });
    fold(world);
    const answer = await world.shard.send("/page");
    expect(answer.status).toBe(200);
    expect(await textOf(answer)).toBe("page");
    expect(world.shield.asked).toHaveLength(0);
    expect(statusOf(await world.shard.send("/page"))).toContain("hit");
  });

  test("does not get what one of the folded purges ended", async () => {
    const world = tiers();
    await both(world, "/page");
    world.shield.purge({ kind: "tag", tag: "shoes" });
    fold(world);
    const answer = world.shard.send("/page");
    const [asked, ...more] = await settled(world.shield);
    expect(more).toHaveLength(0);
    asked?.answer(200, FRESH, "new");
    expect(await textOf(await answer)).toBe("new");
    expect(statusOf(await world.shard.send("/page"))).toContain("hit");
  });

  test("keeps an answer that its shield only passed on for as long as everybody else", async () => {
    const world = tiers();
    world.shield.purge({ kind: "tag", tag: "hats" });
    const early = world.shield.send("/none", {}, { tier: "shield" });
    const [asked] = await settled(world.shield);
    world.shield.purge({ kind: "tag", tag: "caps" });
    fold(world);
    const late = world.shard.send("/none");
    expect(await settled(world.shield)).toHaveLength(0);
    asked?.answer(503, { "cache-control": "max-age=0" }, "sorry");
    await world.shield.settle();
    expect([(await early).status, (await late).status]).toEqual([503, 503]);
  });
});

test("an edge gets the stamp as it is: it keeps nothing", async () => {
  const world = new ShardWorld();
  const first = world.send("/page");
  (await world.only()).answer(200, FRESH, "page");
  await first;
  const vector = world.purge({ kind: "tag", tag: "hats" });
  world.push();
  expect((await world.send("/page", {}, { vector })).facts.seen).toEqual({});
  const shielded = await world.send("/page", {}, { vector, tier: "shield" });
  expect(shielded.facts.seen).toEqual(vector);
});

const HUBS = ["weur.aaaa", "enam.bbbb"] as const;
const scopes: readonly Scope[] = [
  { kind: "tag", tag: "a" },
  { kind: "tag", tag: "b" },
  { kind: "url", url: "https://h/1" },
  { kind: "host", host: "h" },
  { kind: "everything" },
];
const targets = [purgeTarget("https://h/1", ["a"]), purgeTarget("https://h/2", ["b"]), purgeTarget("https://i/1", [])];
const histories = fc.array(
  fc.record({
    hub: fc.constantFrom(...HUBS),
    scope: fc.constantFrom(...scopes),
    severity: fc.constantFrom("soft", "hard"),
  }),
  { maxLength: 12 },
);
const vectors = fc.record({ [HUBS[0]]: fc.nat(8), [HUBS[1]]: fc.nat(8) });

function eventsOf(history: readonly { hub: string; scope: Scope; severity: "soft" | "hard" }[]): PurgeEvent[] {
  const counters = new Map<string, number>();
  return history.map(({ hub, scope, severity }) => {
    const counter = (counters.get(hub) ?? 0) + 1;
    counters.set(hub, counter);
    const dot = { hub, counter };
    return {
      v: 1,
      kind: "purge",
      dot,
      at: epochMillis(0),
      severity,
      scopes: [scope],
      by: "test",
      requestDigest: "",
    } as const;
  });
}
function setOf(events: readonly PurgeEvent[], records: number): PurgeSet {
  const set = new PurgeSet(undefined, { records, bytes: 1_000_000 });
  for (const event of events) set.apply(event);
  return set;
}
const beyond = (set: PurgeSet, vector: Vector): boolean => !coversAll(set.vector, vector);

describe("a raised stamp", () => {
  test("is judged as the true one by every set that knows each purge, at whatever time, however the judge's has folded", () => {
    fc.assert(
      fc.property(
        histories,
        fc.nat(12),
        fc.integer({ min: 1, max: 4 }),
        vectors,
        vectors,
        (history, known, records, seen, asks) => {
          const events = eventsOf(history);
          const judge = setOf(events.slice(0, known), records);
          const exact = setOf(events, 1_000);
          for (const target of targets) {
            const raised = stampFor({ tier: "shield", vector: asks }, judge, target, seen);
            expect(coversAll(raised, seen)).toBe(true);
            expect(exact.verdict(target, raised)).toBe(exact.verdict(target, seen));
          }
        },
      ),
      { numRuns: 2_000 },
    );
  });

  test("is alive for an asker that knows everything only as folded, if it is alive for the judge", () => {
    fc.assert(
      fc.property(histories, vectors, (history, seen) => {
        const judge = setOf(eventsOf(history), 1_000);
        const { vector } = judge;
        const asker = new PurgeSet();
        asker.merge({ v: 1, vector, records: [{ scope: { kind: "everything" }, soft: {}, hard: vector }] });
        for (const target of targets) {
          const raised = stampFor({ tier: "shield", vector }, judge, target, seen);
          if (judge.verdict(target, seen) === "alive") expect(asker.verdict(target, raised)).toBe("alive");
          else expect(raised).toEqual(seen);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  test("covers nothing that the judge does not know without gaps", () => {
    fc.assert(
      fc.property(histories, vectors, vectors, (history, seen, asks) => {
        const judge = setOf(eventsOf(history), 1_000);
        for (const target of targets) {
          const raised = stampFor({ tier: "shield", vector: asks }, judge, target, seen);
          if (beyond(judge, asks)) expect(raised).toEqual(seen);
          for (const hub of HUBS) {
            const dot = { hub, counter: raised[hub] ?? 0 };
            expect(covers(seen, dot) || covers(judge.vector, dot)).toBe(true);
          }
        }
      }),
    );
  });
});
