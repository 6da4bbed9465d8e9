// Limits of a hub: of its log, of its messages to other hubs and to shards, and of receipts.

import { MiB } from "../../config/units.ts";

export const HUB_LIMITS = {
  // --- a shard
  /** What is added where the end of others' leases is waited for: clocks may drift by 3 % over a hearing and a lease. */
  leaseMarginMillis: 250,
  /** How long a hub grants leases on having heard another hub, counted from before it asked; half of it renews. */
  hearingMillis: 6_000,
  /** How long a sync waits for hubs that were not heard recently: the longest way round the earth and back, twice. */
  hearTimeoutMillis: 800,
  /** A hub that failed to answer is asked again for a hearing after this long; until then no request waits for it. */
  hearRetryMillis: 1_000,
  /** A hub that has not answered for this long is suspended: much longer than a deploy or a restart takes. */
  suspendAfterMillis: 10_000,

  // --- a hub
  /**
   * Events of a hub's log, and about how many bytes of them; beyond either the older ones go, down to about half. A hub reads
   * all of them when it starts, which a first request waits for: a tenth of a second. And a region that is back after minutes
   * finds what it missed at tens of purges a second.
   */
  logEvents: 20_000,
  logBytes: 16 * MiB,
  /** Hubs that one message names as holding all that its sender does, where hubs are many: 8 KB. */
  gossipHolders: 256,
  /** Events and bytes of one message between hubs: a peer far behind catches up in several. */
  gossipBatchEvents: 1_000,
  gossipBatchBytes: 2 * MiB,
  /** Messages of one conversation, each way; what is left then is the next repair's. */
  gossipRounds: 64,
  /** Between two messages to one peer: what is new meanwhile goes together, hundreds a second in fifty messages. */
  gossipPauseMillis: 20,
  /** What a hub has known for so long is no news: longer than a message takes to anywhere, shorter than a repair waits. */
  gossipSettledMillis: 1_000,
  /** Messages under way to one peer, and one to a peer that fails: as many as such pauses fit into the longest way and back. */
  gossipInFlight: 16,
  /** Time for a peer's answer to one message. */
  peerTimeoutMillis: 2_000,
  /** Time for another hub to hold a purge durably before it is refused as not durable. */
  durableTimeoutMillis: 2_500,
  /** Time for other hubs to say whether they know an idempotency key, and for a new hub to join before it refuses. */
  consultTimeoutMillis: 1_000,
  /** How long a sync may ask other hubs for what its shard was shown: less than the shard waits. */
  wantTimeoutMillis: 700,
  /** Time for a shard to apply a purge; then it is left alone, and asks again before it uses what it stored. */
  applyTimeoutMillis: 1_000,
  /** How often shards are asked how many entries a purge ends: each looks at all it has, and one that sleeps is woken. */
  countEndedMillis: 1_000,
  /** Messages to a shard that keeps answering that it lacks more. */
  applyRounds: 4,
  /** How far the clocks may differ of machines on which a hub runs one after the other: they are slewed to the same time. */
  restartSkewMillis: 5_000,
  /** How long a hub counts a shard as using what it was sent: its lease, and the margin. */
  subscriptionMillis: 2_250,
  /** How long one question after a purge's state is held open; asked again until the client's time is up. */
  awaitSliceMillis: 1_000,
  /** How late an answer may arrive to a question that was held open until its time was up: the longest round trip. */
  awaitLateMillis: 500,
  /** Questions after purges' states that are held open at once, one to each region: as many as nine regions have to ask. */
  awaitConcurrency: 8,
  /** Purges asked after in one message. */
  awaitDots: 200,
  /** Purges whose final states in other regions are remembered. */
  receiptsRemembered: 4_096,
  /** Purges looked through for one page of a list that is filtered by state. */
  receiptsScanned: 1_000,
} as const;
