// The fills that a shard has under way. A request joins one where it may, or begins its own, both within limits. Requests may join
// while the body is still arriving, and a body that will be stored is read to its end even when its last reader has left.
// **Decided: a flight whose head has not arrived is cancelled once no request has waited for it for `SHARD_LIMITS.abandonedAfterMillis`**,
// and frees its turn at the origin's gate. Until the head arrives it is unknown whether the answer can be stored, and clients that
// leave could otherwise occupy the origin at no cost to themselves. During the pause a client that tries again joins the
// flight. A background refresh goes on though no request waits for it.

import { type Millis, millis } from "../../../config/units.ts";
import { purgeTarget } from "../../../control-plane/purge/purge-set.ts";
import type { Vector } from "../../../control-plane/purge/vector.ts";
import type { CancelSignal } from "../../../origin/ports.ts";
import { discard } from "../../body/source.ts";
import { loopOf } from "../../http/forwardable.ts";
import type { Terms } from "../../http/terms.ts";
import type { UpstreamAnswer, UpstreamFailure } from "../../tier/tier.ts";
import { FAILURES } from "../answer/failures.ts";
import { SHARD_LIMITS } from "../limits.ts";
import { InFlight, waitFor } from "../request/in-flight.ts";
import type { Change } from "../request/invalidation.ts";
import { flightKeyOf, type ShardRequest } from "../request/shard-request.ts";
import type { Entry } from "../store/entry.ts";
import { Cancellation } from "./cancellation.ts";
import { runFill } from "./fill.ts";
import { type FillResult, type Flight, mayJoin } from "./flight.ts";
import { type Fill, type FillPorts, kept } from "./keep.ts";
import type { HowToFill } from "./part-wanted.ts";
import { type SentFor, sentFor } from "./selection.ts";

/** The flight that a request waits for, and whether it was begun for this request. */
export interface JoinedFlight {
  readonly flight: Flight;
  readonly leads: boolean;
}

/** How a request joins a flight. */
export interface JoinOptions {
  /** The stored response that the next tier is asked to confirm. */
  readonly confirm: Entry | undefined;
  readonly company: "shared" | "alone";
  /** Fields that select variants, by an answer that is not in the store yet. */
  readonly learned?: readonly string[];
  /** What the fill asks for, if not for everything. */
  readonly how?: HowToFill;
}

/** The flights of one cache key. */
interface OfOneKey {
  names: readonly string[];
  /** Each with the request that began it. */
  readonly members: Map<Flight, ShardRequest>;
}

/** An answer that is not stored is for the request that began the flight: if that is gone, nothing will read it. */
const discardUnread = ({ head }: Flight): void =>
  void head.then((landed) => {
    if (landed.kind === "relay") discard(landed.answer.body);
  });

export class Flights {
  readonly #ports: Omit<FillPorts, "finished" | "learned">;
  readonly #underWay: InFlight<string, Flight>;
  /** The flights under way by cache key, and what its answers vary by as far as the flights know: the store learns it later. */
  readonly #byKey = new Map<string, OfOneKey>();

