// Hubs on a network that delays, loses, repeats, reorders and cuts, in virtual time: what was acknowledged is never lost, a dot
// is never reused, all know the same in the end, and then nothing happens any more. A seed that fails is in the message.

import { describe, expect, test } from "vitest";
import type { RegionId } from "../../../config/world/regions.ts";
import { GOSSIP_LIMITS } from "../../../control-plane/gossip/limits.ts";
import type { PurgeOutcome } from "../../../control-plane/hub/hub.ts";
import { messages } from "../../../control-plane/hub/messages.ts";
import { purgeTarget } from "../../../control-plane/purge/purge-set.ts";
import { coversAll, type Dot, formatDot } from "../../../control-plane/purge/vector.ts";
import { dotOf, holders, met, NINE, receiptOf, refusalOf, shard, THREE } from "./hub-world.ts";
import { Network, SETTLING } from "./network.ts";

describe("a purge", () => {
  test("reaches every hub and every shard in use, and its receipt says when", async () => {
    const network = await met(NINE);
    for (const region of NINE) await network.sync(region, 0);
    const receipt = receiptOf(await network.purge("oc", { wait: "applied" }));
    expect(receipt).toMatchObject({ state: "applied", hub: "oc", missing: [], by: "tester" });
    expect(receipt.regions.map((region) => region.region)).toEqual(NINE);
    expect(receipt.appliedAt).toBe(Math.max(...receipt.regions.map((region) => region.appliedAt as number)));
    for (const region of NINE) {
      expect(coversAll(shard(network, region, 0).purges.vector, { [dotOf(receipt).hub]: dotOf(receipt).counter })).toBe(
        true,
      );
    }
  });

  test("is applied everywhere one delay and two steps after it was logged, for it is pushed at once", async () => {
    const network = await met(NINE);
    network.delay = () => 100;
    for (const region of NINE) await network.sync(region, 0);
    const receipt = receiptOf(await network.purge("oc", { wait: "applied" }));
    expect((receipt.appliedAt as number) - receipt.acceptedAt).toBeLessThanOrEqual(100 + 4);
  });

  test("is never acknowledged before another hub holds it durably", async () => {
    for (let seed = 1; seed <= 40; seed++) {
      const network = await met(THREE, seed);
      network.faults.loss = 0.4;
      network.faults.repetition = 0.2;
      const acknowledged: { readonly seen: number }[] = [];
      let answered = 0;
      for (const region of [...THREE, ...THREE]) {
        void network.askToPurge(region).then((outcome) => {
          answered++;
          // Looked at in the very step in which the answer is given.
          if (outcome.kind === "receipt") acknowledged.push({ seen: holders(network, dotOf(outcome.receipt)).length });
        });
      }
      await network.run(20_000);
      expect(answered, `seed ${seed}`).toBe(6);
      for (const { seen } of acknowledged) expect(seen, `seed ${seed}`).toBeGreaterThanOrEqual(2);
    }
  });

  test("that its hub cannot write is refused, leaves nothing behind, and is taken once there is space", async () => {
    const network = await met(THREE);
    const { log } = network.site("weur");
    const before = log.length();
    log.fault = new Error("database or disk is full: SQLITE_FULL");
    const refusal = refusalOf(await network.purge("weur"));
    expect(refusal.code).toBe("storage-failed");
    expect(refusal.detail).toContain("free space");
    expect(refusal.id).toBeUndefined();
    expect(log.length()).toBe(before);
    log.fault = undefined;
    const receipt = receiptOf(await network.purge("weur", { wait: "applied" }));
    expect(receipt).toMatchObject({ state: "applied", missing: [] });
    expect(log.length()).toBe(before + 1);
  });

  test("is not acknowledged while no other hub can write it, and is once one can", async () => {
    const network = await met(THREE);
    const others = [network.site("enam").log, network.site("apac").log];
    for (const log of others) log.fault = new Error("database or disk is full: SQLITE_FULL");
    const refusal = refusalOf(await network.purge("weur"));
    expect(refusal.code).toBe("not-durable");
    expect(refusal.detail).toContain("none could write it");
    for (const log of others) log.fault = undefined;
    await network.run(SETTLING);
    expect(holders(network, dotOf(refusal))).toHaveLength(3);
  });

  test("that no other hub could take is refused, yet exists and spreads when it can", async () => {
    const network = await met(THREE);
    network.isolate("weur");
    const refusal = refusalOf(await network.purge("weur"));
    expect(refusal.code).toBe("not-durable");
    expect(holders(network, dotOf(refusal))).toEqual(["weur"]);
    network.isolate("weur", false);
    await network.run(SETTLING);
    expect(holders(network, dotOf(refusal))).toEqual(THREE);
  });

  test("needs no other hub where only one region is configured", async () => {
    const network = await met(["me"]);
    expect(receiptOf(await network.purge("me", { wait: "applied" })).state).toBe("applied");
    expect(receiptOf(await network.purge("me", { wait: "complete" })).state).toBe("complete");
    expect(network.isIdle).toBe(true);
  });

  test("survives the loss of the accepting hub right after it was acknowledged, disk and all", async () => {
    for (let seed = 1; seed <= 25; seed++) {
      const network = await met(THREE, seed);
      network.cut.add("weur>apac");
      const dot = dotOf(receiptOf(await network.purge("weur")));
      network.kill("weur");
      network.isolate("weur");
      await network.run(SETTLING);
      expect(network.site("enam").log.find(dot), `seed ${seed}`).toBeDefined();
      expect(network.site("apac").log.find(dot), `seed ${seed}`).toBeDefined();
    }
  });

  test("counts each scope once", async () => {
    const network = await met(THREE);
    const scopes = [{ kind: "tag", tag: "a" }, { kind: "tag", tag: "a" }, { kind: "everything" }] as const;
    expect(receiptOf(await network.purge("weur", { scopes })).scopes).toEqual([
      { kind: "tag", tag: "a" },
      { kind: "everything" },
    ]);
  });
});

