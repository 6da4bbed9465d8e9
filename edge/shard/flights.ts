// The fills that a shard has under way. A request shares one where it may, or begins its own; both within limits. A flight
// lands and keeps what it brings even when nobody waits any more, and while its body comes, others may still join.

import { LIMITS } from "../../config/limits.ts";
import type { Millis } from "../../config/units.ts";
import { purgeTarget } from "../../control-plane/purge/purge-set.ts";
import type { Vector } from "../../control-plane/purge/vector.ts";
import type { Terms } from "../http/terms.ts";
import { type Asked, flightKeyOf } from "./asked.ts";
import type { Change } from "./change.ts";
import type { Entry } from "./entries.ts";
import { FAILURES } from "./failures.ts";
import { type FillPorts, fly, kept } from "./fill.ts";
import { type Flight, type Landing, landing, mayJoin } from "./flight.ts";
import type { HowToFill } from "./part-fill.ts";
import { discard } from "./release.ts";
import type { UpstreamAnswer } from "./tier.ts";

/** A place in a flight, and whether it was begun for this request. */
export interface Boarded {
  readonly flight: Flight;
  readonly leads: boolean;
}

export class Flights {
  readonly #ports: Omit<FillPorts, "finished">;
  /** Those of one client alone stand under a symbol, so that nobody finds them. */
  readonly #underWay = new Map<string | symbol, Flight>();
  /** All of them, with those whose place a later one has taken. */
  readonly #all = new Set<Flight>();

  constructor(ports: Omit<FillPorts, "finished">) {
    this.#ports = ports;
  }

  get size(): number {
    return this.#all.size;
  }

  /**
   * Boards a flight: a shared one unless `company` forbids it. `learned` are the fields that select variants by an answer that
   * is still on its way into the store; `how` is what the fill asks for if it is not of everything. Undefined when a limit is reached.
   */
  board(
    asked: Asked,
    confirm: Entry | undefined,
    company: "shared" | "alone",
    learned: readonly string[] = [],
    how: HowToFill = {},
  ): Boarded | undefined {
    const names = [...(this.#ports.entries.varyOf(this.#ports.name, asked.key) ?? []), ...learned];
    const key = company === "alone" ? Symbol() : flightKeyOf(asked, names);
    const known = this.#underWay.get(key);
    if (known !== undefined && mayJoin(known, purgeTarget(asked.url, []), this.#ports.knowledge.purges)) {
      if (known.followers >= LIMITS.followers) return undefined;
      known.followers += 1;
      return { flight: known, leads: false };
    }
    if (this.#all.size >= LIMITS.flights) return undefined;
    return { flight: this.#begin(key, asked, confirm, how), leads: true };
  }

  /** Has a stored response fetched anew for everybody, unless that is under way; nobody waits for it. */
  refresh(asked: Asked, stored: Entry): void {
    const boarded = this.board(asked, stored, "shared");
    if (boarded?.leads === false) boarded.flight.followers -= 1;
    if (boarded?.leads !== true) return;
    void boarded.flight.head.then((landed) => {
      // What is not kept is for whoever began the flight, and nobody did.
      if (landed.kind === "relay") discard(landed.answer.body);
    });
  }

  /** Waits for the landing, for `patience` at most. */
  async wait({ flight, leads }: Boarded, patience: Millis): Promise<Landing | undefined> {
    const landed = await landing(flight, patience, this.#ports.after);
    if (!leads) flight.followers -= 1;
    return landed;
  }

  /** Keeps an answer that came without a flight. While its body comes, an unsafe method ends it like any other. */
  keep(asked: Asked, vector: Vector, answer: UpstreamAnswer, terms: Terms): Landing & { kind: "kept" } {
    const { status, fields } = answer;
    const head = Promise.withResolvers<Landing>();
    const state = { doomed: false, spool: undefined, followers: 0 };
    const flight: Flight = { ...state, url: asked.url, vector, head: head.promise };
    this.#all.add(flight);
    const ports = { ...this.#ports, finished: () => void this.#all.delete(flight) };
    const landed = kept(ports, { ...asked, vector, confirm: undefined, flight }, answer, vector, {
      status,
      fields,
      terms,
    });
    head.resolve(landed);
    return landed;
  }

  /**
   * An unsafe method changed something: nobody joins the flights that may bring it, and nothing of them is kept. Groups are
   * known only from an answer, so where some were ended all flights of the site are meant.
   */
  doom({ urls, site, groups }: Change): void {
    for (const flight of this.#all) {
      if (urls.includes(flight.url) || (groups.length > 0 && flight.url.startsWith(site))) flight.doomed = true;
    }
  }

  #begin(key: string | symbol, asked: Asked, confirm: Entry | undefined, how: HowToFill): Flight {
    const state: Pick<Flight, "doomed" | "spool"> = { doomed: false, spool: undefined };
    const vector = this.#ports.knowledge.joined(asked.request.context.vector);
    const finished = () => this.#end(key, flight);
    // A tier that rejects, against its word, must not leave a flight that everybody joins and nobody can end.
    const head = fly({ ...this.#ports, finished }, { ...asked, ...how, vector, confirm, flight: state }).catch(
      (): Landing => ({ kind: "failed", failure: FAILURES.broken }),
    );
    const flight: Flight = Object.assign(state, { url: asked.url, vector, followers: 0, head });
    this.#underWay.set(key, flight);
    this.#all.add(flight);
    void head.then((landed) => {
      if (landed.kind === "failed") finished();
    });
    return flight;
  }

  /** A later flight may have taken the place of one that a purge had outdated. */
  #end(key: string | symbol, flight: Flight): void {
    this.#all.delete(flight);
    if (this.#underWay.get(key) === flight) this.#underWay.delete(key);
  }
}
