// What asking an origin adds to the metrics: each answer by status, each failure by what kind of failure it was, and that a
// breaker opened. One table, so that a new kind of failure cannot be forgotten: the compiler asks for its label.

import type { LABEL_VALUES } from "../config/metric-catalogue.ts";
import type { Tally } from "../config/metrics.ts";
import type { OriginError } from "./failure.ts";
import type { OriginMetric } from "./ports.ts";

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
  http_response_header_section_size: "malformed",
  connection_limit_reached: "rejected",
  "queue-full": "rejected",
  "breaker-open": "rejected",
  "not-configured": "rejected",
  // The client left: nothing was wrong with the origin.
  cancelled: undefined,
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

/** Counts the opening of a breaker; other events of an origin client are counted by their outcome. */
export function countTransition(tally: Tally, origin: string, metric: OriginMetric): void {
  if (metric === "breaker-opened") tally.count("meridian_origin_breaker_transitions_total", { origin, to: "open" });
}
