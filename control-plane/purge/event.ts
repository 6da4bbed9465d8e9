// The events of a hub's log: purges, memberships and drains, each at its dot, in the format exchanged between hubs. Every event has
// its format's version; a reader keeps and forwards events of a later version unread.

import type { EpochMillis } from "../../config/units.ts";
import type { RegionId } from "../../config/world/regions.ts";

import type { Dot, HubId } from "./vector.ts";

/** What a purge is about. URLs and prefixes are normalised as cache keys are; without a scheme (`//host/path`) both are meant. */
export type Scope =
  | { readonly kind: "url"; readonly url: string }
  | { readonly kind: "prefix"; readonly prefix: string }
  | { readonly kind: "tag"; readonly tag: string }
  | { readonly kind: "host"; readonly host: string }
  | { readonly kind: "everything" };

/** `soft` makes matching entries stale, `hard` ends them. Hard beats soft in any order. */
export type Severity = "soft" | "hard";

interface Logged {
  /** Version of this format. */
  readonly v: 1;
  readonly dot: Dot;
  /** When the accepting hub logged it, by its own clock: for people, never for order. */
  readonly at: EpochMillis;
}

export interface PurgeEvent extends Logged {
  readonly kind: "purge";
  readonly severity: Severity;
  readonly scopes: readonly Scope[];
  /** Name of the token that asked. */
  readonly by: string;
  readonly reason?: string;
  readonly idempotencyKey?: string;
  /** SHA-256 of what was asked, to tell a repetition from another body under the same key. */
  readonly requestDigest: string;
  /** The origin may lag: for so long after a node learned of this it keeps no refill that is not new enough (settle.ts). */
  readonly settleSeconds?: number;
  readonly minVersion?: MinVersion;
}

/** A hub has begun its log; earlier incarnations of the same region are members no longer. */
export interface JoinEvent extends Logged {
  readonly kind: "join";
  readonly region: RegionId;
  readonly replaces: readonly HubId[];
  /** Suspensions of this hub that it knows of: every hub that holds this hears it again. */
  readonly lifts?: readonly Dot[];
}

/** A region's hub could not be reached for long: once a majority holds this, no hub waits for it (membership/suspension.ts). */
export interface SuspendEvent extends Logged {
  readonly kind: "suspend";
  readonly region: RegionId;
  readonly hub: HubId;
}

/** A region takes no clients (`drain`), or takes them again (`undrain`). The one with the latest `at` holds; dots break ties. */
export interface DrainEvent extends Logged {
  readonly kind: "drain" | "undrain";
  readonly region: RegionId;
  readonly by: string;
}

export type ControlEvent = PurgeEvent | JoinEvent | SuspendEvent | DrainEvent;
/** What is no purge: it stands until a later one ends it. */
export type StandingEvent = JoinEvent | SuspendEvent | DrainEvent;

/** When a response is new enough to be kept at once: all that is given must hold, and what a response does not say does not. */
export interface MinVersion {
  /** Its entity tag is none of these, by weak comparison: tags have no order, so the old versions' are named. */
  readonly notEtags?: readonly string[];
  /** Its `Last-Modified` is this or later. */
  readonly lastModified?: EpochMillis;
}
