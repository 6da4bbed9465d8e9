// What every log of a hub must do, as plain checks that throw: the memory log runs them in a unit test, the one in SQLite
// inside workerd in a scenario. `fresh` gives an empty log, `reopen` the same log as a restarted hub finds it.

import { epochMillis } from "../../../config/units.ts";
import type { EventLog, LogBase } from "../../../control-plane/hub/log/log.ts";
import type { ControlEvent, JoinEvent, PurgeEvent } from "../../../control-plane/purge/event.ts";
import type { Vector } from "../../../control-plane/purge/vector.ts";

export interface LogCase {
  readonly name: string;
  run(log: EventLog, reopen: () => EventLog): void;
}

const purge = (hub: string, counter: number, at: number, more: Partial<PurgeEvent> = {}): PurgeEvent => ({
  v: 1,
  kind: "purge",
  dot: { hub, counter },
  at: epochMillis(at),
  severity: "hard",
  scopes: [{ kind: "tag", tag: `é'"${counter}` }],
  by: "test",
  requestDigest: "d",
  ...more,
});
const joinEvent = (hub: string): ControlEvent => ({
  v: 1,
  kind: "join",
  dot: { hub, counter: 1 },
  at: epochMillis(1),
  region: "oc",
  replaces: [],
});

/** A base with so many records, large enough for several rows of a database if there are many. */
const baseOf = (vector: Vector, records: number): LogBase => ({
  v: 1,
  vector,
  at: epochMillis(70),
  standing: { events: [joinEvent("oc.aaaa") as JoinEvent], replaced: ["me.aaaa"] },
  emptied: { at: epochMillis(60), by: "me" },
  records: Array.from({ length: records }, (_, index) => ({
    scope: { kind: "tag", tag: `é'"${index}` },
    soft: {},
    hard: { "oc.aaaa": 1 + (index % 2) },
  })),
});

function equal(actual: unknown, expected: unknown, what: string): void {
  const [one, other] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (one !== other) throw new Error(`${what}: ${one} instead of ${other}`);
}
function throws(act: () => void, what: string): void {
  try {
    act();
  } catch {
    return;
  }
  throw new Error(`${what} did not throw`);
}
const ids = (events: readonly ControlEvent[]): string[] => events.map(({ dot }) => `${dot.hub}.${dot.counter}`);

