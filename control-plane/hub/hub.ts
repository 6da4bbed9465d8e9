// A region's hub: it accepts purges, receives all others', and notifies its shards. This file handles each command; ledger.ts has
// the hub's state, peers.ts the exchange with other hubs, subscribers.ts that with shards.
// There is no master: every hub answers every command. An idle hub does nothing.

import { LIMITS } from "../../config/limits.ts";
import { addMillis, bytes, type EpochMillis, type Millis, millis, seconds, toMillis } from "../../config/units.ts";
import { isRegionId, type RegionId } from "../../config/world/regions.ts";
import type { ControlEvent, PurgeEvent } from "../purge/event.ts";
import { purgesIn } from "../purge/event-purges.ts";
import type { PurgeSet } from "../purge/purge-set.ts";
import {
  covers,
  coversAll,
  type Dot,
  EMPTY_VECTOR,
  formatDot,
  type HubId,
  join,
  type Vector,
} from "../purge/vector.ts";
import type {
  AwaitRequest,
  AwaitResponse,
  DryRunRequest,
  DryRunResponse,
  ExchangeRequest,
  ExchangeResponse,
  SyncRequest,
  SyncResponse,
} from "../purge/wire.ts";
import { Acceptance, type PurgeRefusal, refused } from "./acceptance.ts";
import type { DrainCommand, HubState, PurgeCommand, Receipt, ReceiptPage } from "./commands.ts";
import { HUB_LIMITS } from "./limits.ts";
import { Ledger } from "./log/ledger.ts";
import { Peers } from "./peers/peers.ts";
import type { HubPlace, HubPorts } from "./ports.ts";
import { type PageRequest, readPage } from "./receipts/purge-list.ts";
import { Receipts } from "./receipts/receipts.ts";
import { Subscribers } from "./receipts/subscribers.ts";
import { Condition } from "./wait-until.ts";

/** The result of a purge, or of a query for one. */
export type PurgeOutcome = { readonly kind: "receipt"; readonly receipt: Receipt } | PurgeRefusal;

/** The state that an answer about a purge waits for, and for how long at most. */
export type WaitFor = Pick<PurgeCommand, "wait" | "timeoutSeconds">;

/** How long a hub looks at others before it says how they are: longer than they have to answer, shorter than the API waits for it. */
export const WATCH_MILLIS = millis((HUB_LIMITS.peerTimeoutMillis + LIMITS.gatherTimeoutMillis) / 2);

export class HubCore {
  readonly #place: HubPlace;
  readonly #ports: HubPorts;
  readonly #startedAt: EpochMillis;
  readonly #condition: Condition;
  readonly #ledger: Ledger;
  readonly #peers: Peers;
  readonly #subscribers: Subscribers;
  readonly #acceptance: Acceptance;
  readonly #receipts: Receipts;
  /** The folds of the purge set that were noted. */
  #folds: PurgeSet["folds"];

