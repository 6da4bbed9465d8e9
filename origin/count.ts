// Counts requests to origins in the metrics: answers by status, failures by kind, and the breaker's state and transitions. One
// table, so that no new kind of failure is forgotten: the compiler requires its label.

import { BREAKER_STATES, type LABEL_VALUES } from "../config/metrics/metric-catalogue.ts";
import type { Tally } from "../config/metrics/tally.ts";
import type { Breaker } from "./breaker.ts";
import type { OriginError } from "./failure.ts";
import type { BreakerChange, OriginMetric } from "./ports.ts";

type FailureLabel = (typeof LABEL_VALUES.failure)[number];

const LABELS: Readonly<Record<OriginError, FailureLabel | undefined>> = {
  connection_refused: "connect",
  connection_terminated: "reset",
  connection_timeout: "timeout",
  destination_unavailable: "connect",
  dns_error: "connect",
  tls_protocol_error: "connect",
  tls_certificate_error: "connect",
  http_response_timeout: "timeout",
  http_protocol_error: "malformed",
  http_response_transfer_coding: "malformed",
  http_response_header_section_size: "malformed",
  connection_limit_reached: "rejected",
  "queue-full": "rejected",
  "uploads-full": "rejected",
  "breaker-open": "rejected",
  "not-configured": "rejected",
  // The client left: nothing was wrong with the origin.
  cancelled: undefined,
  // Nor with this: the client sent its upload badly.
  "upload-too-slow": undefined,
  "upload-broken": undefined,
  "upload-below-rate": undefined,
};

/** Counts an answer of an origin and the bytes that its body announces. */
export function countReply(tally: Tally, origin: string, status: number, contentLength: string | undefined): void {
  tally.count("meridian_origin_requests_total", { origin, status: `${Math.floor(status / 100)}xx` as "2xx" });
  if (contentLength !== undefined) tally.count("meridian_origin_bytes_total", { origin }, Number(contentLength));
}

/** Counts a request that got no answer. */
export function countFailure(tally: Tally, origin: string, error: OriginError): void {
  const failure = LABELS[error];
  if (failure !== undefined) tally.count("meridian_origin_failures_total", { origin, failure });
}

const TRANSITIONS: Readonly<Record<BreakerChange, (typeof BREAKER_STATES)[number]>> = {
  "breaker-opened": "open",
  "breaker-half-open": "half-open",
  "breaker-closed": "closed",
};

/** Counts what a breaker has done; other events of an origin client are counted by their outcome. */
export function countTransition(tally: Tally, origin: string, metric: OriginMetric): void {
  if (!Object.hasOwn(TRANSITIONS, metric)) return;
  const to = TRANSITIONS[metric as BreakerChange];
  tally.count("meridian_origin_breaker_transitions_total", { origin, to });
}

/** Says what one shard's breaker is now. */
export const showBreaker = (tally: Tally, origin: string, shard: number, state: Breaker["state"]): void =>
  tally.set("meridian_origin_breaker_state", { origin, shard: `${shard}` }, BREAKER_STATES.indexOf(state));
