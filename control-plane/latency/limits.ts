// Limits of latency measurements.

import { MiB } from "../../config/units.ts";

export const LATENCY_LIMITS = {
  /** Places per measurement: a longer table is unreadable, and each place takes minutes. */
  latencyPlaces: 64,
  /** The longest that a probe waits for a response's head, and for the next part of its body. */
  probeTimeoutMillis: 60_000,
  /** A probe reads no more of a body than this: only its head is measured, reading on just keeps the connection. */
  probeBodyBytes: 4 * MiB,
} as const;
