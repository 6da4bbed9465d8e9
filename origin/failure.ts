// All failures of a request to an origin: the client's status, the RFC 9209 error type for `Proxy-Status`, whether the breaker
// counts it, and whether the request may be retried. One table, so that the four never disagree. The origin's own error
// answers are responses, not failures (breaker.ts).

import type { Seconds } from "../config/units.ts";
import type { Evidence } from "./breaker.ts";

interface FailureFacts {
  readonly status: 408 | 502 | 503 | 504;
  /** RFC 9209 section 2.3. */
  readonly proxyError: string;
  /** Whether it is evidence that the origin is down, and of how much of it. */
  readonly breaker: Evidence | "ignores";
  /** Whether a safe request may be tried once more: only where the origin cannot be slow, but a connection may be stale. */
  readonly retry: "may" | "never";
}

const failure = (
  status: FailureFacts["status"],
  proxyError: string,
  breaker: FailureFacts["breaker"],
  retry: FailureFacts["retry"],
): FailureFacts => ({ status, proxyError, breaker, retry });

export const FAILURES = {
  connection_refused: failure(502, "connection_refused", "origin", "may"),
  /** Closed before any answer. workerd reports the same if nothing listens, and if the answer was not HTTP. */
  connection_terminated: failure(502, "connection_terminated", "section", "may"),
  connection_timeout: failure(504, "connection_timeout", "origin", "never"),
  /** No route to it, or no reason given: workerd says "internal error" of unknown names and broken TLS alike. */
  destination_unavailable: failure(502, "destination_unavailable", "section", "never"),
  dns_error: failure(502, "dns_error", "origin", "never"),
  tls_protocol_error: failure(502, "tls_protocol_error", "origin", "never"),
  tls_certificate_error: failure(502, "tls_certificate_error", "origin", "never"),
  http_response_timeout: failure(504, "http_response_timeout", "path", "never"),
  http_protocol_error: failure(502, "http_protocol_error", "section", "never"),
  /** Bytes in a transfer coding that is not decoded here. */
  http_response_transfer_coding: failure(502, "http_response_transfer_coding", "ignores", "never"),
  http_response_header_section_size: failure(502, "http_response_header_section_size", "ignores", "never"),
  /** No slot became free in time: the origin is slower than its limit of requests allows. */
  connection_limit_reached: failure(503, "connection_limit_reached", "ignores", "never"),
  "queue-full": failure(503, "connection_limit_reached", "ignores", "never"),
  /** The client sent the beginning of its upload too slowly, or broke it off: the origin was never asked. */
  "upload-too-slow": failure(408, "http_request_error", "ignores", "never"),
  "upload-broken": failure(408, "http_request_error", "ignores", "never"),
  /** The client went on so slowly that its upload was cut off: the origin has got a part of it. */
  "upload-below-rate": failure(408, "http_request_error", "ignores", "never"),
  /** As many uploads as may begin at once are beginning, of this client or of all. */
  "uploads-full": failure(503, "connection_limit_reached", "ignores", "never"),
  "breaker-open": failure(503, "destination_unavailable", "ignores", "never"),
  /** The configuration does not let this request be sent: see resolve-origin.ts, or its secret is missing. */
  "not-configured": failure(502, "proxy_configuration_error", "ignores", "never"),
  /** The caller cancelled it: this is not read. */
  cancelled: failure(502, "connection_terminated", "ignores", "never"),
} as const satisfies Record<string, FailureFacts>;

export type OriginError = keyof typeof FAILURES;

/** A request that got no answer from its origin. */
export interface OriginFailure {
  readonly kind: "failure";
  readonly error: OriginError;
  readonly status: 408 | 502 | 503 | 504;
  readonly proxyError: string;
  /** When asking again makes sense, in whole seconds, where that is known. */
  readonly retryAfterSeconds?: Seconds;
}

/** The failure that `error` is, with everything that follows from it. */
export const originFailure = (error: OriginError, retryAfterSeconds?: Seconds): OriginFailure => ({
  kind: "failure",
  error,
  status: FAILURES[error].status,
  proxyError: FAILURES[error].proxyError,
  ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
});

/** Cloudflare's answers in the place of an origin that could not be reached (its support pages, "5xx errors"). */
const PLATFORM_STATUSES: Readonly<Record<number, OriginError>> = {
  520: "http_protocol_error",
  521: "connection_refused",
  522: "connection_timeout",
  523: "destination_unavailable",
  524: "http_response_timeout",
  525: "tls_protocol_error",
  526: "tls_certificate_error",
  530: "dns_error",
};

/**
 * The failure that a status stands for, if it is not an answer of the origin: a 1xx that came as the last word (a Worker's
 * `fetch` can give that), one beyond 599, which is none of HTTP's (RFC 9110 section 15) and of which no Response can be made,
 * or one that Cloudflare makes up for an origin that it cannot reach. 101 is an answer.
 */
export function failureOfStatus(status: number): OriginError | undefined {
  if ((status < 200 && status !== 101) || status > 599) return "http_protocol_error";
  return PLATFORM_STATUSES[status];
}
