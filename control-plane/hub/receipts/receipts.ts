// A purge's state in each region, from the regions' own hubs and never beyond their reports. Final states are cached. A region is
// complete once its hub has had the purge for a lease and its margin: by then every earlier lease has expired, regardless of
// acknowledgements. A region that does not answer makes a receipt `partial` until its hub cannot have leased without learning of
// the purge: its hearing, then a lease. A failure is never reported as success.

import { type EpochMillis, epochMillis, type Millis, millis } from "../../../config/units.ts";
import type { RegionId } from "../../../config/world/regions.ts";
import type { PurgeEvent } from "../../purge/event.ts";
import { type Dot, formatDot } from "../../purge/vector.ts";
import type { AwaitRequest, AwaitResponse, HeldState } from "../../purge/wire.ts";
import type { Receipt, RegionReceipt } from "../commands.ts";
import { HUB_LIMITS } from "../limits.ts";
import type { Ledger } from "../log/ledger.ts";
import type { Peers } from "../peers/peers.ts";
import type { HubPlace, HubPorts } from "../ports.ts";
import type { Condition } from "../wait-until.ts";
import { Completions } from "./completions.ts";
import { LEASES_END, UNHEARD_END } from "./lease-times.ts";
import { Questions } from "./receipt-queries.ts";
import type { Subscribers } from "./subscribers.ts";

/** What a region's hub said of a purge, and when by this hub's clock the leases from before it are over there. */
type KnownState = Omit<HeldState, "completeIn" | "completeSince"> & { readonly completeAt?: EpochMillis };

export class Receipts {
  readonly #place: HubPlace;
  readonly #ports: HubPorts;
  readonly #peers: Peers;
  readonly #subscribers: Subscribers;
  readonly #condition: Condition;
  readonly #ledger: Ledger;
  /** Purges' states in other regions, those last asked about at the end. */
  readonly #known = new Map<string, Map<RegionId, KnownState>>();
  readonly #unanswered = new Set<RegionId>();
  readonly #questions: Questions;
  /** Purges that are looked on at in the background. */
  readonly #watched = new Set<string>();
  readonly #completions: Completions;

  constructor(
    place: HubPlace,
    ports: HubPorts,
    peers: Peers,
    subscribers: Subscribers,
    condition: Condition,
    ledger: Ledger,
  ) {
    this.#place = place;
    this.#ports = ports;
    this.#peers = peers;
    this.#subscribers = subscribers;
    this.#condition = condition;
    this.#ledger = ledger;
    this.#completions = new Completions(ports.log);
    this.#questions = new Questions(ports.peers, (region, dot, state) => this.#take(region, dot, state));
  }

  /** The log was given up. */
  clear(): void {
    this.#completions.clear();
  }