  /** Reads its log, or starts one. */
  constructor(place: HubPlace, ports: HubPorts) {
    this.#place = place;
    this.#ports = ports;
    this.#startedAt = ports.now();
    const now = (): EpochMillis => ports.now();
    const changed = (): void => this.#condition.notify();
    this.#condition = new Condition((duration) => ports.timer(duration));
    this.#ledger = new Ledger(ports.log, place.region, now, () => ports.random(), place.logLimits);
    this.#folds = this.#ledger.purges.folds;
    this.#subscribers = new Subscribers({
      log: ports.log,
      shards: ports.shards,
      shardCount: place.shards,
      now,
      purges: () => this.#ledger.purges,
      drained: () => this.#ledger.drained,
      droppedAt: () => this.#ledger.base?.at,
      changed,
    });
    this.#peers = new Peers(place, ports, this.#ledger, {
      took: (events) => this.#tellShards(events),
      emptied: (upTo, by) => this.#empty(upTo, by),
      restarted: () => {
        this.#subscribers.clear();
        this.#receipts.clear();
      },
      changed,
    });
    const tell = (event: PurgeEvent): void => this.#tellShards([event]);
    this.#acceptance = new Acceptance(ports, this.#ledger, this.#peers, this.#condition, tell);
    this.#receipts = new Receipts(place, ports, this.#peers, this.#subscribers, this.#condition, this.#ledger);
    this.#peers.plan();
  }

  /** Accepts a purge, and answers with its receipt once `wait` is reached or the time is up. Refusals as `Acceptance.accept`. */
  async purge(command: PurgeCommand): Promise<PurgeOutcome> {
    const deadline = this.#deadline(command);
    const outcome = await this.#acceptance.accept(command);
    if (outcome.kind === "refused") return outcome;
    if (command.wait !== "accepted") {
      await this.#receipts.follow([outcome.event], command.wait, deadline);
      // All hubs have just been queried: completion is recorded in two seconds, regardless of later losses.
      this.#receipts.watch([outcome.event]);
    }
    return { kind: "receipt", receipt: this.#receipts.receipt(outcome.event) };
  }

  /**
   * How far a purge is, once `wait` is reached or the time is up. Refusals: `no-such-purge`, if no hub that answers knows it;
   * `purge-forgotten`.
   */
  async receipt(dot: Dot, waiting: WaitFor): Promise<PurgeOutcome> {
    const deadline = waiting.wait === "accepted" ? this.#ports.now() : this.#deadline(waiting);
    await this.#catchUp({ [dot.hub]: dot.counter }, millis(HUB_LIMITS.consultTimeoutMillis));
    const event = this.#ports.log.find(dot);
    if (event === undefined && covers(this.#ledger.base?.vector ?? EMPTY_VECTOR, dot)) {
      return refused("purge-forgotten", "it is older than this hub's log; it remains in effect");
    }
    if (event?.kind !== "purge") return refused("no-such-purge", "no hub that answers has this purge");
    await this.#receipts.follow([event], waiting.wait === "complete" ? "complete" : "applied", deadline);
    this.#receipts.watch([event]);
    return { kind: "receipt", receipt: this.#receipts.receipt(event) };
  }

  /** A page of the list of purges, newest first, with their present states. */
  list(request: PageRequest): Promise<ReceiptPage> {
    return readPage(this.#ports.log, request, async (events) => {
      if (events.length > 0) await this.#receipts.follow(events, "applied", this.#ports.now());
      this.#receipts.watch(events);
      return events.map((event) => this.#receipts.receipt(event));
    });
  }

  /** Drains or undrains a region. Answers once another hub has the event, or none is reachable. */
  async drain(command: DrainCommand): Promise<HubState> {
    const event = this.#ledger.appendDrain(command.region, command.drained ? "drain" : "undrain", command.by);
    this.#tellShards([event]);
    this.#peers.push();
    await this.#condition.until(() => this.#peers.isDurable(event.dot), millis(HUB_LIMITS.durableTimeoutMillis));
    return this.state();
  }

  /**
   * A shard asks what it lacks, and for a lease. What it was shown and this hub lacks is first asked from other hubs, for a
   * bounded time. Between looking whether a lease may be granted and putting the news together nothing else happens.
   */
  async sync(request: SyncRequest): Promise<SyncResponse> {
    await this.#catchUp(join(request.vector, request.want ?? {}), millis(HUB_LIMITS.wantTimeoutMillis));
    const lease = (await this.#mayLease()) ? { leaseMillis: millis(LIMITS.leaseMillis) } : {};
    this.#subscribers.subscribe(request.shard, request.vector);
    return { ...this.#ledger.purges.newsSince(request.vector), drained: this.#ledger.drained, ...lease };
  }

  /** Another hub pushes new events, or requests them. */
  exchange(request: ExchangeRequest): ExchangeResponse {
    return this.#peers.receive(request);
  }

  /** Another hub queries the state of purges in this region. */
  await(request: AwaitRequest): Promise<AwaitResponse> {
    return this.#receipts.answer(request);
  }

  /** Counts what a purge would invalidate in all of the region's shards. Rejects if one does not answer: the sum would be wrong. */
  async dryRun(request: DryRunRequest): Promise<DryRunResponse> {
    const shards = Array.from({ length: this.#place.shards }, (_, index) => index);
    const answers = await Promise.all(shards.map((shard) => this.#ports.shards.dryRun(shard, request)));
    const entries = answers.reduce((sum, answer) => sum + answer.entries, 0);
    return { v: 1, entries, bytes: bytes(answers.reduce((sum, answer) => sum + answer.bytes, 0)) };
  }

  /** This hub's state. A hub that has not joined starts joining. */
  state(): HubState {
    const joined = this.#peers.hasJoined();
    const { base } = this.#ledger;
    if (!joined) this.#peers.push();
    return {
      hub: this.#ledger.hub,
      region: this.#place.region,
      vector: this.#ledger.vector,
      joined,
      members: [...this.#ledger.members].map(([region, hub]) => {
        const heardAt = this.#peers.heldBy(region)?.heardAt;
        const unansweredSince = this.#peers.listener.unansweredSince(region);
        return {
          region,
          hub,
          ...(heardAt === undefined ? {} : { heardAt }),
          ...(unansweredSince === undefined ? {} : { unansweredSince }),
        };
      }),
      drained: this.#ledger.drained,
      subscribers: this.#subscribers.list(),
      logLength: this.#ports.log.length(),
      ...(base === undefined ? {} : { forgotten: { events: countOf(base.vector), at: base.at } }),
      ...(base?.emptied === undefined ? {} : { emptied: base.emptied }),
      startedAt: this.#startedAt,
    };
  }

  /** The same for monitoring: probes the other hubs first, so that their state is current. */
  async watch(): Promise<HubState> {
    let isOver = false;
    void this.#peers.listener.lookAround().then(() => {
      isOver = true;
      this.#condition.notify();
    });
    await this.#condition.until(() => isOver, WATCH_MILLIS);
    return this.state();
  }

  /** The alarm fires. */
  alarm(): Promise<void> {
    return this.#peers.repair();
  }

  #deadline(waiting: WaitFor): EpochMillis {
    return addMillis(this.#ports.now(), toMillis(seconds(waiting.timeoutSeconds)));
  }

  #tellShards(events: readonly ControlEvent[]): void {
    this.#noteFolds(events);
    const purges = events.filter((event) => purgesIn(event).length > 0).map((event) => event.dot);
    if (purges.length > 0) this.#subscribers.tell(purges);
    if (events.some((event) => event.kind === "drain" || event.kind === "undrain")) this.#subscribers.tellDrains();
    this.#condition.notify();
  }

  /** Shards fold the same scopes as a hub: the log names the purges that were too many. */
  #noteFolds(events: readonly ControlEvent[]): void {
    const { folds } = this.#ledger.purges;
    const isSame = (Object.keys(folds) as (keyof typeof folds)[]).every((into) => folds[into] === this.#folds[into]);
    if (isSame) return;
    this.#folds = folds;
    const purges = events.filter((event): event is PurgeEvent => event.kind === "purge");
    const by = [...new Set(purges.map((event) => event.by))];
    const { region } = this.#place;
    this.#ports.note({ kind: "folded", region, purges: purges.map(({ dot }) => formatDot(dot)), by, folds });
  }

  /** The missing events may have purged anything: the region's shards are notified, and the log says so. */
  #empty(upTo: readonly Dot[], by: RegionId): void {
    const lacked = Object.fromEntries(upTo.map(({ hub, counter }) => [hub, counter]));
    this.#ports.note({ kind: "emptied", region: this.#place.region, by, lacked });
    this.#subscribers.tell(upTo);
    this.#subscribers.tellDrains();
    this.#condition.notify();
  }

  /** Whether leases may be granted; waits a bounded time for hubs that were not heard recently. */
  #mayLease(): Promise<boolean> {
    return this.#peers.listener.mayLease((holds) => this.#condition.until(holds, millis(HUB_LIMITS.hearTimeoutMillis)));
  }

  /** Asks for what `want` says there is: first the hubs that it names, halfway all, until it is here or the time is up. */
  async #catchUp(want: Vector, duration: Millis): Promise<void> {
    const isHere = (): boolean => coversAll(this.#ledger.vector, want);
    if (isHere()) return;
    const lacking = Object.keys(want).filter((hub) => !coversAll(this.#ledger.vector, { [hub]: want[hub] as number }));
    for (const regions of [regionsOf(lacking), this.#peers.others]) {
      let isOver = false;
      void this.#peers.consult(regions).then(() => {
        isOver = true;
        this.#condition.notify();
      });
      await this.#condition.until(() => isHere() || isOver, millis(duration / 2));
      if (isHere()) return;
    }
  }
}

const countOf = (vector: Vector): number => Object.values(vector).reduce((sum, counter) => sum + counter, 0);

/** The regions that these hubs are, or were, the hubs of. */
function regionsOf(hubs: readonly HubId[]): readonly RegionId[] {
  return [...new Set(hubs.map((hub) => hub.split(".")[0] as string))].filter(isRegionId);
}