describe("an idempotency key", () => {
  const scopes = [{ kind: "tag", tag: "same" }] as const;

  test("gives the same receipt from any hub, right after the first answer", async () => {
    for (let seed = 1; seed <= 20; seed++) {
      const network = await met(NINE, seed);
      network.delay = () => 5 + network.random() * 295;
      const first = receiptOf(await network.purge("weur", { scopes, idempotencyKey: "k" }));
      for (const region of ["oc", "weur", "me"] as const) {
        const again = receiptOf(await network.purge(region, { scopes, idempotencyKey: "k" }));
        expect(again.id, `seed ${seed} at ${region}`).toBe(first.id);
      }
    }
  });

  test("gives it also while one region is gone", async () => {
    const network = await met(NINE);
    const first = receiptOf(await network.purge("weur", { scopes, idempotencyKey: "k" }));
    network.kill("weur");
    expect(receiptOf(await network.purge("oc", { scopes, idempotencyKey: "k" })).id).toBe(first.id);
  });

  test("used for something else is a conflict that names the first", async () => {
    const network = await met(THREE);
    const first = receiptOf(await network.purge("weur", { scopes, idempotencyKey: "k" }));
    const refusal = refusalOf(await network.purge("apac", { scopes, severity: "soft", idempotencyKey: "k" }));
    expect(refusal).toMatchObject({ code: "idempotency-conflict", id: first.id });
    const another = receiptOf(await network.purge("apac", { scopes, idempotencyKey: "k", by: "somebody else" }));
    expect(another.id).not.toBe(first.id);
  });

  test.each([[THREE], [["weur"] satisfies RegionId[]]])(
    "used twice at once is one purge, with regions %j",
    async (regions) => {
      const network = await met(regions);
      const command = { scopes, idempotencyKey: "k" };
      const both = [network.askToPurge("weur", command), network.askToPurge("weur", command)];
      const [one, other] = await network.finish(Promise.all(both));
      expect(receiptOf(one as PurgeOutcome).id).toBe(receiptOf(other as PurgeOutcome).id);
      expect((await network.finish(network.hub("weur").list({ limit: 5 }))).purges).toHaveLength(1);
    },
  );

  test("of a purge that was not durable finds it again, and secures it", async () => {
    const network = await met(THREE);
    network.isolate("weur");
    const refusal = refusalOf(await network.purge("weur", { scopes, idempotencyKey: "k" }));
    network.isolate("weur", false);
    expect(receiptOf(await network.purge("weur", { scopes, idempotencyKey: "k" })).id).toBe(refusal.id);
  });
});

