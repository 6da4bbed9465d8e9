// The gate: its rules as tables, and its promises against random histories beside a naive model.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { epochMillis, millis } from "../../config/units.ts";
import { Gate, type GateEffect } from "../../origin/gate.ts";

const at = (time: number) => epochMillis(time);
const gateOf = (maxConcurrent: number, maxQueued: number, queueTimeout = 100) =>
  new Gate({ maxConcurrent, maxQueued, queueTimeout: millis(queueTimeout) });
const admit = (id: number): GateEffect => ({ kind: "admit", id });
const refuse = (id: number, reason: "queue-full" | "queue-timeout"): GateEffect => ({ kind: "refuse", id, reason });

describe("a gate", () => {
  test("admits up to its limit, queues up to its bound and refuses the next", () => {
    const gate = gateOf(2, 1);
    expect(gate.step({ kind: "arrive", id: 1 }, at(0))).toEqual([admit(1)]);
    expect(gate.step({ kind: "arrive", id: 2 }, at(0))).toEqual([admit(2)]);
    expect(gate.step({ kind: "arrive", id: 3 }, at(0))).toEqual([]);
    expect(gate.step({ kind: "arrive", id: 4 }, at(0))).toEqual([refuse(4, "queue-full")]);
    expect([gate.running, gate.waiting]).toEqual([2, 1]);
  });

  test("with no queue refuses at once what it cannot admit", () => {
    const gate = gateOf(1, 0);
    gate.step({ kind: "arrive", id: 1 }, at(0));
    expect(gate.step({ kind: "arrive", id: 2 }, at(0))).toEqual([refuse(2, "queue-full")]);
  });

  test("gives a slot that comes back to whoever waits longest", () => {
    const gate = gateOf(1, 2);
    for (const id of [1, 2, 3]) gate.step({ kind: "arrive", id }, at(0));
    expect(gate.step({ kind: "leave" }, at(1))).toEqual([admit(2)]);
    expect(gate.step({ kind: "leave" }, at(2))).toEqual([admit(3)]);
  });

  test("passes over a waiter that has given up", () => {
    const gate = gateOf(1, 2);
    for (const id of [1, 2, 3]) gate.step({ kind: "arrive", id }, at(0));
    expect(gate.step({ kind: "cancel", id: 2 }, at(1))).toEqual([]);
    expect(gate.step({ kind: "leave" }, at(2))).toEqual([admit(3)]);
  });

  test("refuses a waiter at its deadline and not a millisecond before", () => {
    const gate = gateOf(1, 2, 100);
    for (const id of [1, 2]) gate.step({ kind: "arrive", id }, at(0));
    expect(gate.wakeAt).toBe(100);
    expect(gate.step({ kind: "tick" }, at(99))).toEqual([]);
    expect(gate.step({ kind: "tick" }, at(100))).toEqual([refuse(2, "queue-timeout")]);
    expect(gate.wakeAt).toBeUndefined();
  });

  test("gives no turn to a waiter whose time was up before the slot came back, even if the timer is late", () => {
    const gate = gateOf(1, 2, 100);
    gate.step({ kind: "arrive", id: 1 }, at(0));
    gate.step({ kind: "arrive", id: 2 }, at(0));
    gate.step({ kind: "arrive", id: 3 }, at(50));
    expect(gate.step({ kind: "leave" }, at(120))).toEqual([refuse(2, "queue-timeout"), admit(3)]);
  });

  test("throws when a slot is given back twice", () => {
    const gate = gateOf(1, 0);
    gate.step({ kind: "arrive", id: 1 }, at(0));
    gate.step({ kind: "leave" }, at(0));
    expect(() => gate.step({ kind: "leave" }, at(0))).toThrow(/twice/);
  });

  type Action = { readonly kind: "arrive" | "leave" | "cancel" | "tick"; readonly pick: number; readonly pass: number };
  const actions = fc.array(
    fc.record<Action>({
      kind: fc.constantFrom("arrive", "arrive", "leave", "cancel", "tick"),
      pick: fc.nat(),
      // Mostly forward; a clock may also be set back.
      pass: fc.oneof({ weight: 9, arbitrary: fc.nat(40) }, { weight: 1, arbitrary: fc.integer({ min: -50, max: 0 }) }),
    }),
    { maxLength: 200 },
  );

  test("keeps its limit, its bound and the order of arrival, and loses nobody, whatever happens", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4 }), fc.nat(5), actions, (limit, bound, history) => {
        const gate = gateOf(limit, bound, 100);
        let now = 1000;
        let lastId = 0;
        let running = 0;
        let queue: number[] = [];
        for (const { kind, pick, pass } of history) {
          now += pass;
          let effects: GateEffect[] = [];
          if (kind === "arrive") {
            lastId += 1;
            queue.push(lastId);
            effects = gate.step({ kind, id: lastId }, at(now));
          } else if (kind === "leave") {
            if (running === 0) continue;
            running -= 1;
            effects = gate.step({ kind }, at(now));
          } else if (kind === "cancel") {
            const id = queue[pick % Math.max(1, queue.length)] ?? 0;
            effects = gate.step({ kind, id }, at(now));
            if (!effects.some((effect) => effect.id === id)) queue = queue.filter((other) => other !== id);
          } else effects = gate.step({ kind }, at(now));

          for (const effect of effects) {
            // First in, first out: only the newest arrival may be refused for a full queue, all else happens to the first.
            if (effect.kind === "refuse" && effect.reason === "queue-full") expect(queue.at(-1)).toBe(effect.id);
            else expect(queue[0]).toBe(effect.id);
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
          for (const effect of gate.step({ kind: "tick" }, at(gate.wakeAt ?? now))) {
            queue = queue.filter((id) => id !== effect.id);
          }
        }
        expect(gate.waiting).toBe(0);
      }),
    );
  });
});
