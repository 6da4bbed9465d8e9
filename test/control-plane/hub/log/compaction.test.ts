// Logs that are cut when they grow too long: they stay within their limits, no purge is forgotten, and a hub that was away for
// longer than the others' logs reach purges everything, says so, and knows the same as all in the end.

import { describe, expect, test } from "vitest";
import { LIMITS } from "../../../../config/limits.ts";
import { epochMillis, millis } from "../../../../config/units.ts";
import type { RegionId } from "../../../../config/world/regions.ts";
import { GOSSIP_LIMITS } from "../../../../control-plane/gossip/limits.ts";
import { HUB_LIMITS } from "../../../../control-plane/hub/limits.ts";
import { dropUpTo, type LogLimits } from "../../../../control-plane/hub/log/compaction.ts";
import { Ledger } from "../../../../control-plane/hub/log/ledger.ts";
import { messages } from "../../../../control-plane/hub/messages.ts";
import { PurgeSet, purgeTarget } from "../../../../control-plane/purge/purge-set.ts";
import { covers, coversAll, type Dot, formatDot, type Vector } from "../../../../control-plane/purge/vector.ts";
import { dotOf, met, NINE, receiptOf, refusalOf, shard, THREE } from "../hub-world.ts";
import { MemoryLog } from "../memory-log.ts";
import { type Network, SETTLING } from "../network.ts";

const SHORT: LogLimits = { events: 20, bytes: 1_000_000 };
const FOUR: RegionId[] = ["enam", "weur", "apac", "oc"];
const PAGE = purgeTarget("https://site.test/page", []);

/** Purges of one tag each, by turns at these regions, one after another. */
async function purgeMany(network: Network, regions: readonly RegionId[], count: number): Promise<Dot[]> {
  const dots: Dot[] = [];
  for (let index = 0; index < count; index++) {
    dots.push(dotOf(receiptOf(await network.purge(regions[index % regions.length] as RegionId, tagged(dots.length)))));
  }
  return dots;
}
const tagged = (index: number) => ({ scopes: [{ kind: "tag", tag: `tag-${index}` }] as const });

/** What a region's disk says of purges to a hub that starts on it. */
function onDisk(network: Network, region: RegionId): Ledger {
  const log = new MemoryLog();
  log.restore(network.site(region).log.snapshot());
  return new Ledger(log, region, () => epochMillis(network.now), network.random);
}

describe("a log", () => {
  test("stays within its limits and says of every purge that there was one, also to a hub that starts on it", async () => {
    const network = await met(THREE, 1, SHORT);
    const dots: Dot[] = [];
    for (let round = 0; round < 40; round++) {
      const tag = `tag-${dots.length}`;
      const region = THREE[round % 3] as RegionId;
      dots.push(dotOf(receiptOf(await network.purge(region, { scopes: [{ kind: "tag", tag }] }))));
      for (const one of THREE) expect(network.site(one).log.length()).toBeLessThanOrEqual(SHORT.events + 3);
    }
    await network.run(SETTLING);
    for (const region of THREE) {
      const { purges, vector } = onDisk(network, region);
      expect(vector).toEqual(network.hub(region).state().vector);
      expect(network.hub(region).state().forgotten?.events).toBeGreaterThan(20);
      for (const [index, dot] of dots.entries()) {
        const target = purgeTarget("https://site.test/", [`tag-${index}`]);
        expect(purges.verdict(target, { ...vector, [dot.hub]: dot.counter - 1 })).toBe("hard");
        expect(purges.verdict(target, vector)).toBe("alive");
      }
      expect(purges.verdict(PAGE, {})).toBe("alive");
    }
  });

  test("that is longer than it may be, for its hub stopped before it was cut, is cut when something comes", () => {
    const log = new MemoryLog();
    const open = (limits: LogLimits) =>
      new Ledger(
        log,
        "oc",
        () => epochMillis(1),
        () => 0.5,
        limits,
      );
    const purge = { severity: "hard", scopes: [{ kind: "tag", tag: "a" }], by: "test", requestDigest: "" } as const;
    const before = open({ events: 1_000, bytes: 1_000_000 });
    for (let count = 0; count < 100; count++) before.appendPurge(purge);
    const after = open(SHORT);
    expect([after.vector, log.length()]).toEqual([before.vector, 101]);
    after.appendPurge(purge);
    expect(log.length()).toBeLessThanOrEqual(SHORT.events);
    expect(open(SHORT).purges.verdict(purgeTarget("https://site.test/", ["a"]), {})).toBe("hard");
  });

  test("is cut by its bytes as well", async () => {
    const network = await met(THREE, 1, { events: 1_000, bytes: 4_000 });
    await purgeMany(network, ["weur"], 60);
    for (const region of THREE) expect(network.site(region).log.bytes()).toBeLessThanOrEqual(4_000);
  });

  test("says of a hub that it replaced, a drain and a member what its events said, after they are gone", async () => {
    const network = await met(THREE, 1, SHORT);
    network.kill("apac");
    network.site("apac").log.wipe();
    network.start("apac");
    await network.run(SETTLING);
    await network.finish(network.hub("weur").drain({ v: 1, region: "enam", drained: true, by: "tester" }));
    await network.run(SETTLING);
    const before = network.hub("weur").state();
    await purgeMany(network, THREE, 90);
    await network.run(SETTLING);
    for (const region of THREE) {
      network.kill(region);
      network.start(region);
      const { members, drained, joined } = network.hub(region).state();
      expect(members.map(({ hub }) => hub).sort()).toEqual(before.members.map(({ hub }) => hub).sort());
      expect({ drained, joined }).toEqual({ drained: ["enam"], joined: true });
    }
    receiptOf(await network.purge("apac"));
  });

  test("keeps each hub's last event, however long the others' are", () => {
    expect(dropUpTo({}, { "weur.aaaa": 1, "enam.aaaa": 1 }, 0)).toEqual({});
    expect(dropUpTo({}, { "weur.aaaa": 101, "enam.aaaa": 1 }, 50)).toEqual({ "weur.aaaa": 50 });
    expect(dropUpTo({}, { "weur.aaaa": 120, "enam.aaaa": 1 }, 50)).toEqual({ "weur.aaaa": 90 });
    expect(dropUpTo({ "weur.aaaa": 90 }, { "weur.aaaa": 100 }, 100)).toEqual({ "weur.aaaa": 95 });
    expect(dropUpTo({ "weur.aaaa": 90 }, { "weur.aaaa": 100 }, 0)).toEqual({ "weur.aaaa": 99 });
  });
});

