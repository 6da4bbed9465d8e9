// How one purge spreads among many hubs: the production decisions (whom to tell, what a message carries, who is known to hold
// it, when to repair) over links that lose messages. What `hub/peers/peers.ts` does between those decisions is done here with as
// little around it as possible, since a thousand whole hubs with logs and memberships do not fit into one process.
// Time is counted in rounds: the time of one message. Nothing here is random but by the seed.

import { epochMillis } from "../../config/units.ts";
import type { RegionId } from "../../config/world/regions.ts";
import { lacking, sortOut, withEvents } from "../../control-plane/gossip/exchange.ts";
import { areFew, chooseTargets, sample } from "../../control-plane/gossip/fan-out.ts";
import { PeerVectors, toldBy } from "../../control-plane/gossip/peer-vectors.ts";
import { HUB_LIMITS } from "../../control-plane/hub/limits.ts";
import { RepairAlarm } from "../../control-plane/hub/peers/repair-alarm.ts";
import type { HubPorts } from "../../control-plane/hub/ports.ts";
import type { PurgeEvent } from "../../control-plane/purge/event.ts";
import { coversAll, EMPTY_VECTOR, type HubId, type Vector } from "../../control-plane/purge/vector.ts";
import type { HeldVectors, Holders } from "../../control-plane/purge/wire.ts";
import { seeded } from "../control-plane/hub/seeded.ts";

/** One way between two hubs far apart; both ways take two rounds. */
export const ROUND_MILLIS = 100;

export interface Setting {
  readonly hubs: number;
  /** The share of messages that is lost, requests and answers alike. */
  readonly loss: number;
  readonly seed: number;
  /** Whether hubs that are many tell each other who holds all: switched off to see what that is worth. */
  readonly holders?: "told" | "not-told";
  /** Whether repairs happen: switched off to see what pushing alone reaches. */
  readonly repairs?: "on" | "off";
  /** Where to stop: when every hub holds it, or when nobody has anything left to do (the default). */
  readonly until?: "known" | "rest";
}

export interface Spread {
  /** Hubs that hold it in the end. */
  readonly reached: number;
  /** Until the last of them did, and the messages sent until then, answers and lost ones among them. */
  readonly rounds: number;
  readonly messages: number;
  /** Messages until nobody had anything left to do. */
  readonly messagesToRest: number;
  readonly roundsToRest: number;
}

/** Rounds that pushing to one other at random in each round takes (Pittel 1987), for `hubs` large and no loss. */
export const theoryRounds = (hubs: number): number => Math.log2(hubs) + Math.log(hubs);

const EVENT: PurgeEvent = {
  v: 1,
  dot: { hub: "h0.aaaaaa", counter: 1 },
  at: epochMillis(0),
  kind: "purge",
  severity: "hard",
  scopes: [{ kind: "tag", tag: "a" }],
  by: "test",
  requestDigest: "",
};
const FULL: Vector = { [EVENT.dot.hub]: 1 };
const BATCH = { events: HUB_LIMITS.gossipBatchEvents, bytes: HUB_LIMITS.gossipBatchBytes };

interface Message {
  readonly from: SimulatedHub;
  readonly vector: Vector;
  readonly events: readonly PurgeEvent[];
  readonly held: HeldVectors | undefined;
  readonly holders: Holders;
}

class SimulatedHub {
  readonly region: RegionId;
  readonly hub: HubId;
  readonly held = new PeerVectors();
  readonly alarm: RepairAlarm;
  readonly lines = new Map<RegionId, { sent: Vector; inFlight: number }>();
  vector: Vector = EMPTY_VECTOR;
  readonly #notes = new Map<string, string>();

  constructor(index: number, ports: Pick<HubPorts, "now" | "random">, ring: (hub: SimulatedHub, at: number) => void) {
    // More names than there are regions: nothing that is simulated looks at them.
    this.region = `h${index}` as RegionId;
    this.hub = `h${index}.aaaaaa`;
    const log = {
      recall: (name: string) => this.#notes.get(name),
      remember: (name: string, text: string) => this.#notes.set(name, text),
    };
    this.alarm = new RepairAlarm({ ...ports, log, setAlarm: (at: number) => ring(this, at) } as unknown as HubPorts);
  }