export const LOG_SUITE: readonly LogCase[] = [
  {
    name: "an empty log has no identity and knows nothing",
    run(log) {
      equal(log.identity(), undefined, "identity");
      equal(log.vector(), {}, "vector");
      equal([log.length(), log.peers(), log.newestPurges(5)], [0, [], []], "content");
    },
  },
  {
    name: "what was appended is there after a restart, whole and in order",
    run(log, reopen) {
      log.begin("oc.aaaa");
      log.append([joinEvent("oc.aaaa"), purge("oc.aaaa", 2, 20), purge("me.bbbb", 1, 10)]);
      log.append([purge("oc.aaaa", 3, 5, { reason: "r", settleSeconds: 1.5 })]);
      log.remember("joined", "oc.aaaa");
      log.savePeer({ region: "me", hub: "me.bbbb", vector: { "oc.aaaa": 2 }, heardAt: epochMillis(7) });
      log.savePeer({ region: "me", hub: "me.bbbb", vector: { "oc.aaaa": 3 }, heardAt: epochMillis(8) });
      const again = reopen();
      equal(again.identity(), "oc.aaaa", "identity");
      equal(
        Object.entries(again.vector()).sort(),
        [
          ["me.bbbb", 1],
          ["oc.aaaa", 3],
        ],
        "vector",
      );
      equal(again.length(), 4, "length");
      equal(
        again.find({ hub: "oc.aaaa", counter: 3 }),
        purge("oc.aaaa", 3, 5, { reason: "r", settleSeconds: 1.5 }),
        "event",
      );
      equal(again.find({ hub: "oc.aaaa", counter: 4 }), undefined, "no event");
      equal(ids(again.read("oc.aaaa", 1, 1)), ["oc.aaaa.2"], "read one");
      equal(ids(again.read("oc.aaaa", 1, 9)), ["oc.aaaa.2", "oc.aaaa.3"], "read on");
      equal(ids(again.read("oc.aaaa", 3, 9)), [], "read the end");
      equal([again.recall("joined"), again.recall("repairs")], ["oc.aaaa", undefined], "facts");
      equal(again.peers(), [{ region: "me", hub: "me.bbbb", vector: { "oc.aaaa": 3 } }], "peers");
    },
  },
  {
    name: "a gap or a repetition is refused, and nothing of that append is kept",
    run(log, reopen) {
      log.begin("oc.aaaa");
      log.append([joinEvent("oc.aaaa")]);
      throws(() => log.append([purge("oc.aaaa", 2, 1), purge("oc.aaaa", 4, 1)]), "a gap");
      throws(() => log.append([purge("oc.aaaa", 2, 1), purge("oc.aaaa", 2, 1)]), "a repetition");
      throws(() => log.append([purge("me.bbbb", 2, 1)]), "a gap at the beginning");
      equal([log.length(), log.vector()], [1, { "oc.aaaa": 1 }], "content");
      equal([reopen().length(), reopen().vector()], [1, { "oc.aaaa": 1 }], "content after a restart");
    },
  },
  {
    name: "beginning anew forgets everything",
    run(log, reopen) {
      log.begin("oc.aaaa");
      log.append([joinEvent("oc.aaaa"), purge("oc.aaaa", 2, 1, { idempotencyKey: "k" })]);
      log.savePeer({ region: "me", hub: "me.bbbb", vector: {} });
      log.remember("joined", "oc.aaaa");
      log.begin("oc.cccc");
      for (const now of [log, reopen()]) {
        equal([now.identity(), now.length(), now.vector(), now.peers()], ["oc.cccc", 0, {}, []], "content");
        equal([now.recall("joined"), now.findByKey("test", "k")], [undefined, undefined], "facts and keys");
      }
      log.append([joinEvent("oc.cccc")]);
    },
  },
  {
    name: "a key finds the first purge under it by the list's order, whichever came in first",
    run(log) {
      log.begin("oc.aaaa");
      log.append([
        joinEvent("oc.aaaa"),
        purge("oc.aaaa", 2, 20, { idempotencyKey: "k" }),
        purge("me.bbbb", 1, 10, { idempotencyKey: "k" }),
        purge("me.bbbb", 2, 5, { idempotencyKey: "k", by: "another" }),
        purge("afr.cccc", 1, 10, { idempotencyKey: "k" }),
      ]);
      equal(log.findByKey("test", "k")?.dot, { hub: "afr.cccc", counter: 1 }, "found");
      equal(log.findByKey("another", "k")?.dot, { hub: "me.bbbb", counter: 2 }, "another token's");
      equal(log.findByKey("test", "x"), undefined, "another key");
    },
  },
  {
    name: "purges are listed newest first, and on from any place",
    run(log) {
      log.begin("oc.aaaa");
      log.append([joinEvent("oc.aaaa"), purge("oc.aaaa", 2, 20), purge("oc.aaaa", 3, 30), purge("oc.aaaa", 4, 20)]);
      log.append([purge("me.bbbb", 1, 20), purge("me.bbbb", 2, 40)]);
      const order = ["me.bbbb.2", "oc.aaaa.3", "oc.aaaa.4", "oc.aaaa.2", "me.bbbb.1"];
      equal(ids(log.newestPurges(9)), order, "all");
      const all = log.newestPurges(9);
      for (const [index, place] of all.entries()) {
        equal(ids(log.newestPurges(2, place)), order.slice(index + 1, index + 3), `after ${index}`);
      }
    },
  },
  {
    name: "a purge is marked as applied once, and keeps its instant",
    run(log, reopen) {
      log.begin("oc.aaaa");
      const dot = { hub: "oc.aaaa", counter: 2 };
      log.append([joinEvent("oc.aaaa"), purge("oc.aaaa", 2, 20)]);
      equal(log.appliedAt(dot), undefined, "before");
      log.markApplied([dot, { hub: "oc.aaaa", counter: 9 }], epochMillis(50));
      log.markApplied([dot], epochMillis(60));
      equal([log.appliedAt(dot), reopen().appliedAt(dot)], [50, 50], "after");
      equal(log.appliedAt({ hub: "oc.aaaa", counter: 9 }), undefined, "an unknown one");
    },
  },
  {
    name: "a purge is marked as complete once, and keeps its instant until it is dropped",
    run(log, reopen) {
      log.begin("oc.aaaa");
      const dot = { hub: "oc.aaaa", counter: 2 };
      log.append([joinEvent("oc.aaaa"), purge("oc.aaaa", 2, 20)]);
      equal(log.completeAt(dot), undefined, "before");
      log.markComplete(dot, epochMillis(50));
      log.markComplete(dot, epochMillis(60));
      log.markComplete({ hub: "oc.aaaa", counter: 9 }, epochMillis(50));
      equal([log.completeAt(dot), reopen().completeAt(dot)], [50, 50], "after");
      equal(log.completeAt({ hub: "oc.aaaa", counter: 9 }), undefined, "an unknown one");
      log.compact(baseOf({ "oc.aaaa": 2 }, 1));
      equal([log.completeAt(dot), reopen().completeAt(dot)], [undefined, undefined], "dropped");
    },
  },
  {
    name: "a base takes the place of the events that it covers, also after a restart",
    run(log, reopen) {
      log.begin("oc.aaaa");
      log.append([
        joinEvent("oc.aaaa"),
        purge("oc.aaaa", 2, 20, { idempotencyKey: "k" }),
        purge("oc.aaaa", 3, 30),
        purge("me.bbbb", 1, 10),
        purge("me.bbbb", 2, 40),
      ]);
      log.markApplied([{ hub: "oc.aaaa", counter: 2 }], epochMillis(50));
      equal(log.base(), undefined, "no base");
      const before = log.bytes();
      const base = baseOf({ "oc.aaaa": 2, "me.bbbb": 1 }, 5_000);
      log.compact(base);
      for (const now of [log, reopen()]) {
        equal(JSON.stringify(now.base()) === JSON.stringify(base), true, "base");
        equal([now.vector()["oc.aaaa"], now.vector()["me.bbbb"], now.length()], [3, 2, 2], "vector and length");
        equal(now.bytes() > 0 && now.bytes() < before, true, "bytes");
        equal(now.find({ hub: "oc.aaaa", counter: 2 }), undefined, "a dropped event");
        for (let counter = 1; counter <= 12; counter++) {
          const dot = { hub: "oc.aaaa", counter };
          equal(now.has(dot), now.find(dot) !== undefined, `whether it has ${counter}`);
        }
        equal(
          [ids(now.read("oc.aaaa", 0, 9)), ids(now.newestPurges(9))],
          [["oc.aaaa.3"], ["me.bbbb.2", "oc.aaaa.3"]],
          "rest",
        );
        equal(
          [now.findByKey("test", "k"), now.appliedAt({ hub: "oc.aaaa", counter: 2 })],
          [undefined, undefined],
          "key",
        );
      }
      throws(() => log.append([purge("oc.aaaa", 5, 1)]), "a gap behind a base");
      log.append([purge("oc.aaaa", 4, 60)]);
      equal(ids(reopen().read("oc.aaaa", 0, 9)), ["oc.aaaa.3", "oc.aaaa.4"], "what came later");
    },
  },
  {
    name: "a base may cover all that there is of a hub, or more; a later base takes its place, and beginning anew ends it",
    run(log, reopen) {
      log.begin("oc.aaaa");
      log.append([joinEvent("oc.aaaa")]);
      log.compact(baseOf({ "oc.aaaa": 1, "me.bbbb": 7 }, 3));
      equal([reopen().length(), reopen().bytes(), reopen().vector()["me.bbbb"]], [0, 0, 7], "content");
      log.append([purge("me.bbbb", 8, 1), purge("oc.aaaa", 2, 1)]);
      const later = baseOf({ "oc.aaaa": 1, "me.bbbb": 8 }, 0);
      log.compact(later);
      equal([reopen().base(), reopen().length()], [later, 1], "later base");
      log.begin("oc.cccc");
      for (const now of [log, reopen()]) equal([now.base(), now.vector(), now.bytes()], [undefined, {}, 0], "anew");
      log.append([joinEvent("oc.cccc")]);
    },
  },
];
