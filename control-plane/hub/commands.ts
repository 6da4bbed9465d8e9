// The control API's commands to a hub, and the answers: JSON over the node's own paths. The API has validated and normalised
// everything; a hub trusts the format. Every hub answers every command, whichever hub accepted the purge (no master).
//
//   POST /purges            PurgeCommand   -> Receipt, or a Refusal
//   GET  /purges?limit&cursor&state        -> ReceiptPage
//   GET  /purges/{id}?wait&timeoutSeconds  -> Receipt, or 404, or 410
//   POST /dry-run           DryRunRequest  -> DryRunResponse (purge/wire.ts), for this hub's region alone
//   POST /drain             DrainCommand   -> HubState
//   GET  /state                            -> HubState
//   GET  /state?watch                      -> HubState, once the hub has asked the others that it has not asked recently

import type { EpochMillis } from "../../config/units.ts";
import type { RegionId } from "../../config/world/regions.ts";
import type { MinVersion, Scope, Severity } from "../purge/event.ts";
import type { HubId, Vector } from "../purge/vector.ts";

export type ReceiptState = "accepted" | "applied" | "complete" | "partial";

export interface PurgeCommand {
  readonly v: 1;
  readonly scopes: readonly Scope[];
  readonly severity: Severity;
  readonly by: string;
  readonly reason?: string;
  readonly idempotencyKey?: string;
  readonly settleSeconds?: number;
  readonly minVersion?: MinVersion;
  /** The state to wait for, and for how long at most. */
  readonly wait: "accepted" | "applied" | "complete";
  readonly timeoutSeconds: number;
}

/** A purge's state in one region. */
export interface RegionReceipt {
  readonly region: RegionId;
  readonly state: "pending" | "accepted" | "applied" | "complete";
  readonly appliedAt?: EpochMillis;
  /** Entries that it ended or made stale in the region's shards, where they were counted (purged-entry-counts.ts). */
  readonly entries?: number;
  /** Why it is not further, if something prevents it. */
  readonly reason?: string;
}

/** A purge's state as known by the answering hub. Instants are the accepting or applying hub's own. */
export interface Receipt {
  /** The purge's dot, as `formatDot` writes it. */
  readonly id: string;
  readonly state: ReceiptState;
  readonly severity: Severity;
  readonly scopes: readonly Scope[];
  readonly by: string;
  readonly reason?: string;
  readonly settleSeconds?: number;
  readonly minVersion?: MinVersion;
  readonly acceptedAt: EpochMillis;
  readonly appliedAt?: EpochMillis;
  /** When every lease from before it was over in every region. */
  readonly completeAt?: EpochMillis;
  /** While it is not complete: when it will be, as far as is known, even if regions cannot be reached. */
  readonly completeBy?: EpochMillis;
  /** The region whose hub accepted it. */
  readonly hub: RegionId;
  readonly regions: readonly RegionReceipt[];
  /** Regions not known to have it yet, or that have it but cannot be queried whether they have applied it. */
  readonly missing: readonly RegionId[];
}

/** Newest first. `cursor` is absent on the last page. */
export interface ReceiptPage {
  readonly purges: readonly Receipt[];
  readonly cursor?: string;
}

/**
 * Why a hub did not take a command: 409 `idempotency-conflict`, 503 `not-joined` or `not-durable`, 404 `no-such-purge`, 410
 * `purge-forgotten`: it is older than the log reaches, which keeps what it ended dead but not who asked for it. 507
 * `storage-failed`: the hub could not write its log.
 */
export interface Refusal {
  readonly code:
    | "idempotency-conflict"
    | "not-joined"
    | "not-durable"
    | "no-such-purge"
    | "purge-forgotten"
    | "storage-failed";
  readonly detail: string;
  /** The purge, if it exists nevertheless. */
  readonly id?: string;
}

export interface DrainCommand {
  readonly v: 1;
  readonly region: RegionId;
  readonly drained: boolean;
  readonly by: string;
}

/** A hub's view of another region's hub. */
export interface HubMember {
  readonly region: RegionId;
  readonly hub: HubId;
  /** When its last message arrived, whichever side had asked. */
  readonly heardAt?: EpochMillis;
  /** Since when it has not answered this hub; absent if it answers, or received no recent request. */
  readonly unansweredSince?: EpochMillis;
}

export interface HubState {
  readonly hub: HubId;
  readonly region: RegionId;
  readonly vector: Vector;
  /** Whether it accepts purges: every member has acknowledged a view that contains it. */
  readonly joined: boolean;
  readonly members: readonly HubMember[];
  readonly drained: readonly RegionId[];
  /** Shards that recently subscribed to its purges. */
  readonly subscribers: readonly number[];
  readonly logLength: number;
  /** Events dropped from the log, and when it last dropped some; absent while it is complete. */
  readonly forgotten?: { readonly events: number; readonly at: EpochMillis };
  /**
   * When this hub last had been away for longer than the others' logs reach, and so purged all that its region had stored;
   * and the region whose hub said so.
   */
  readonly emptied?: { readonly at: EpochMillis; readonly by: RegionId };
  readonly startedAt: EpochMillis;
}