describe("a hub", () => {
  test("that was killed has lost nothing, and accepts at once when it is back", async () => {
    const network = await met(THREE);
    const before = dotOf(receiptOf(await network.purge("weur")));
    const { hub } = network.hub("weur").state();
    network.kill("weur");
    const missed = dotOf(receiptOf(await network.purge("enam")));
    network.start("weur");
    const state = network.hub("weur").state();
    expect(state).toMatchObject({ hub, joined: true });
    expect(coversAll(state.vector, { [before.hub]: before.counter })).toBe(true);
    const next = dotOf(receiptOf(await network.purge("weur")));
    expect(next).toEqual({ hub, counter: before.counter + 1 });
    await network.run(SETTLING);
    expect(network.site("weur").log.find(missed)).toBeDefined();
  });

  test("that is restarted when all is settled has nothing to tell anybody", async () => {
    const network = await met(NINE);
    receiptOf(await network.purge("weur"));
    await network.run(SETTLING);
    network.kill("weur");
    network.delivered.clear();
    network.start("weur");
    await network.run(SETTLING);
    expect(network.delivered.size).toBe(0);
  });

  test("that has joined may go on accepting when a region is added that nobody has met", async () => {
    const network = new Network([...THREE, "oc"]);
    network.kill("oc");
    for (const region of THREE) network.start(region, THREE);
    await network.run(SETTLING);
    expect(network.hub("weur").state().joined).toBe(true);
    network.start("weur", [...THREE, "oc"]);
    expect(receiptOf(await network.purge("weur")).missing).toContain("oc");
  });

  test("passes on an event of a later version whole, and has its shards take it for a purge of everything", async () => {
    const network = await met(THREE);
    await network.sync("apac", 0);
    const dot = { hub: "oc.zzzz", counter: 1 };
    const later = { v: 2, kind: "fence", dot, at: 5, depth: { of: ["field"] } };
    const request = { v: 1, from: "oc.zzzz", region: "oc", vector: { "oc.zzzz": 1 }, events: [later] };
    network.hub("weur").exchange(messages.exchange.parse(request));
    await network.run(SETTLING);
    expect(network.site("apac").log.find(dot)).toEqual(later);
    await network.sync("apac", 0);
    expect(shard(network, "apac", 0).purges.verdict(purgeTarget("https://h/", []), {})).toBe("hard");
  });

  test("that lost its disk is a new member, gets everything back, and never reuses a dot", async () => {
    const network = await met(THREE);
    const before = dotOf(receiptOf(await network.purge("weur")));
    await network.run(SETTLING);
    network.kill("weur");
    network.site("weur").log.wipe();
    // Its clock does not help to tell which incarnation is the newer one.
    network.skew.set("weur", -500_000);
    network.start("weur");
    await network.run(SETTLING);
    const state = network.hub("weur").state();
    expect(state.hub).not.toBe(before.hub);
    expect(state.joined).toBe(true);
    expect(coversAll(state.vector, { [before.hub]: before.counter })).toBe(true);
    for (const region of THREE) {
      const members = network.hub(region).state().members;
      expect(members.find((member) => member.region === "weur")?.hub).toBe(state.hub);
    }
    expect(dotOf(receiptOf(await network.purge("weur"))).hub).toBe(state.hub);
  });

  test("whose disk went back to an old copy begins anew, and loses nothing that was acknowledged", async () => {
    const network = await met(THREE);
    receiptOf(await network.purge("weur"));
    await network.run(SETTLING);
    const backup = network.site("weur").log.snapshot();
    const later = dotOf(receiptOf(await network.purge("weur", { scopes: [{ kind: "tag", tag: "later" }] })));
    await network.run(SETTLING);
    network.kill("weur");
    network.site("weur").log.restore(backup);
    network.start("weur");
    // It would give this purge a dot that already names another one.
    const outcome = await network.purge("weur", { scopes: [{ kind: "tag", tag: "another" }] });
    if (outcome.kind === "receipt") expect(outcome.receipt.id).not.toBe(formatDot(later));
    await network.run(SETTLING);
    expect(network.hub("weur").state().hub).not.toBe(later.hub);
    for (const region of THREE) {
      expect(network.site(region).log.find(later)).toMatchObject({ scopes: [{ kind: "tag", tag: "later" }] });
    }
  });

  test("whose disk went back to an old copy notices as soon as it hears another one, before it gives a dot", async () => {
    const network = await met(THREE);
    const backup = network.site("weur").log.snapshot();
    const later = dotOf(receiptOf(await network.purge("weur")));
    await network.run(SETTLING);
    network.kill("weur");
    network.site("weur").log.restore(backup);
    network.start("weur");
    await network.sync("weur", 0);
    expect(network.hub("weur").state().hub).not.toBe(later.hub);
    await network.run(SETTLING);
    expect(network.site("weur").log.find(later)).toBeDefined();
  });

  test("that is new refuses purges until every other region's hub holds its join", async () => {
    const network = new Network(THREE);
    network.isolate("apac");
    expect(refusalOf(await network.purge("weur")).code).toBe("not-joined");
    await network.run(SETTLING);
    expect(refusalOf(await network.purge("weur")).code).toBe("not-joined");
    network.isolate("apac", false);
    await network.run(SETTLING);
    expect(receiptOf(await network.purge("weur")).state).toBe("accepted");
  });

  test("that is new meets the others when the first purge asks it to", async () => {
    const network = new Network(NINE);
    expect(receiptOf(await network.purge("weur")).state).toBe("accepted");
  });

  test("that is idle calls nobody, writes nothing and sets no alarm", async () => {
    const network = await met(NINE);
    for (const region of NINE) await network.sync(region, 0);
    receiptOf(await network.purge("oc", { wait: "applied" }));
    await network.run(SETTLING);
    expect(network.isIdle).toBe(true);
    const writes = NINE.map((region) => network.site(region).log.writes);
    const delivered = new Map(network.delivered);
    await network.run(24 * 3_600_000);
    expect(NINE.map((region) => network.site(region).log.writes)).toEqual(writes);
    expect(network.delivered).toEqual(delivered);
  });

  test("asks one other, not all, once a purge has settled: nine hubs stay far below 81 messages", async () => {
    const network = await met(NINE);
    network.delivered.clear();
    receiptOf(await network.purge("oc"));
    await network.run(SETTLING);
    expect(network.delivered.get("exchange")).toBeLessThanOrEqual(3 * NINE.length);
  });

  test("tries ever more rarely to reach one that is gone, and reaches it when it is back", async () => {
    const network = await met(THREE);
    network.kill("apac");
    const dot = dotOf(receiptOf(await network.purge("weur")));
    const hour = 3_600_000;
    network.delivered.clear();
    const before = network.site("weur").log.writes;
    await network.run(hour);
    expect(network.site("weur").log.writes - before).toBeLessThanOrEqual(
      hour / (GOSSIP_LIMITS.gossipRepairMostMillis / 2) + 20,
    );
    network.start("apac");
    await network.run(SETTLING);
    expect(network.site("apac").log.find(dot)).toBeDefined();
    expect(network.isIdle).toBe(true);
  });
});

