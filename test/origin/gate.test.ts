// The gate: its rules as tables, and its promises against random histories beside a naive model.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type EpochMillis, epochMillis, millis } from "../../config/units.ts";
import { Gate, type GateEffect, type GateEvent, type Share } from "../../origin/gate.ts";

const at = (time: number) => epochMillis(time);

/** A gate at which whoever was admitted first leaves first. */
class TestGate extends Gate {
  readonly #admitted: number[] = [];

  take(event: GateEvent | { readonly kind: "leave" }, now: EpochMillis): GateEffect[] {
    const effects = this.step(event.kind === "leave" ? { kind: "leave", id: this.#admitted.shift() ?? 0 } : event, now);
    for (const effect of effects) if (effect.kind === "admit") this.#admitted.push(effect.id);
    return effects;
  }
}
const gateOf = (maxConcurrent: number, maxQueued: number, queueTimeout = 100) =>
  new TestGate({ maxConcurrent, maxQueued, queueTimeout: millis(queueTimeout) });
const admit = (id: number): GateEffect => ({ kind: "admit", id });
const refuse = (id: number, reason: "queue-full" | "queue-timeout"): GateEffect => ({ kind: "refuse", id, reason });

describe("a gate", () => {
  test("admits up to its limit, queues up to its bound and refuses the next", () => {
    const gate = gateOf(2, 1);
    expect(gate.take({ kind: "arrive", id: 1 }, at(0))).toEqual([admit(1)]);
    expect(gate.take({ kind: "arrive", id: 2 }, at(0))).toEqual([admit(2)]);
    expect(gate.take({ kind: "arrive", id: 3 }, at(0))).toEqual([]);
    expect(gate.take({ kind: "arrive", id: 4 }, at(0))).toEqual([refuse(4, "queue-full")]);
    expect([gate.running, gate.waiting]).toEqual([2, 1]);
  });

  test("with no queue refuses at once what it cannot admit", () => {
    const gate = gateOf(1, 0);
    gate.take({ kind: "arrive", id: 1 }, at(0));
    expect(gate.take({ kind: "arrive", id: 2 }, at(0))).toEqual([refuse(2, "queue-full")]);
  });

  test("gives a slot that comes back to whoever waits longest", () => {
    const gate = gateOf(1, 2);
    for (const id of [1, 2, 3]) gate.take({ kind: "arrive", id }, at(0));
    expect(gate.take({ kind: "leave" }, at(1))).toEqual([admit(2)]);
    expect(gate.take({ kind: "leave" }, at(2))).toEqual([admit(3)]);
  });

  test("gives it to the highest rank, and to whoever waits longest every fourth time", () => {
    const gate = gateOf(1, 10, 1_000);
    gate.take({ kind: "arrive", id: 1 }, at(0));
    const ranks = [0, -1, 5, 9, 5, 7, 1];
    for (const [index, rank] of ranks.entries()) gate.take({ kind: "arrive", id: index + 2, rank }, at(index));
    const order = ranks.map(() => gate.take({ kind: "leave" }, at(10)).map((effect) => effect.id));
    // By rank 9, 7, 5 (the earlier of two); then the first to come; then 5, 1 and the one that nobody waits for.
    expect(order.flat()).toEqual([5, 7, 4, 2, 6, 8, 3]);
  });

  test("refuses the lowest rank where the queue is full, the newest of several", () => {
    const gate = gateOf(1, 3);
    gate.take({ kind: "arrive", id: 1 }, at(0));
    for (const [id, rank] of [
      [2, 1],
      [3, 0],
      [4, 0],
    ] as const) {
      gate.take({ kind: "arrive", id, rank }, at(0));
    }
    expect(gate.take({ kind: "arrive", id: 5, rank: 0 }, at(1))).toEqual([refuse(5, "queue-full")]);
    expect(gate.take({ kind: "arrive", id: 6, rank: 2 }, at(1))).toEqual([refuse(4, "queue-full")]);
    expect(gate.waiting).toBe(3);
  });

  test("passes over a waiter that has given up", () => {
    const gate = gateOf(1, 2);
    for (const id of [1, 2, 3]) gate.take({ kind: "arrive", id }, at(0));
    expect(gate.take({ kind: "cancel", id: 2 }, at(1))).toEqual([]);
    expect(gate.take({ kind: "leave" }, at(2))).toEqual([admit(3)]);
  });

  test("refuses a waiter at its deadline and not a millisecond before", () => {
    const gate = gateOf(1, 2, 100);
    for (const id of [1, 2]) gate.take({ kind: "arrive", id }, at(0));
    expect(gate.wakeAt).toBe(100);
    expect(gate.take({ kind: "tick" }, at(99))).toEqual([]);
    expect(gate.take({ kind: "tick" }, at(100))).toEqual([refuse(2, "queue-timeout")]);
    expect(gate.wakeAt).toBeUndefined();
  });

  test("gives no turn to a waiter whose time was up before the slot came back, even if the timer is late", () => {
    const gate = gateOf(1, 2, 100);
    gate.take({ kind: "arrive", id: 1 }, at(0));
    gate.take({ kind: "arrive", id: 2 }, at(0));
    gate.take({ kind: "arrive", id: 3 }, at(50));
    expect(gate.take({ kind: "leave" }, at(120))).toEqual([refuse(2, "queue-timeout"), admit(3)]);
  });

  test("throws when a slot is given back twice", () => {
    const gate = gateOf(1, 0);
    gate.take({ kind: "arrive", id: 1 }, at(0));
    gate.take({ kind: "leave" }, at(0));
    expect(() => gate.take({ kind: "leave" }, at(0))).toThrow(/twice/);
  });

  interface Action {
    readonly kind: "arrive" | "leave" | "cancel" | "tick";
    readonly pick: number;
    readonly pass: number;
    readonly rank: number;
  }
  const actions = fc.array(
    fc.record<Action>({
      kind: fc.constantFrom("arrive", "arrive", "leave", "cancel", "tick"),
      pick: fc.nat(),
      rank: fc.constantFrom(-1, 0, 0, 2),
      // Mostly forward; a clock may also be set back.
      pass: fc.oneof({ weight: 9, arbitrary: fc.nat(40) }, { weight: 1, arbitrary: fc.integer({ min: -50, max: 0 }) }),
    }),
    { maxLength: 200 },
  );

  test("keeps its limit, its bound and the order of ranks and arrivals, and loses nobody, whatever happens", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4 }), fc.nat(5), actions, (limit, bound, history) => {
        const gate = gateOf(limit, bound, 100);
        let now = 1000;
        let lastId = 0;
        let running = 0;
        let queue: number[] = [];
        const ranks = new Map<number, number>();
        /** Those that may be chosen by rank, and by lack of it: the first of the highest, the newest of the lowest. */
        const best = () => queue.reduce((one, id) => ((ranks.get(id) ?? 0) > (ranks.get(one) ?? 0) ? id : one));
        const worst = () => queue.reduce((one, id) => ((ranks.get(id) ?? 0) <= (ranks.get(one) ?? 0) ? id : one));
        for (const { kind, pick, pass, rank } of history) {
          now += pass;
          let effects: GateEffect[] = [];
          if (kind === "arrive") {
            lastId += 1;
            queue.push(lastId);
            ranks.set(lastId, rank);
            effects = gate.take({ kind, id: lastId, rank }, at(now));
          } else if (kind === "leave") {
            if (running === 0) continue;
            running -= 1;
            effects = gate.take({ kind }, at(now));
          } else if (kind === "cancel") {
            const id = queue[pick % Math.max(1, queue.length)] ?? 0;
            effects = gate.take({ kind, id }, at(now));
            if (!effects.some((effect) => effect.id === id)) queue = queue.filter((other) => other !== id);
          } else effects = gate.take({ kind }, at(now));

          for (const effect of effects) {
            if (effect.kind === "admit") expect([queue[0], best()]).toContain(effect.id);
            else expect(effect.id).toBe(effect.reason === "queue-full" ? worst() : queue[0]);
            queue = queue.filter((id) => id !== effect.id);
            if (effect.kind === "admit") running += 1;
          }
          expect(gate.running).toBe(running);
          expect(gate.waiting).toBe(queue.length);
          expect(running).toBeLessThanOrEqual(limit);
          expect(queue.length).toBeLessThanOrEqual(bound);
          // No lost wake-up: nobody waits beside a free slot, and whoever waits has a time at which it ends.
          if (queue.length > 0) {
            expect(running).toBe(limit);
            expect(gate.wakeAt).toBeDefined();
          }
        }
        // Liveness: when all leave and time passes, nobody is left.
        while (queue.length > 0) {
          for (const effect of gate.take({ kind: "tick" }, at(gate.wakeAt ?? now))) {
            queue = queue.filter((id) => id !== effect.id);
          }
        }
        expect(gate.waiting).toBe(0);
      }),
    );
  });
});

