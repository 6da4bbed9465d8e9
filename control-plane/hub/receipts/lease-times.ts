// How long after it stored a purge a hub is certain that no earlier lease remains, and how long for an unreachable region.

import { LIMITS } from "../../../config/limits.ts";
import { HUB_LIMITS } from "../limits.ts";

/** How long a purge must have been held in a region before every earlier lease there is over. */
// mutant: complete-at-once
// mutant: no-drift-margin
export const LEASES_END = LIMITS.leaseMillis + HUB_LIMITS.leaseMarginMillis;

/**
 * How long after a purge was accepted a region that never heard of it can still release what it ends: its hub's hearing, a
 * lease, and the time for which routes may serve when they are cut off.
 * No instant is asked after for longer.
 */
export const UNHEARD_END = HUB_LIMITS.hearingMillis + LEASES_END + LIMITS.cutOffServeMillis;