describe("a purge whose event is gone", () => {
  test("is forgotten, not unknown: its receipt says so", async () => {
    const network = await met(THREE, 1, SHORT);
    const [first] = (await purgeMany(network, ["weur"], 30)) as [Dot];
    for (const region of THREE) {
      const asked = network.hub(region).receipt(first, { wait: "applied", timeoutSeconds: 1 });
      expect(refusalOf(await network.finish(asked)).code).toBe("purge-forgotten");
    }
    const never = { hub: first.hub, counter: 1_000 };
    const asked = network.hub("weur").receipt(never, { wait: "accepted", timeoutSeconds: 0 });
    expect(refusalOf(await network.finish(asked)).code).toBe("no-such-purge");
  });

  test("becomes applied and complete for whoever waits for it all the same", async () => {
    const network = await met(THREE, 1, { events: 6, bytes: 1_000_000 });
    await network.sync("apac", 0);
    shard(network, "apac", 0).answering = false;
    const waiting = network.askToPurge("weur", { wait: "complete", timeoutSeconds: 30 });
    await network.run(300);
    await purgeMany(network, ["weur", "enam"], 30);
    const receipt = receiptOf(await network.finish(waiting));
    expect(network.site("weur").log.find(dotOf(receipt))).toBeUndefined();
    expect(receipt.state).toBe("complete");
    const late = receipt.regions.find(({ region }) => region === "apac")?.appliedAt ?? 0;
    expect(late - receipt.acceptedAt).toBeGreaterThan(HUB_LIMITS.subscriptionMillis - 300);
  });
});

/** One region's hub is away while the others purge; what its shard then finds dead and alive. */
async function away(purges: number, seed = 1) {
  const network = await met(FOUR, seed, SHORT);
  await network.sync("apac", 0);
  const seen = shard(network, "apac", 0).purges.vector;
  network.isolate("apac");
  const dots = await purgeMany(network, ["weur", "enam"], purges);
  await network.run(SETTLING);
  network.isolate("apac", false);
  await network.run(SETTLING);
  expect(network.isIdle).toBe(true);
  await network.sync("apac", 0);
  const { vector } = network.hub("weur").state();
  expect(network.hub("apac").state().vector).toEqual(vector);
  return { network, seen, dots, vector, purged: shard(network, "apac", 0).purges };
}

