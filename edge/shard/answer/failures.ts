// Every way in which a shard itself fails a request, as the client will be told. What went wrong further up comes from there.

import type { UpstreamFailure } from "../../tier/tier.ts";

const failure = (
  status: UpstreamFailure["status"],
  code: string,
  proxyError: string,
  detail: string,
  retryAfterSeconds?: number,
): UpstreamFailure => ({
  kind: "failure",
  status,
  code,
  proxyError,
  detail,
  ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
});

export const FAILURES = {
  loop: failure(
    508,
    "loop",
    "proxy_loop_detected",
    "This request has passed through Meridian before (CDN-Loop), and what it asks for is being fetched: it may be a part of that.",
  ),
  /** Two versions of the code run side by side while a deploy spreads, and this one has other routes. */
  unknownRoute: failure(
    502,
    "unknown-route",
    "proxy_configuration_error",
    "This node does not have the route that the request was sent along.",
  ),
  unknownPurge: failure(
    503,
    "purge-unknown",
    "proxy_internal_error",
    "This region has not heard yet of a purge that the request knows of.",
    1,
  ),
  cutOff: failure(
    503,
    "cut-off",
    "proxy_internal_error",
    "This region cannot hear its purges, and the route refuses to serve without them.",
    1,
  ),
  notCached: failure(
    504,
    "not-cached",
    "proxy_internal_response",
    "The request asked for a stored response only, and none can be used.",
  ),
  overloaded: failure(
    503,
    "too-many-fills",
    "connection_limit_reached",
    "The shard is filling as many objects as it may.",
    1,
  ),
  broken: failure(502, "fill-broken", "proxy_internal_error", "The next tier's answer could not be read."),
  crashed: failure(502, "shard-failed", "proxy_internal_error", "A shard failed while it answered this request."),
  tooLate: failure(504, "fill-timeout", "http_response_timeout", "The next tier did not answer in time."),
  /** Nobody reads this. */
  clientGone: failure(502, "client-gone", "connection_terminated", "The client went away before there was an answer."),
  alwaysPurged: failure(
    503,
    "purged-while-filling",
    "proxy_internal_error",
    "Each response that was fetched had been purged before it could be sent.",
    1,
  ),
} as const;