describe("hubs between which messages are lost, repeated, reordered and cut", () => {
  test("know the same in the end, whatever was accepted where, with hubs killed in between", async () => {
    for (let seed = 1; seed <= 30; seed++) {
      const regions = NINE.slice(0, 3 + (seed % 3));
      const network = await met(regions, seed);
      const any = (): RegionId => regions[Math.floor(network.random() * regions.length)] as RegionId;
      const acknowledged: Dot[] = [];
      network.faults.loss = 0.2;
      network.faults.repetition = 0.2;
      for (let step = 0; step < 25; step++) {
        const region = any();
        const chance = network.random();
        if (!network.site(region).up) network.start(region);
        else if (chance < 0.12) network.kill(region);
        else if (chance < 0.2) network.isolate(region, network.random() < 0.5);
        else {
          const { life } = network.site(region);
          void network.askToPurge(region, { wait: "applied", timeoutSeconds: 2 }).then((outcome) => {
            if (outcome.kind === "receipt" && network.site(region).life === life)
              acknowledged.push(dotOf(outcome.receipt));
          });
        }
        await network.run(network.random() * 800);
      }
      network.faults.loss = 0;
      network.faults.repetition = 0;
      network.cut.clear();
      for (const region of regions) if (!network.site(region).up) network.start(region);
      await network.run(SETTLING);
      const [first, ...rest] = network.vectors();
      for (const vector of rest) expect(vector, `seed ${seed}`).toEqual(first);
      for (const dot of acknowledged) expect(holders(network, dot), `seed ${seed}`).toEqual(regions);
      expect(network.isIdle, `seed ${seed}`).toBe(true);
    }
  });

  test("need nothing but their answers to mend what arrived out of order", async () => {
    for (let seed = 1; seed <= 20; seed++) {
      const network = await met(["enam", "weur"], seed);
      network.delay = () => 5 + network.random() * 200;
      for (let count = 0; count < 5; count++) {
        void network.askToPurge("weur");
        await network.run(10);
      }
      // Sooner than the first repair.
      await network.run(GOSSIP_LIMITS.gossipRepairFirstMillis / 2 - 100);
      const [one, other] = network.vectors();
      expect(one, `seed ${seed}`).toEqual(other);
    }
  });

  test("agree on which regions are drained, when two said different things at once", async () => {
    for (let seed = 1; seed <= 15; seed++) {
      const network = await met(THREE, seed);
      const drain = (at: RegionId, drained: boolean) =>
        network.hub(at).drain({ v: 1, region: "apac", drained, by: "tester" });
      const both = [drain("enam", true), drain("weur", false)];
      await network.finish(Promise.all(both));
      await network.run(SETTLING);
      const states = THREE.map((region) => network.hub(region).state().drained.join());
      expect(new Set(states).size, `seed ${seed}`).toBe(1);
      await network.finish(drain("apac", true));
      await network.run(SETTLING);
      for (const region of THREE) expect(network.hub(region).state().drained).toEqual(["apac"]);
    }
  });

  test("tell shards in use of a drain at once", async () => {
    const network = await met(THREE);
    await network.sync("weur", 0);
    await network.finish(network.hub("enam").drain({ v: 1, region: "apac", drained: true, by: "tester" }));
    await network.run(500);
    expect(shard(network, "weur", 0).drained).toEqual(["apac"]);
  });
});