describe("a hub that was away", () => {
  test("for longer than the others' logs reach purges everything, says so, and goes on", async () => {
    const { network, seen, dots, vector, purged } = await away(60);
    expect(purged.verdict(PAGE, seen)).toBe("hard");
    expect(purged.verdict(PAGE, vector)).toBe("alive");
    for (const [index, dot] of dots.entries()) {
      const target = purgeTarget("https://site.test/", [`tag-${index}`]);
      expect(purged.verdict(target, { ...vector, [dot.hub]: dot.counter - 1 })).toBe("hard");
    }
    const { emptied, joined } = network.hub("apac").state();
    expect({ by: FOUR.includes(emptied?.by as RegionId), joined }).toEqual({ by: true, joined: true });
    expect(network.notes).toHaveLength(1);
    expect(network.notes[0]).toMatchObject({ kind: "emptied", region: "apac" });
    receiptOf(await network.purge("apac"));
    network.kill("apac");
    network.start("apac");
    expect(network.hub("apac").state().emptied).toEqual(emptied);
    expect(network.hub("weur").state().emptied).toBeUndefined();
  });

  test("for less is told what it missed, and purges nothing else", async () => {
    const { network, seen, purged } = await away(8);
    expect(purged.verdict(PAGE, seen)).toBe("alive");
    expect(network.notes).toEqual([]);
    expect(network.hub("apac").state().emptied).toBeUndefined();
  });

  test("tells its shards at once that all they have may be purged", async () => {
    const network = await met(FOUR, 1, SHORT);
    network.isolate("apac");
    await purgeMany(network, ["weur", "enam"], 60);
    await network.run(20_000);
    await network.sync("apac", 0);
    const { vector } = shard(network, "apac", 0).purges;
    network.isolate("apac", false);
    // Nothing but what its hub pushes reaches the shard.
    for (
      let waited = 0;
      waited < GOSSIP_LIMITS.gossipRepairMostMillis * 2 && network.notes.length === 0;
      waited += 50
    ) {
      if (waited % 2_000 === 0) await network.sync("apac", 0);
      await network.run(50);
    }
    await network.run(20);
    expect(shard(network, "apac", 0).purges.verdict(PAGE, vector)).toBe("hard");
  });

  test("counts what it took as held from then on: nothing it learned so is complete at once", async () => {
    const network = await met(FOUR, 1, SHORT);
    network.isolate("apac");
    const [first] = (await purgeMany(network, ["weur", "enam"], 60)) as [Dot];
    await network.run(20_000);
    network.isolate("apac", false);
    while (network.notes.length === 0) await network.run(10);
    const asked = network.hub("apac").await({ v: 1, dots: [first], timeoutMillis: millis(0) });
    const [state] = (await network.finish(asked)).states;
    expect(state?.held).toBe(true);
    expect(state?.completeIn).toBeGreaterThan(LIMITS.leaseMillis);
    // From that moment on it is on its disk.
    expect(onDisk(network, "apac").purges.verdict(PAGE, {})).toBe("hard");
  });

  test("tells its shards and joins again on the word alone, if no event follows", async () => {
    const network = await met(FOUR, 1, SHORT);
    await network.sync("apac", 0);
    await network.sync("apac", 1);
    shard(network, "apac", 1).answering = false;
    const { hub, vector } = network.hub("apac").state();
    const logged = { v: 1, at: 5, region: "oc" } as const;
    const events = [
      { ...logged, kind: "join", dot: { hub: "oc.zzzz", counter: 1 }, replaces: [] },
      { ...logged, kind: "suspend", dot: { hub: "oc.zzzz", counter: 2 }, region: "apac", hub },
    ];
    const base = { vector: { "oc.zzzz": 2 }, events, replaced: [] };
    const request = { v: 1, from: "oc.zzzz", region: "oc", vector: { "oc.zzzz": 2 }, base, events: [] };
    network.hub("apac").exchange(messages.exchange.parse(request));
    await network.run(10);
    expect(shard(network, "apac", 0).purges.verdict(PAGE, vector)).toBe("hard");
    const dots = [{ hub: "oc.zzzz", counter: 1 }];
    const asked = network.hub("apac").await({ v: 1, dots, timeoutMillis: millis(0) });
    expect((await network.finish(asked)).states).toMatchObject([{ held: true, waitingFor: [1] }]);
    await network.run(HUB_LIMITS.subscriptionMillis);
    const later = network.hub("apac").await({ v: 1, dots, timeoutMillis: millis(0) });
    const [state] = (await network.finish(later)).states;
    expect(state?.appliedAt).toBeGreaterThan(network.now - 100);
    expect(onDisk(network, "apac").suspensions).toEqual([]);
    expect(network.hub("apac").state().vector[hub]).toBe((vector[hub] ?? 0) + 1);
  });

  test("and lost its disk meanwhile is a new member, and accepts purges", async () => {
    const network = await met(FOUR, 1, SHORT);
    const old = network.hub("apac").state().hub;
    network.kill("apac");
    network.site("apac").log.wipe();
    await purgeMany(network, ["weur", "enam"], 60);
    network.start("apac");
    await network.run(SETTLING);
    receiptOf(await network.purge("apac"));
    await network.run(SETTLING);
    for (const region of FOUR) {
      const { members, vector } = network.hub(region).state();
      expect(members.map(({ hub }) => hub)).not.toContain(old);
      expect(vector).toEqual(network.hub("weur").state().vector);
    }
  });

  test("so long that it was suspended is heard again, and nobody is left suspended", async () => {
    const network = await met(FOUR, 1, SHORT);
    const sync = async (regions: readonly RegionId[]): Promise<void> => {
      for (const region of regions) await network.sync(region, 0);
    };
    const others: RegionId[] = ["enam", "weur", "oc"];
    network.isolate("apac");
    for (let second = 0; second < 20; second++) {
      await network.run(1_000);
      await sync(others);
    }
    expect(onDisk(network, "weur").suspensions.length).toBeGreaterThan(0);
    await purgeMany(network, others, 90);
    network.isolate("apac", false);
    await network.run(SETTLING);
    await purgeMany(network, FOUR, 90);
    await network.run(SETTLING);
    for (const region of FOUR) expect(onDisk(network, region).suspensions).toEqual([]);
    for (const region of FOUR) expect(onDisk(network, region).base?.vector).toBeDefined();
  });

  test("on an old copy of its disk is recognised, though the events that it lost are kept nowhere", async () => {
    const network = await met(FOUR, 1, SHORT);
    await purgeMany(network, ["apac"], 5);
    const backup = network.site("apac").log.snapshot();
    const lost = await purgeMany(network, ["apac"], 5);
    network.kill("apac");
    await purgeMany(network, ["weur", "enam"], 90);
    network.site("apac").log.restore(backup);
    const old = network.hub("apac").state().hub;
    network.start("apac");
    const outcome = await network.purge("apac");
    if (outcome.kind === "receipt") expect(lost.map(formatDot)).not.toContain(outcome.receipt.id);
    await network.run(SETTLING);
    expect(network.hub("apac").state().hub).not.toBe(old);
    const { vector } = network.hub("weur").state();
    for (const region of FOUR) expect(network.hub(region).state().vector).toEqual(vector);
  });

  test("on an old copy that goes on and passes the number of its lost events is recognised by the last of them", async () => {
    const network = await met(FOUR, 1, SHORT);
    await purgeMany(network, ["apac"], 5);
    await network.run(SETTLING);
    const backup = network.site("apac").log.snapshot();
    const lost = await purgeMany(network, ["apac"], 4);
    network.kill("apac");
    await purgeMany(network, ["weur", "enam"], 90);
    await network.run(SETTLING);
    // The others keep only the last of what it lost.
    expect(lost.map((dot) => network.site("weur").log.find(dot) !== undefined)).toEqual([false, false, false, true]);
    network.site("apac").log.restore(backup);
    network.start("apac");
    const old = network.hub("apac").state().hub;
    network.isolate("apac");
    for (let count = 0; count < 8; count++) void network.askToPurge("apac", { idempotencyKey: `again-${count}` });
    await network.run(5_000);
    network.isolate("apac", false);
    await network.run(SETTLING);
    expect(network.hub("apac").state().hub).not.toBe(old);
  });
});

