// Accepts purges: only at a hub that has joined, once per idempotency key, and acknowledged only when another hub has stored it
// too. A purge that could not be made durable in time is refused, yet exists: it still spreads, and the same key finds it again.
// An unneeded purge costs a refetch; a false acknowledgement would break the guarantee.

import { storageFault } from "../../config/storage-fault.ts";
import { millis } from "../../config/units.ts";
import type { PurgeEvent, Scope } from "../purge/event.ts";
import { scopeKey } from "../purge/scope.ts";
import { type Dot, formatDot } from "../purge/vector.ts";
import type { PurgeCommand, Refusal } from "./commands.ts";
import { HUB_LIMITS } from "./limits.ts";
import type { Ledger, NewPurge } from "./log/ledger.ts";
import type { Peers } from "./peers/peers.ts";
import type { HubPorts } from "./ports.ts";
import type { Condition } from "./wait-until.ts";

/** Why a purge is not acknowledged. */
export interface PurgeRefusal {
  readonly kind: "refused";
  readonly refusal: Refusal;
}
/** A purge that is durable at two hubs, or at the only one. */
export interface Accepted {
  readonly kind: "accepted";
  readonly event: PurgeEvent;
}

/** A refusal with its reason, and the purge if it exists nevertheless. */
export const refused = (code: Refusal["code"], detail: string, dot?: Dot): PurgeRefusal => ({
  kind: "refused",
  refusal: { code, detail, ...(dot === undefined ? {} : { id: formatDot(dot) }) },
});

export class Acceptance {
  readonly #ports: HubPorts;
  readonly #ledger: Ledger;
  readonly #peers: Peers;
  readonly #condition: Condition;
  readonly #logged: (event: PurgeEvent) => void;

  /** `logged` is called as soon as a purge is in the log: shards need not wait for other hubs. */
  constructor(
    ports: HubPorts,
    ledger: Ledger,
    peers: Peers,
    condition: Condition,
    logged: (event: PurgeEvent) => void,
  ) {
    this.#ports = ports;
    this.#ledger = ledger;
    this.#peers = peers;
    this.#condition = condition;
    this.#logged = logged;
  }

  /**
   * Accepts a purge. Refusals: `not-joined`; `not-durable` with its id; `idempotency-conflict` with the other purge's id;
   * `storage-failed` if the log cannot be written.
   */
  async accept(command: PurgeCommand): Promise<Accepted | PurgeRefusal> {
    const scopes = unique(command.scopes);
    const digest = await this.#ports.sha256(whatIsAsked(command, scopes));
    if (!(await this.#join()))
      return refused("not-joined", "this hub has not joined yet: not every other region's hub has acknowledged it");
    const { by, idempotencyKey: key } = command;
    if (key === undefined) return this.#log({ ...command, scopes }, digest);
    if (this.#ports.log.findByKey(by, key) === undefined) await this.#askForKey(by, key);
    // From here to the append nothing is awaited, so two requests at once under one key are one purge.
    const found = this.#ports.log.findByKey(by, key);
    if (found === undefined) return this.#log({ ...command, scopes }, digest);
    if (found.requestDigest === digest) return this.#secure(found);
    return refused("idempotency-conflict", "this idempotency key was used for another purge", found.dot);
  }

  async #log(command: PurgeCommand, requestDigest: string): Promise<Accepted | PurgeRefusal> {
    const { scopes, severity, by, reason, idempotencyKey, settleSeconds, minVersion } = command;
    const purge = {
      scopes,
      severity,
      by,
      requestDigest,
      ...(reason === undefined ? {} : { reason }),
      ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
      ...(settleSeconds === undefined ? {} : { settleSeconds }),
      ...(minVersion === undefined ? {} : { minVersion }),
    };
    const written = this.#write(purge);
    if (written.kind === "refused") return written;
    this.#logged(written.event);
    return this.#secure(written.event);
  }

  #write(purge: NewPurge): Accepted | PurgeRefusal {
    try {
      return { kind: "accepted", event: this.#ledger.appendPurge(purge) };
    } catch (cause) {
      const fault = storageFault(cause);
      if (fault === undefined) throw cause;
      return refused("storage-failed", `this hub could not store the purge: ${fault}, then retry`);
    }
  }

  /** Waits until another hub holds it. */
  async #secure(event: PurgeEvent): Promise<Accepted | PurgeRefusal> {
    const hub = this.#ledger.hub;
    const isSafe = (): boolean => this.#ledger.hub === hub && this.#peers.isDurable(event.dot);
    if (!isSafe()) this.#peers.push();
    // mutant: ack-before-durable
    if (await this.#condition.until(isSafe, millis(HUB_LIMITS.durableTimeoutMillis)))
      return { kind: "accepted", event };
    // A log that was given up took the purge with it.
    if (this.#ledger.hub !== hub) return refused("not-durable", "this hub's log was an old copy and has been given up");
    return refused(
      "not-durable",
      "no other region's hub has stored it: none was reachable, or none could write it",
      event.dot,
    );
  }

  async #join(): Promise<boolean> {
    if (this.#peers.hasJoined()) return true;
    void this.#peers.consult(this.#peers.others);
    return this.#condition.until(() => this.#peers.hasJoined(), millis(HUB_LIMITS.consultTimeoutMillis));
  }

  /**
   * Queries the other hubs for this key. An acknowledged purge is stored by two hubs, so once all others but one have
   * answered, one of the two has. If fewer answer in time the purge proceeds: twice is harmless, never is not.
   */
  async #askForKey(by: string, key: string): Promise<void> {
    let answers = 0;
    for (const region of this.#peers.others) {
      void this.#peers.talk(region).then((answered) => {
        if (answered) answers++;
        this.#condition.notify();
      });
    }
    const isKnown = (): boolean => this.#ports.log.findByKey(by, key) !== undefined;
    const isEnough = (): boolean => answers >= this.#peers.others.length - 1;
    await this.#condition.until(() => isKnown() || isEnough(), millis(HUB_LIMITS.consultTimeoutMillis));
  }
}

/** Each scope once, the first of the same. */
function unique(scopes: readonly Scope[]): readonly Scope[] {
  return [...new Map(scopes.map((scope) => [scopeKey(scope), scope])).values()];
}

/** What a repetition must ask for too. Not how long it waits, nor in which order it names its scopes. */
function whatIsAsked(command: PurgeCommand, scopes: readonly Scope[]): string {
  const { severity, reason, settleSeconds, minVersion } = command;
  // Left out where there is none, so that hubs from before it find the same for the same.
  const version = minVersion === undefined ? [] : [minVersion.notEtags ?? null, minVersion.lastModified ?? null];
  return JSON.stringify([scopes.map(scopeKey).sort(), severity, reason ?? null, settleSeconds ?? null, ...version]);
}