  constructor(ports: Omit<FillPorts, "finished" | "learned">) {
    this.#ports = ports;
    this.#underWay = new InFlight(SHARD_LIMITS.flights, (flight) =>
      mayJoin(flight, purgeTarget(flight.url, []), ports.knowledge.purges),
    );
  }

  get size(): number {
    return this.#underWay.size;
  }

  /** Joins a flight, or begins one; `company` says whether it may be shared. Undefined when a limit is reached. */
  joinOrBegin(
    asked: ShardRequest,
    { confirm, company, learned = [], how = {} }: JoinOptions,
  ): JoinedFlight | undefined {
    const stored = this.#ports.entries.varyOf(this.#ports.name, asked.key) ?? [];
    const names = this.#learn(asked.key, [...stored, ...learned]);
    const key = company === "alone" ? undefined : flightKeyOf(asked, names);
    const known = key === undefined ? undefined : this.#underWay.find(key);
    if (known !== undefined) {
      // 1. A request begins this flight, which asks the origin. 2. The origin asks for the same URL, through here again. 3. That
      // request would wait for the flight, and the flight for it.
      if (known.waiting >= SHARD_LIMITS.followers || hasPassedHere(asked)) return undefined;
      known.waiting += 1;
      return { flight: known, leads: false };
    }
    if (this.#underWay.isFull) return undefined;
    return { flight: this.#begin(asked, { key, names }, { confirm, ...how, ...sentFor(asked, names) }), leads: true };
  }

  /** Fetches a response for all clients in the background, again if one is stored, unless that is under way. No request waits for it. */
  refresh(asked: ShardRequest, stored?: Entry): void {
    const joined = this.joinOrBegin(asked, { confirm: stored, company: "shared" });
    // A new flight keeps counting one waiting request, so that it is never abandoned.
    if (joined?.leads === false) joined.flight.waiting -= 1;
    if (joined?.leads === true) discardUnread(joined.flight);
  }

  /** Waits for the flight's result, for `patience` at most or until the request's client is `gone`. */
  async wait({ flight, leads }: JoinedFlight, patience: Millis, gone?: CancelSignal): Promise<FillResult | undefined> {
    const landed = await waitFor(flight.head, patience, this.#ports.after, gone);
    flight.waiting -= 1;
    if (landed !== undefined) return landed;
    if (leads) discardUnread(flight);
    if (flight.waiting > 0) return undefined;
    this.#ports.after(millis(flight.shared ? SHARD_LIMITS.abandonedAfterMillis : 0), () => {
      if (flight.waiting === 0) flight.abandon();
    });
    return undefined;
  }

  /** Stores an answer that came without a flight. While its body arrives, an unsafe method invalidates it like any other. */
  keep(asked: ShardRequest, vector: Vector, answer: UpstreamAnswer, terms: Terms): FillResult & { kind: "kept" } {
    const { status, fields } = answer;
    const head = Promise.withResolvers<FillResult>();
    const state = {
      invalidated: false,
      abandoned: false,
      shared: false,
      spool: undefined,
      waiting: 0,
      abandon: () => undefined,
    };
    const flight: Flight = { ...state, url: asked.url, vector, head: head.promise };
    this.#underWay.add(flight);
    const ports = { ...this.#ports, finished: () => this.#underWay.end(flight) };
    const landed = kept(
      ports,
      { ...asked, vector, confirm: undefined, flight },
      { answer, seen: vector },
      {
        status,
        fields,
        terms,
      },
    );
    head.resolve(landed);
    return landed;
  }

  /**
   * An unsafe method changed a resource: no request joins the flights that may fetch it, and they store nothing. Groups are known
   * only from an answer, so an invalidated group affects all flights of the site.
   */
  invalidate({ urls, site, groups }: Change): void {
    for (const flight of this.#underWay) {
      if (urls.includes(flight.url) || (groups.length > 0 && flight.url.startsWith(site))) flight.invalidated = true;
    }
  }

  #begin(
    asked: ShardRequest,
    { key, names }: { readonly key: string | undefined; readonly names: readonly string[] },
    how: HowToFill & SentFor & Pick<Fill, "confirm">,
  ): Flight {
    const state: Pick<Flight, "invalidated" | "abandoned" | "spool"> = {
      invalidated: false,
      abandoned: false,
      spool: undefined,
    };
    const signal = new Cancellation();
    const upstream: FillPorts["upstream"] = (request) => this.#ports.upstream({ ...request, signal });
    const vector = this.#ports.knowledge.joined(asked.request.context.vector);
    const finished = () => this.#end(asked.key, flight);
    const learned = (vary: readonly string[]) => void (this.#underWay.has(flight) && this.#learn(asked.key, vary));
    // If the upstream call throws despite its contract, the flight must not stay joinable.
    const head = runFill(
      { ...this.#ports, upstream, finished, learned },
      { ...asked, ...how, vector, flight: state },
    ).catch((): FillResult => ({ kind: "failed", failure: FAILURES.broken }));
    let headCame = false;
    const abandon = () => {
      // A body that has begun is stored or relayed at its readers' pace, and one without readers is cancelled there (pump.ts).
      if (headCame) return;
      flight.abandoned = true;
      signal.abort();
    };
    const shared = key !== undefined;
    const flight: Flight = Object.assign(state, { url: asked.url, vector, waiting: 1, head, shared, abandon });
    if (key === undefined) this.#underWay.add(flight);
    else this.#underWay.list(flight, key);
    const ofKey = this.#byKey.get(asked.key) ?? { names, members: new Map() };
    this.#byKey.set(asked.key, ofKey);
    ofKey.members.set(flight, asked);
    void head.then((landed) => {
      headCame = true;
      if (landed.kind === "kept") learned(landed.vary);
      if (landed.kind === "relay" && landed.vary !== undefined) learned(landed.vary);
      if (landed.kind === "failed") finished();
    });
    return flight;
  }

  /**
   * All that the answers of a cache key vary by, with `more` added. Flights that began before that was known are listed under it from
   * now on, so that a request that knows it joins them instead of beginning another.
   */
  #learn(key: string, more: readonly string[]): readonly string[] {
    const ofKey = this.#byKey.get(key);
    const names = [...new Set([...(ofKey?.names ?? []), ...more])];
    if (ofKey === undefined || names.length === ofKey.names.length) return names;
    ofKey.names = names;
    // In the order in which they began: of two for the same variant, the earlier one is closed to requests.
    for (const [flight, asked] of ofKey.members)
      if (flight.shared) this.#underWay.list(flight, flightKeyOf(asked, names));
    return names;
  }

  #end(cacheKey: string, flight: Flight): void {
    this.#underWay.end(flight);
    const members = this.#byKey.get(cacheKey)?.members;
    members?.delete(flight);
    if (members?.size === 0) this.#byKey.delete(cacheKey);
  }
}

/** Whether a request has passed through Meridian before (RFC 8586), so that a flight under way may be waiting for it. */
const hasPassedHere = ({ request }: ShardRequest): boolean => loopOf(request.fields.get("cdn-loop")) > 0;

/** Why a request may not join: it may be part of what it would wait for, or there is no room. */
export const whyRefused = (asked: ShardRequest): UpstreamFailure =>
  hasPassedHere(asked) ? FAILURES.loop : FAILURES.overloaded;