test("two halves of a network that cut their logs apart from each other know the same when they meet", async () => {
  for (let seed = 1; seed <= 8; seed++) {
    const network = await met(FOUR, seed, SHORT);
    for (const one of ["enam", "weur"]) {
      for (const other of ["apac", "oc"])
        for (const link of [`${one}>${other}`, `${other}>${one}`]) network.cut.add(link);
    }
    const dots = [
      ...(await purgeMany(network, ["enam", "weur"], 50)),
      ...(await purgeMany(network, ["oc", "apac"], 50)),
    ];
    network.cut.clear();
    await network.run(2 * SETTLING);
    const { vector } = network.hub("weur").state();
    for (const region of FOUR) {
      expect(network.hub(region).state().vector, `seed ${seed}`).toEqual(vector);
      expectCondemned(onDisk(network, region).purges, dots, vector);
      expect(network.hub(region).state().emptied, `seed ${seed}`).toBeDefined();
    }
    expect(network.isIdle, `seed ${seed}`).toBe(true);
  }
});

/** Each of these purged some tag of `purgeMany`: whatever carries that tag and was fetched just before is dead. */
function expectCondemned(purges: PurgeSet, dots: readonly Dot[], vector: Vector): void {
  for (const dot of dots) {
    expect(covers(vector, dot)).toBe(true);
    const tags = Array.from({ length: 50 }, (_, index) => `tag-${index}`);
    expect(purges.verdict(purgeTarget("https://site.test/", tags), { ...vector, [dot.hub]: dot.counter - 1 })).toBe(
      "hard",
    );
  }
}

