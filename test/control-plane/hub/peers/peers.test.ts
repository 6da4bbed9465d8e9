// How one hub exchanges events with others: what it sends whom, what counts as held, and what happens when they fail.

import { describe, expect, test } from "vitest";
import { type EpochMillis, epochMillis } from "../../../../config/units.ts";
import type { RegionId } from "../../../../config/world/regions.ts";
import { Ledger } from "../../../../control-plane/hub/log/ledger.ts";
import { Peers } from "../../../../control-plane/hub/peers/peers.ts";
import type { HubPorts } from "../../../../control-plane/hub/ports.ts";
import type { JoinEvent, PurgeEvent } from "../../../../control-plane/purge/event.ts";
import type { Dot, Vector } from "../../../../control-plane/purge/vector.ts";
import type { ExchangeRequest, ExchangeResponse } from "../../../../control-plane/purge/wire.ts";
import { MemoryLog } from "../memory-log.ts";

const REGIONS: readonly RegionId[] = ["weur", "enam", "apac"];

/** The hub of `weur`, and what it sends to others, which a test answers. */
class World {
  readonly log = new MemoryLog();
  readonly sent: { readonly region: RegionId; readonly request: ExchangeRequest }[] = [];
  readonly took: string[] = [];
  answer: (region: RegionId, request: ExchangeRequest) => ExchangeResponse | undefined = () => undefined;
  now: EpochMillis = epochMillis(1_000_000);
  alarmAt: EpochMillis | undefined;
  #draws = 0;
  readonly ledger: Ledger;
  readonly peers: Peers;

  constructor() {
    const now = () => this.now;
    this.ledger = new Ledger(this.log, "weur", now, () => this.#random());
    const ports: HubPorts = {
      log: this.log,
      peers: {
        exchange: async (region, request) => {
          this.sent.push({ region, request });
          const answer = this.answer(region, request);
          if (answer === undefined) throw new Error("unreachable");
          return answer;
        },
        await: () => Promise.reject(new Error("not asked here")),
      },
      shards: { apply: () => Promise.reject(new Error("none")), dryRun: () => Promise.reject(new Error("none")) },
      now,
      random: () => this.#random(),
      timer: () => ({ done: new Promise<void>(() => undefined), cancel: () => undefined }),
      setAlarm: (at) => {
        this.alarmAt = at;
      },
      note: () => undefined,
      sha256: async (text) => text,
    };
    this.peers = new Peers({ region: "weur", regions: REGIONS, shards: 1 }, ports, this.ledger, {
      took: (events) => void this.took.push(...events.map(({ kind }) => kind)),
      emptied: () => undefined,
      restarted: () => undefined,
      changed: () => undefined,
    });
  }

  /** Another number each time: incarnations are made of it. */
  #random(): number {
    this.#draws += 1;
    return (this.#draws * 0.37) % 1;
  }

  purge(): PurgeEvent {
    return this.ledger.appendPurge({ severity: "hard", scopes: [{ kind: "everything" }], by: "t", requestDigest: "" });
  }

  /** What `region`'s hub says of itself. */
  says(region: RegionId, hub: string, vector: Vector): void {
    this.peers.receive({ v: 1, from: hub, region, vector, events: [] });
  }

  join(region: RegionId, hub: string, replaces: readonly string[] = []): JoinEvent {
    const event = {
      v: 1,
      kind: "join",
      dot: { hub, counter: 1 },
      at: this.now,
      region,
      replaces,
    } as unknown as JoinEvent;
    this.peers.receive({ v: 1, from: hub, region, vector: { [hub]: 1 }, events: [event] });
    return event;
  }
}

const vectorOf = ({ hub, counter }: Dot): Vector => ({ [hub]: counter });
const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
};

describe("an event", () => {
  test("is durable once another region's hub says that it holds it, and not before", () => {
    const world = new World();
    const { dot } = world.purge();
    expect(world.peers.isDurable(dot)).toBe(false);
    world.says("enam", "enam.one", vectorOf(dot));
    expect(world.peers.isDurable(dot)).toBe(true);
    expect(world.peers.holds("enam", dot)).toBe(true);
    expect(world.peers.holds("apac", dot)).toBe(false);
  });

  test("is held no longer by a hub whose incarnation was replaced: its log is gone", () => {
    const world = new World();
    const { dot } = world.purge();
    world.join("enam", "enam.one");
    world.says("enam", "enam.one", { ...vectorOf(dot), "enam.one": 1 });
    expect(world.peers.holds("enam", dot)).toBe(true);
    // Another hub reports the new incarnation first.
    const join = {
      v: 1,
      kind: "join",
      dot: { hub: "enam.two", counter: 1 },
      at: world.now,
      region: "enam",
      replaces: ["enam.one"],
    };
    world.peers.receive({
      v: 1,
      from: "apac.one",
      region: "apac",
      vector: { "apac.one": 0, "enam.two": 1 },
      events: [join as unknown as JoinEvent],
    });
    expect(world.ledger.isReplaced("enam.one")).toBe(true);
    expect(world.peers.holds("enam", dot)).toBe(false);
    expect(world.peers.isDurable(dot)).toBe(false);
  });
});

describe("a push", () => {
  test("sends each other hub the new event, and sends it once", async () => {
    const world = new World();
    world.answer = (region, request) => ({
      v: 1,
      hub: `${region}.one`,
      region,
      vector: request.vector,
      events: [],
      more: false,
    });
    world.purge();
    world.peers.push();
    await settle();
    expect(world.sent.map(({ region }) => region).sort()).toEqual(["apac", "enam"]);
    expect(world.sent.every(({ request }) => request.events.some(({ kind }) => kind === "purge"))).toBe(true);
    world.sent.length = 0;
    world.peers.push();
    await settle();
    expect(world.sent).toEqual([]);
  });

  test("that fails is repaired by the alarm, which sends the event again", async () => {
    const world = new World();
    const { dot } = world.purge();
    world.peers.push();
    await settle();
    expect(world.peers.isSilent("enam")).toBe(true);
    expect(world.alarmAt).toBeGreaterThan(world.now);
    world.now = epochMillis(world.alarmAt ?? 0);
    world.answer = (region, request) => ({
      v: 1,
      hub: `${region}.one`,
      region,
      vector: request.vector,
      events: [],
      more: false,
    });
    await world.peers.repair();
    expect(world.peers.holds("enam", dot) && world.peers.holds("apac", dot)).toBe(true);
    expect(world.peers.isSilent("enam")).toBe(false);
  });
});

describe("a message from another hub", () => {
  test("is answered with what the sender lacks, and its events are logged before", () => {
    const world = new World();
    const { dot } = world.purge();
    const event = {
      v: 1,
      kind: "drain",
      dot: { hub: "enam.one", counter: 1 },
      at: world.now,
      region: "oc",
      by: "t",
    } as const;
    const answer = world.peers.receive({
      v: 1,
      from: "enam.one",
      region: "enam",
      vector: { "enam.one": 1 },
      events: [event],
    });
    expect(world.took).toEqual(["drain"]);
    expect(world.ledger.vector["enam.one"]).toBe(1);
    expect(answer.events.map((sent) => sent.dot)).toContainEqual(dot);
  });

  test("that knows more of this hub's events than its own log shows an old copy: the hub begins a new log", () => {
    const world = new World();
    const { hub } = world.ledger;
    world.purge();
    world.says("enam", "enam.one", { [hub]: 99 });
    expect(world.ledger.hub).not.toBe(hub);
  });
});
