// Decides whether this hub may lease, and renews its hearings: it queries hubs whose hearing will soon expire, waits briefly for
// those whose hearing has expired, and starts the suspension of a hub that has been silent for long. All of it is driven by
// traffic: without lease requests and monitoring there are no queries.

import { type EpochMillis, epochMillis } from "../../../config/units.ts";
import type { RegionId } from "../../../config/world/regions.ts";
import { areFew } from "../../gossip/fan-out.ts";
import type { ExchangeResponse } from "../../purge/wire.ts";
import { HUB_LIMITS } from "../limits.ts";
import type { Ledger } from "../log/ledger.ts";
import { Hearing } from "./hearing.ts";
import { isFailing, isUntried, type PeerLink, unansweredSince } from "./peer-link.ts";
import type { Quorum } from "./quorum.ts";

/** What the listener needs of the hub's conversations. */
export interface Conversations {
  now(): EpochMillis;
  line(region: RegionId): PeerLink;
  /** Asks a region's hub for all that it knows. Answers whether it could be reached. */
  talk(region: RegionId): Promise<boolean>;
  /** Something was logged that others should hear. */
  push(): void;
}

export class Listener {
  readonly #ledger: Ledger;
  readonly #quorum: Quorum;
  readonly #others: readonly RegionId[];
  readonly #conversations: Conversations;
  readonly #hearing = new Hearing();
  /** Questions under way that are to renew a hearing. */
  readonly #asked = new Map<RegionId, Promise<unknown>>();

  constructor(ledger: Ledger, quorum: Quorum, others: readonly RegionId[], conversations: Conversations) {
    this.#ledger = ledger;
    this.#quorum = quorum;
    this.#others = others;
    this.#conversations = conversations;
  }

  /** A hub answered a question that was asked at `askedAt`, and all that it knew is held here. */
  heard({ region, heard }: Pick<ExchangeResponse, "region" | "heard">, askedAt: EpochMillis): void {
    this.#hearing.heard(region, askedAt);
    if (heard !== undefined) this.#hearing.told(heard, askedAt);
  }

  /** What an asking hub is sent about the hubs that this one has heard: while hubs are few, for among many it would be a long list. */
  ages(): Pick<ExchangeResponse, "heard"> {
    return areFew(this.#others.length) ? { heard: this.#hearing.ages(this.#conversations.now()) } : {};
  }

  /** What was heard was heard by a log that is no more. */
  forget(): void {
    this.#hearing.forget();
  }

  /** Since when a region's hub has not answered this one, as `peer-link.ts` says it. */
  unansweredSince(region: RegionId): EpochMillis | undefined {
    return unansweredSince(this.#conversations.line(region), this.#conversations.now());
  }

  /**
   * Asks the hubs that were not asked recently, for an operator who looks at the deployment. Without traffic nothing else would
   * notice a lost link. It resolves when all have answered or failed, and suspends no hub.
   */
  async lookAround(): Promise<void> {
    const now = this.#conversations.now();
    const untried = this.#others.filter((region) => isUntried(this.#conversations.line(region), now));
    await Promise.all(untried.map((region) => this.#conversations.talk(region)));
  }

  /**
   * Whether this hub may grant leases now. Hubs that were not heard recently are asked, and waited for with `until`, which waits
   * a bounded time for what it is given; those that soon will not have been are asked in the background.
   */
  async mayLease(until: (holds: () => boolean) => Promise<unknown>): Promise<boolean> {
    const now = this.#conversations.now();
    for (const region of this.#hearing.due(this.#others, now, HUB_LIMITS.hearingMillis / 2))
      this.#askAgain(region, now);
    this.#askOthersAfterSilent(now);
    const overdue = this.#hearing.due(this.#quorum.active, now, HUB_LIMITS.hearingMillis);
    const isAsked = (region: RegionId): boolean =>
      this.#isFailing(region) ? this.#isToldOf(region) : this.#asked.has(region);
    // Where one of them has failed to answer, which may take it long, waiting for the others gives no lease either.
    const isOver = (): boolean =>
      this.#isLive() || !overdue.every((region) => this.#isHeard(region) || isAsked(region));
    if (overdue.length > 0) await until(isOver);
    return this.#isLive();
  }

  /** A hub that does not answer here may answer others: those are asked more often then, for what they say is older. */
  #askOthersAfterSilent(now: EpochMillis): void {
    const due = this.#hearing.due(this.#quorum.active, now, HUB_LIMITS.hearingMillis / 2);
    if (!due.some((region) => this.#isFailing(region))) return;
    const reached = this.#others.filter((region) => !this.#isFailing(region));
    for (const region of this.#hearing.due(reached, now, HUB_LIMITS.hearRetryMillis)) this.#askAgain(region, now);
  }

  /** Whether others that are being asked have said of a hub, since it began to fail here, that they hear it. */
  #isToldOf(region: RegionId): boolean {
    const { failingSince } = this.#conversations.line(region);
    if (failingSince === undefined || !this.#hearing.isHeardSince(region, failingSince)) return false;
    return [...this.#asked.keys()].some((asked) => !this.#isFailing(asked));
  }

  #isFailing(region: RegionId): boolean {
    return isFailing(this.#conversations.line(region), this.#conversations.now());
  }

  #isLive(): boolean {
    return this.#hearing.isLive(this.#quorum.active, this.#conversations.now());
  }

  #isHeard(region: RegionId): boolean {
    return this.#hearing.isLive([region], this.#conversations.now());
  }

  #askAgain(region: RegionId, now: EpochMillis): void {
    const { failedAt } = this.#conversations.line(region);
    const failedLately = failedAt !== undefined && now >= failedAt && now - failedAt < HUB_LIMITS.hearRetryMillis;
    if (failedLately || this.#asked.has(region)) return;
    const asked = this.#conversations
      .talk(region)
      .then((answered) => {
        if (!answered) this.#suspendIfLost(region);
      })
      .finally(() => this.#asked.delete(region));
    this.#asked.set(region, asked);
  }

  /** A hub that has failed to answer for long is suspended, so that a majority can go on without it. */
  #suspendIfLost(region: RegionId): void {
    const { failingSince } = this.#conversations.line(region);
    const hub = this.#ledger.members.get(region);
    const longAgo = epochMillis(this.#conversations.now() - HUB_LIMITS.suspendAfterMillis);
    if (failingSince === undefined || failingSince > longAgo || hub === undefined) return;
    if (this.#ledger.suspensions.some((event) => event.hub === hub)) return;
    // Another hub reaches it, and did so just now.
    if (this.#hearing.isHeardSince(region, longAgo)) return;
    this.#ledger.appendSuspend(region, hub);
    this.#conversations.push();
  }
}