test("hubs of a version from before logs were cut lack what is gone, and say so, until they are of the new one", async () => {
  const network = await met(FOUR, 1, SHORT);
  network.isolate("apac");
  await purgeMany(network, ["weur", "enam"], 60);
  network.isolate("apac", false);
  network.withoutBases.add("apac");
  network.delivered.clear();
  await network.run(SETTLING);
  // It is not asked over and over within one conversation.
  expect(network.delivered.get("exchange")).toBeLessThan(100);
  const { vector } = network.hub("weur").state();
  expect(coversAll(network.hub("apac").state().vector, vector)).toBe(false);
  network.withoutBases.clear();
  await network.run(SETTLING);
  expect(network.hub("apac").state().vector).toEqual(vector);
});

test("a purge that gives its origin time to settle does so also where only the end of it was heard of", async () => {
  const network = await met(FOUR, 1, SHORT);
  network.isolate("apac");
  receiptOf(await network.purge("weur", { settleSeconds: 600 }));
  await purgeMany(network, ["weur", "enam"], 60);
  network.isolate("apac", false);
  await network.run(SETTLING);
  const now = epochMillis(network.now);
  const news = await network.finish(network.hub("apac").sync({ v: 1, shard: 1, vector: {} }));
  const purges = new PurgeSet();
  purges.merge(news, now);
  expect(purges.settles(PAGE, now, { etag: undefined, lastModified: undefined })).toBeDefined();
});

test("hubs that lose messages, disks and each other, and cut their logs all the while, know the same in the end", {
  timeout: 60_000,
}, async () => {
  for (let seed = 1; seed <= 12; seed++) {
    const regions = NINE.slice(0, 3 + (seed % 3));
    const network = await met(regions, seed, { events: 8 + (seed % 9), bytes: 1_000_000 });
    const any = (): RegionId => regions[Math.floor(network.random() * regions.length)] as RegionId;
    const acknowledged: Dot[] = [];
    network.faults.loss = 0.2;
    network.faults.repetition = 0.2;
    let disks = 1;
    for (let step = 0; step < 60; step++) {
      const region = any();
      const chance = network.random();
      if (!network.site(region).up) network.start(region);
      else if (chance < 0.08) network.kill(region);
      else if (chance < 0.1 && disks-- > 0) {
        network.kill(region);
        network.site(region).log.wipe();
      } else if (chance < 0.18) network.isolate(region, network.random() < 0.5);
      else if (chance < 0.2) void network.hub(region).drain({ v: 1, region: any(), drained: true, by: "tester" });
      else if (chance < 0.3) await network.sync(region, 0);
      else {
        const { life } = network.site(region);
        void network.askToPurge(region, { ...tagged(step % 50), wait: "accepted" }).then((outcome) => {
          if (outcome.kind === "receipt" && network.site(region).life === life)
            acknowledged.push(dotOf(outcome.receipt));
        });
      }
      await network.run(network.random() * 400);
    }
    network.faults.loss = 0;
    network.faults.repetition = 0;
    network.cut.clear();
    for (const region of regions) if (!network.site(region).up) network.start(region);
    await network.run(2 * SETTLING);
    const first = network.hub(regions[0] as RegionId).state();
    for (const region of regions) {
      const { vector, drained, members } = network.hub(region).state();
      const hubs = (of: typeof members): string[] => of.map(({ hub }) => hub).sort();
      expect({ vector, drained, hubs: hubs(members) }, `seed ${seed}`).toEqual({
        vector: first.vector,
        drained: first.drained,
        hubs: hubs(first.members),
      });
      const disk = onDisk(network, region);
      expectCondemned(disk.purges, acknowledged, vector);
      expect(disk.suspensions, `seed ${seed}`).toEqual(onDisk(network, regions[0] as RegionId).suspensions);
      expect(network.site(region).log.length()).toBeLessThanOrEqual(8 + (seed % 9) + Object.keys(vector).length);
      expect(network.hub(region).state().joined, `seed ${seed}`).toBe(true);
    }
    expect(network.isIdle, `seed ${seed}`).toBe(true);
  }
});