  line(region: RegionId): { sent: Vector; inFlight: number } {
    const line = this.lines.get(region) ?? { sent: this.held.get(region)?.vector ?? EMPTY_VECTOR, inFlight: 0 };
    this.lines.set(region, line);
    return line;
  }
}

/** Lets one hub accept a purge, and goes on until nobody has anything left to do. */
export function spread(setting: Setting): Spread {
  return new Simulation(setting).run();
}

class Simulation {
  readonly #setting: Setting;
  readonly #hubs: readonly SimulatedHub[];
  readonly #byRegion: ReadonlyMap<RegionId, SimulatedHub>;
  readonly #others: ReadonlyMap<SimulatedHub, readonly RegionId[]>;
  readonly #random: () => number;
  /** What happens when, by time; times are whole milliseconds. */
  readonly #due = new Map<number, (() => void)[]>();
  readonly #alarms = new Map<SimulatedHub, number>();
  #now = 0;
  #messages = 0;
  #reached = 0;
  #known: { readonly rounds: number; readonly messages: number } = { rounds: 0, messages: 0 };

  constructor(setting: Setting) {
    this.#setting = setting;
    this.#random = seeded(setting.seed);
    const ports = { now: () => epochMillis(this.#now), random: this.#random };
    this.#hubs = Array.from(
      { length: setting.hubs },
      (_, index) => new SimulatedHub(index, ports, (hub, at) => this.#setAlarm(hub, at)),
    );
    this.#byRegion = new Map(this.#hubs.map((hub) => [hub.region, hub]));
    const regions = this.#hubs.map(({ region }) => region);
    this.#others = new Map(this.#hubs.map((hub) => [hub, regions.filter((region) => region !== hub.region)]));
  }

  run(): Spread {
    const [first] = this.#hubs as [SimulatedHub];
    this.#take(first, [EVENT]);
    this.#push(first);
    const isKnown = (): boolean => this.#reached === this.#hubs.length;
    while (this.#due.size > 0 && !(this.#setting.until === "known" && isKnown())) {
      this.#now = Math.min(...this.#due.keys());
      const acts = this.#due.get(this.#now) ?? [];
      this.#due.delete(this.#now);
      for (const act of acts) act();
    }
    return {
      reached: this.#reached,
      ...this.#known,
      messagesToRest: this.#messages,
      roundsToRest: this.#now / ROUND_MILLIS,
    };
  }

  #after(delay: number, act: () => void): void {
    const at = this.#now + delay;
    const acts = this.#due.get(at);
    if (acts === undefined) this.#due.set(at, [act]);
    else acts.push(act);
  }

  #setAlarm(hub: SimulatedHub, at: number): void {
    if (this.#setting.repairs === "off") return;
    this.#alarms.set(hub, at);
    this.#after(at - this.#now, () => {
      // Set for another time meanwhile: a hub has one alarm.
      if (this.#alarms.get(hub) === at) this.#repair(hub);
    });
  }