  /** What is known here without asking anybody. */
  receipt(event: PurgeEvent): Receipt {
    const regionsNow = () => this.#place.regions.map((region) => this.#regionReceipt(event.dot, region));
    const applied = regionsNow().map((region) => region.appliedAt);
    const isApplied = applied.every((at) => at !== undefined);
    const completeBy = this.#completeAt(event.dot);
    // mutant: complete-by-acknowledgements, with (isApplied || $1) && $2
    if (completeBy <= this.#ports.now() && this.#peers.isDurable(event.dot)) {
      this.#completions.note(event.dot, completeBy);
    }
    const completeAt = this.#completions.at(event.dot);
    // A region that holds it and cannot be asked is complete by what was just noted.
    const regions = regionsNow();
    const missing = regions.filter((region) => this.#isMissing(region)).map((region) => region.region);
    const isPartial = missing.some((region) => this.#unanswered.has(region)) || !this.#peers.isDurable(event.dot);
    return {
      id: formatDot(event.dot),
      state: completeAt !== undefined ? "complete" : isPartial ? "partial" : isApplied ? "applied" : "accepted",
      severity: event.severity,
      scopes: event.scopes,
      by: event.by,
      ...(event.reason === undefined ? {} : { reason: event.reason }),
      ...(event.settleSeconds === undefined ? {} : { settleSeconds: event.settleSeconds }),
      ...(event.minVersion === undefined ? {} : { minVersion: event.minVersion }),
      acceptedAt: event.at,
      ...(isApplied ? { appliedAt: epochMillis(Math.max(...(applied as EpochMillis[]))) } : {}),
      ...(completeAt !== undefined ? { completeAt } : Number.isFinite(completeBy) ? { completeBy } : {}),
      hub: event.dot.hub.split(".")[0] as RegionId,
      regions,
      missing,
    };
  }

  /**
   * Waits until these purges are in `goal` everywhere, at most until `deadline` and the moment that an answer may be late. Asks
   * every region at least once; where the deadline is over before it begins, it waits for each to answer or to fail.
   */
  async follow(events: readonly PurgeEvent[], goal: "applied" | "complete", deadline: EpochMillis): Promise<void> {
    for (let round = 1; ; round += 1) {
      const left = millis(deadline - this.#ports.now());
      if (round > 1 && left <= 0) return;
      // A region answers when the purges are applied there: some will be complete before that, and no request need wait for it then.
      const complete = Math.max(1, ...events.map(({ dot }) => this.#completeAt(dot) - this.#ports.now()));
      const slice = millis(
        Math.max(0, Math.min(left, HUB_LIMITS.awaitSliceMillis, goal === "complete" ? complete : left)),
      );
      const here = goal === "applied" ? this.#awaitHere(events, slice) : undefined;
      const waitedFor = new Set(this.#peers.others);
      const asked = this.#peers.others.map((region) =>
        this.#ask(region, events, slice).then(() => waitedFor.delete(region)),
      );
      const all = Promise.all([here, ...asked]);
      if (left <= 0) await all;
      else if ((await this.#within(all, millis(left + HUB_LIMITS.awaitLateMillis))) === "late") {
        for (const region of waitedFor) this.#unanswered.add(region);
        return;
      }
      if (left <= 0 || events.every((event) => hasReached(this.receipt(event), goal))) return;
      // Regions that fail do so at once: they are not asked again before the next slice. Leases end by themselves.
      const now = this.#ports.now();
      const ends = goal === "complete" ? events.map(({ dot }) => this.#completeAt(dot) - now) : [];
      const idle = this.#unanswered.size > 0 || ends.length > 0;
      if (idle) await this.#ports.timer(millis(Math.max(1, Math.min(slice, ...ends)))).done;
    }
  }

  /**
   * Looks on until those of these purges are noted as complete that soon will be: a hub that was idle counts again since when it
   * holds them, and a client that asks more rarely would never see it complete.
   */
  watch(events: readonly PurgeEvent[]): void {
    const now = this.#ports.now();
    const soon = events.filter((event) => {
      const { completeBy } = this.receipt(event);
      return completeBy !== undefined && completeBy - now <= LEASES_END && !this.#watched.has(formatDot(event.dot));
    });
    if (soon.length === 0) return;
    const names = soon.map(({ dot }) => formatDot(dot));
    for (const name of names) this.#watched.add(name);
    void this.follow(soon, "complete", epochMillis(now + 2 * LEASES_END)).finally(() => {
      for (const name of names) this.#watched.delete(name);
    });
  }

  /** Another hub asks how far these purges are in this region. */
  async answer(request: AwaitRequest): Promise<AwaitResponse> {
    const { region } = this.#place;
    const isApplied = (dot: Dot): boolean => this.#stateHere(dot).appliedAt !== undefined;
    await this.#condition.until(() => request.dots.every(isApplied), request.timeoutMillis);
    return { v: 1, region, states: request.dots.map((dot) => this.#stateHere(dot)) };
  }

  #stateHere(dot: Dot): HeldState {
    const heldFor = this.#ledger.heldFor(dot);
    if (heldFor === undefined) return { held: false };
    const appliedAt = this.#subscribers.appliedAt(dot);
    const completeSince = this.#completions.at(dot);
    const everywhere = completeSince === undefined ? {} : { completeSince };
    const held = { held: true, completeIn: millis(Math.max(0, LEASES_END - heldFor)), ...everywhere } as const;
    const entries = this.#subscribers.ended.of(dot);
    return appliedAt === undefined
      ? { ...held, waitingFor: this.#subscribers.waitingFor(dot) }
      : { ...held, appliedAt, ...(entries === undefined ? {} : { entries }) };
  }

  /**
   * When this purge is complete in every region, by this hub's clock, as far as is known now: where a region's hub was not
   * heard to hold it, when it can have leased without it no longer. Later answers only make it earlier.
   */
  #completeAt(dot: Dot): EpochMillis {
    const now = this.#ports.now();
    const heldFor = this.#ledger.heldFor(dot) ?? 0;
    const here = now + Math.max(0, LEASES_END - heldFor);
    const unheard = this.#unheardEnd(dot, now + Math.max(0, UNHEARD_END - heldFor));
    const elsewhere = this.#peers.others.map((region) => this.#knownOf(dot).get(region)?.completeAt ?? unheard);
    return epochMillis(Math.max(here, ...elsewhere.map((at) => Math.min(at, unheard))));
  }

  /**
   * When regions that were not heard to hold the purge are past all that they may release. Only a purge that so many hubs
   * hold that no region can have gone on without its hub and without knowing it (membership/suspension.ts) ends that way; else never.
   */
  #unheardEnd(dot: Dot, at: number): number {
    return this.#peers.quorum.isHeldAgainstSuspension(dot) ? at : Number.POSITIVE_INFINITY;
  }

  async #within(all: Promise<unknown>, most: Millis): Promise<"in-time" | "late"> {
    const timer = this.#ports.timer(most);
    const first = await Promise.race([all.then(() => "in-time" as const), timer.done.then(() => "late" as const)]);
    timer.cancel();
    return first;
  }

  async #awaitHere(events: readonly PurgeEvent[], duration: Millis): Promise<void> {
    await this.#condition.until(
      () => events.every(({ dot }) => this.#stateHere(dot).appliedAt !== undefined),
      duration,
    );
  }

  /** Asks one region about those purges that it may still have something new to say of. */
  async #ask(region: RegionId, events: readonly PurgeEvent[], duration: Millis): Promise<void> {
    const dots = events.map(({ dot }) => dot).filter((dot) => !isFinal(this.#knownOf(dot).get(region)));
    if (dots.length === 0) return;
    // Whoever did not answer last time is not asked to hold its answer back: others wait for that place.
    const within = this.#unanswered.has(region) ? millis(0) : duration;
    if (await this.#questions.ask(region, dots, within)) this.#unanswered.delete(region);
    else this.#unanswered.add(region);
    this.#condition.notify();
  }

  #take(region: RegionId, dot: Dot, { completeIn, completeSince, ...state }: HeldState): void {
    if (completeSince !== undefined) this.#completions.note(dot, completeSince);
    const ends = completeIn === undefined ? {} : { completeAt: epochMillis(this.#ports.now() + completeIn) };
    this.#knownOf(dot).set(region, { ...state, ...ends });
  }

  #regionReceipt(dot: Dot, region: RegionId): RegionReceipt {
    const state = this.#toldOf(dot, region);
    const counted = state?.entries === undefined ? {} : { entries: state.entries };
    const applied = state?.appliedAt === undefined ? {} : { appliedAt: state.appliedAt, ...counted };
    const isOver = state?.completeAt !== undefined && state.completeAt <= this.#ports.now();
    const isHeld = state?.held === true || this.#peers.holds(region, dot);
    if (isOver || (isHeld && this.#completions.at(dot) !== undefined)) {
      return { region, state: "complete", ...applied };
    }
    if (state?.appliedAt !== undefined) return { region, state: "applied", ...applied };
    const silent = this.#unanswered.has(region) ? { reason: "its hub does not answer" } : {};
    if (isHeld) {
      const shards = state?.waitingFor ?? [];
      return {
        region,
        state: "accepted",
        ...(shards.length === 0 ? silent : { reason: `waits for shard ${shards.join(", ")}` }),
      };
    }
    return { region, state: "pending", ...silent };
  }

  /** Not known to hold it; or known to, and it cannot be asked whether it has applied it. */
  #isMissing({ region, state }: RegionReceipt): boolean {
    return state === "pending" || (state === "accepted" && this.#unanswered.has(region));
  }

  #toldOf(dot: Dot, region: RegionId): KnownState | undefined {
    if (region !== this.#place.region) return this.#knownOf(dot).get(region);
    const { completeIn, completeSince: _everywhere, ...state } = this.#stateHere(dot);
    return completeIn === undefined ? state : { ...state, completeAt: epochMillis(this.#ports.now() + completeIn) };
  }

  #knownOf(dot: Dot): Map<RegionId, KnownState> {
    const key = formatDot(dot);
    const known = this.#known.get(key) ?? new Map<RegionId, KnownState>();
    this.#known.delete(key);
    this.#known.set(key, known);
    if (this.#known.size > HUB_LIMITS.receiptsRemembered) {
      for (const oldest of this.#known.keys()) {
        this.#known.delete(oldest);
        break;
      }
    }
    return known;
  }
}

/** Whether nothing that a region could still say of a purge would be news. */
const isFinal = (told: KnownState | undefined): boolean =>
  told?.appliedAt !== undefined && told.completeAt !== undefined;

/** `applied` in every region counts as reached also while the receipt is called partial for want of a second copy. */
const hasReached = (receipt: Receipt, goal: "applied" | "complete"): boolean =>
  receipt.state === "complete" || (goal === "applied" && receipt.appliedAt !== undefined);
