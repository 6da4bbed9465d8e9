// Limits of gossip: fan-out and repairs.

export const GOSSIP_LIMITS = {
  /** Other hubs that are all notified directly; beyond it a random few are, and forward it. */
  gossipDirect: 16,
  /** The fan-out then: two would suffice, four lose less time to message loss. */
  gossipFanOut: 4,
  /** The first repair after a new event: by then the accepting hub has notified all, if it is alive. */
  gossipRepairFirstMillis: 2_000,
  /** The longest time between repairs while a hub lacks events: a region that returns is updated by then. */
  gossipRepairMostMillis: 60_000,
} as const;