  #othersOf(hub: SimulatedHub): readonly RegionId[] {
    return this.#others.get(hub) as readonly RegionId[];
  }

  #push(hub: SimulatedHub): void {
    for (const region of chooseTargets(this.#othersOf(hub), this.#random)) {
      const line = hub.line(region);
      if (line.inFlight < HUB_LIMITS.gossipInFlight && !coversAll(line.sent, hub.vector)) this.#talk(hub, region);
    }
    this.#plan(hub, "soon");
  }

  #talk(hub: SimulatedHub, region: RegionId, done: () => void = () => undefined): void {
    const line = hub.line(region);
    const peer = this.#byRegion.get(region) as SimulatedHub;
    line.inFlight += 1;
    const request = this.#message(hub, line.sent);
    line.sent = withEvents(line.sent, request.events);
    const lost = (): void =>
      this.#after(HUB_LIMITS.peerTimeoutMillis, () => {
        line.inFlight -= 1;
        line.sent = hub.held.get(region)?.vector ?? EMPTY_VECTOR;
        done();
      });
    if (this.#isLost()) {
      lost();
      return;
    }
    this.#after(ROUND_MILLIS, () => {
      const fresh = this.#take(peer, request.events);
      this.#note(peer, request);
      if (fresh && !areFew(this.#setting.hubs - 1)) this.#push(peer);
      this.#plan(peer, fresh ? "soon" : "as-before");
      const answer = this.#message(peer, request.vector);
      if (this.#isLost()) {
        lost();
        return;
      }
      this.#after(ROUND_MILLIS, () => {
        line.inFlight -= 1;
        this.#take(hub, answer.events);
        this.#note(hub, answer);
        line.sent = hub.held.get(region)?.vector ?? EMPTY_VECTOR;
        this.#plan(hub, "as-before");
        done();
      });
    });
  }

  #isLost(): boolean {
    this.#messages += 1;
    return this.#random() < this.#setting.loss;
  }

  #message(from: SimulatedHub, theirs: Vector): Message {
    const read = (): readonly PurgeEvent[] => [EVENT];
    const { events } = lacking(read, from.vector, theirs, BATCH);
    const few = areFew(this.#setting.hubs - 1);
    // Of nothing everybody holds all; real hubs' vectors are never empty.
    const tells = !few && this.#setting.holders !== "not-told" && coversAll(from.vector, FULL);
    return {
      from,
      vector: from.vector,
      events: events as readonly PurgeEvent[],
      held: few ? from.held.tell() : undefined,
      holders: tells ? from.held.tellHolders(from.vector, HUB_LIMITS.gossipHolders, this.#random) : {},
    };
  }

  /** Whether any of it was new. */
  #take(hub: SimulatedHub, events: readonly PurgeEvent[]): boolean {
    const { fresh } = sortOut(events, hub.vector);
    if (fresh.length === 0) return false;
    hub.vector = withEvents(hub.vector, fresh);
    this.#reached += 1;
    this.#known = { rounds: this.#now / ROUND_MILLIS, messages: this.#messages };
    return true;
  }

  #note(hub: SimulatedHub, { from, vector, held, holders }: Message): void {
    hub.held.heard(from.region, from.hub, vector, epochMillis(this.#now));
    const { [hub.region]: _own, ...others } = toldBy({ ...(held && { held }), holders, vector });
    hub.held.told(others, () => false);
  }

  #behind(hub: SimulatedHub): readonly RegionId[] {
    return hub.held.behind(this.#othersOf(hub), hub.vector);
  }

  #plan(hub: SimulatedHub, when: "soon" | "as-before"): void {
    // An alarm that is set already stays: that saves looking through all hubs for each message.
    if (when === "as-before" && this.#alarms.has(hub)) return;
    if (coversAll(hub.vector, FULL) && this.#behind(hub).length > 0) hub.alarm.set(when);
  }

  #repair(hub: SimulatedHub): void {
    this.#alarms.delete(hub);
    hub.alarm.rang();
    const behind = this.#behind(hub);
    const upToDate = this.#othersOf(hub).filter((region) => !behind.includes(region));
    const first = behind.length > 1 && areFew(this.#setting.hubs - 1) ? sample(upToDate, 1, this.#random) : [];
    this.#consult(hub, first, () =>
      this.#consult(hub, chooseTargets(this.#behind(hub), this.#random), () => {
        hub.alarm.repaired(this.#behind(hub).length > 0 ? "some-behind" : "all-reached");
        this.#plan(hub, "as-before");
      }),
    );
  }

  #consult(hub: SimulatedHub, regions: readonly RegionId[], done: () => void): void {
    let open = regions.length;
    if (open === 0) done();
    for (const region of regions) {
      this.#talk(hub, region, () => {
        open -= 1;
        if (open === 0) done();
      });
    }
  }
}
