// Limits of purge sets and settle times.

import { MiB } from "../../config/units.ts";

export const PURGE_LIMITS = {
  /** Path segments and host labels that are looked at one by one; a longer prefix or `*.` host covers more than it says. */
  scopeDepth: 32,
  /** Scopes that a purge set distinguishes; beyond it older ones are folded into their hosts, and those without a host into everything. */
  purgeRecords: 32_768,
  /** Settle times of one scope that are distinguished, per hub: they differ by condition, and more within minutes is a mistake. */
  settlesPerScope: 16,
  /** Windows in which a shard keeps no refills; beyond it one over a host takes the place of those within it. */
  settleWindows: 32_768,
  /** For how long windows that no host covers, and of which there are too many, keep refills of everything from being stored. */
  settleEverythingSeconds: 30,
  /** How far clocks of nodes may differ for a settle time to hold: one that is over for longer is not begun. */
  settleSkewMillis: 60_000,
  /** Memory of a purge set, by estimate, for the same: every shard of an isolate has one in addition to its entries. */
  purgeSetBytes: 8 * MiB,
} as const;
