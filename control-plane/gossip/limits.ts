// Limits of gossip: how many hubs are sent news, and when a hub repairs.

export const GOSSIP_LIMITS = {
  /** Hubs beside this one that are all told at once; beyond it a random few are, and pass it on. */
  gossipDirect: 16,
  /** How many are told at once then: two would do, four lose less time to loss. */
  gossipFanOut: 4,
  /** The first repair after something new: by then the hub that accepted it has told everybody, if it lives. */
  gossipRepairFirstMillis: 2_000,
  /** The longest time between repairs while somebody lacks something: a region that comes back hears of it by then. */
  gossipRepairMostMillis: 60_000,
} as const;