describe("shares of a gate", () => {
  const share = (name: string, most: number, mostWaiting = 10): Share => ({ name, most, mostWaiting });
  const slow = [share("page /slow", 3)];

  test("a page that has its share waits while others pass it", () => {
    const gate = gateOf(4, 10);
    for (const id of [1, 2, 3]) {
      expect(gate.step({ kind: "arrive", id, shares: slow }, at(0))).toEqual([admit(id)]);
    }
    expect(gate.step({ kind: "arrive", id: 4, shares: slow, rank: 9 }, at(0))).toEqual([]);
    expect(gate.step({ kind: "arrive", id: 5, shares: [share("page /a", 3)] }, at(0))).toEqual([admit(5)]);
    expect(gate.step({ kind: "arrive", id: 6, shares: [share("page /b", 3)] }, at(0))).toEqual([]);
    expect(gate.step({ kind: "leave", id: 5 }, at(1)), "the slot is not for the page that has its share").toEqual([
      admit(6),
    ]);
    expect(gate.step({ kind: "leave", id: 2 }, at(2))).toEqual([admit(4)]);
  });

  test("a free slot goes to a waiter as soon as its share has room, also when the slot was free before", () => {
    const gate = gateOf(4, 10);
    for (const id of [1, 2, 3, 4, 5]) gate.step({ kind: "arrive", id, shares: slow }, at(0));
    expect([gate.running, gate.waiting]).toEqual([3, 2]);
    expect(gate.step({ kind: "leave", id: 1 }, at(1))).toEqual([admit(4)]);
    expect([gate.running, gate.waiting]).toEqual([3, 1]);
  });

  test("a client has its share of the queue, and others find places", () => {
    const gate = gateOf(2, 4);
    const one = [share("client one", 1, 2)];
    for (const id of [1, 2, 3]) gate.step({ kind: "arrive", id, shares: one }, at(0));
    expect(gate.step({ kind: "arrive", id: 4, shares: one, rank: 100 }, at(0))).toEqual([refuse(4, "queue-full")]);
    expect(gate.step({ kind: "arrive", id: 5 }, at(0))).toEqual([admit(5)]);
    expect(gate.step({ kind: "arrive", id: 6 }, at(0))).toEqual([]);
    gate.step({ kind: "cancel", id: 2 }, at(1));
    expect(gate.step({ kind: "arrive", id: 7, shares: one }, at(1)), "a place was given back").toEqual([]);
  });

  test("no share is exceeded and no waiter is left beside a slot that it may have, whatever happens", () => {
    const event = fc.record({
      kind: fc.constantFrom("arrive", "arrive", "leave", "cancel", "tick"),
      pick: fc.nat(),
      rank: fc.constantFrom(-1, 0, 2),
      names: fc.subarray(["page", "client", "uploads"]),
      pass: fc.nat(40),
    });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 150 }), (history) => {
        const gate = new Gate({ maxConcurrent: 4, maxQueued: 6, queueTimeout: millis(100) });
        const most: Record<string, number> = { page: 2, client: 3, uploads: 1 };
        const sharesOf = (names: readonly string[]) => names.map((name) => share(name, most[name] ?? 0, 3));
        const running = new Map<number, readonly string[]>();
        const waiting = new Map<number, readonly string[]>();
        let now = 0;
        for (const [index, { kind, pick, rank, names, pass }] of history.entries()) {
          now += pass;
          const id = index + 1;
          let effects: GateEffect[] = [];
          if (kind === "arrive") {
            waiting.set(id, names);
            effects = gate.step({ kind, id, rank, shares: sharesOf(names) }, at(now));
          } else if (kind === "leave") {
            const leaver = [...running.keys()][pick % Math.max(1, running.size)];
            if (leaver === undefined) continue;
            running.delete(leaver);
            effects = gate.step({ kind, id: leaver }, at(now));
          } else if (kind === "cancel") {
            const gone = [...waiting.keys()][pick % Math.max(1, waiting.size)] ?? 0;
            effects = gate.step({ kind, id: gone }, at(now));
            if (!effects.some((effect) => effect.id === gone)) waiting.delete(gone);
          } else effects = gate.step({ kind }, at(now));
          for (const effect of effects) {
            const had = waiting.get(effect.id);
            expect(had, "every effect is about a waiter, once").toBeDefined();
            waiting.delete(effect.id);
            if (effect.kind === "admit" && had !== undefined) running.set(effect.id, had);
          }
          expect([gate.running, gate.waiting]).toEqual([running.size, waiting.size]);
          const held = (name: string) => [...running.values()].filter((of) => of.includes(name)).length;
          expect(running.size).toBeLessThanOrEqual(4);
          for (const [name, limit] of Object.entries(most)) expect(held(name)).toBeLessThanOrEqual(limit);
          const couldRun = (of: readonly string[]) => of.every((name) => held(name) < (most[name] ?? 0));
          if (running.size < 4) expect([...waiting.values()].some(couldRun)).toBe(false);
        }
      }),
    );
  });
});
