// Every way in which a shard fails a request, as its client sees it: by itself, because its shield gave no answer, because the
// origin gave none that can be used, and because a part of a large object is missing.

import { LIMITS } from "../../../config/limits.ts";
import type { OriginFailure } from "../../../origin/failure.ts";
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

/** Why no region of the shield answered (`askInOrder`). */
export const SHIELD_FAILURES = {
  lost: failure(
    502,
    "shield-unreachable",
    "destination_unavailable",
    "No region that may ask this origin can be reached.",
  ),
  "broke-off": failure(
    502,
    "shield-broke-off",
    "connection_terminated",
    "The origin's shield is running, but closed this request before it answered.",
  ),
  "lost-on-the-way": failure(
    502,
    "lost-on-the-way",
    "connection_terminated",
    "The origin's shield was lost while it processed this request. It may have been carried out, so it is not sent again.",
  ),
  late: failure(504, "shield-timeout", "http_response_timeout", "The origin's shield did not answer in time."),
  behind: failure(
    503,
    "shield-behind",
    "proxy_internal_error",
    "The origin's shield could not be notified of a purge that this request knows of.",
    1,
  ),
} as const;

export const SEGMENT_FAILURES = {
  lost: failure(
    502,
    "segment-lost",
    "destination_unavailable",
    "The shard that holds a part of the object could not be reached.",
  ),
  unavailable: failure(
    502,
    "segment-unavailable",
    "http_response_incomplete",
    "A part of the object could not be fetched.",
  ),
  broken: failure(
    502,
    "segment-broken",
    "http_response_incomplete",
    "A part of the object broke off before its first byte.",
  ),
  refused: failure(
    502,
    "segment-refused",
    "http_protocol_error",
    "The origin sends neither this part of the object nor the whole of it.",
  ),
} as const;

/** The origin answered a request for a part of a large object with an error. */
export const segmentOriginFailed = (status: number): UpstreamFailure =>
  failure(
    502,
    `segment-origin-${status}`,
    "http_response_incomplete",
    "The origin failed while a part of the object was fetched.",
  );

/** Why an answer of the origin cannot be used. */
export const ORIGIN_FAILURES = {
  notModifiedUnasked: failure(
    502,
    "origin-not-modified-unasked",
    "http_protocol_error",
    "The origin answered 304 to a request without conditions: it has to send the content, or an error.",
  ),
  partUnasked: failure(
    502,
    "origin-part-unasked",
    "http_protocol_error",
    "The origin answered 206 to a request without Range: it has to send the whole content, with 200.",
  ),
  errorBroken: failure(502, "origin-body-broken", "http_response_incomplete", "The origin's error response broke off."),
} as const;

/** What is wrong with an upload of which the origin has seen nothing. */
const UPLOAD_DETAILS: Partial<Record<OriginFailure["error"], string>> = {
  "upload-too-slow": `The first ${LIMITS.uploadHeadBytes / 1024} KiB of the upload, or all of it, must arrive within ${LIMITS.uploadHeadMillis / 1000} seconds. The origin was not asked.`,
  "upload-broken": "The upload broke off at its beginning. The origin was not asked.",
  "upload-below-rate": `Once an upload has begun, ${LIMITS.leastRateBytes / 1024} KiB of it must arrive in every ${LIMITS.leastRateMillis / 1000} seconds. The origin has received a part of it.`,
  "uploads-full":
    "Too many uploads, of this client or of all, are beginning at once: try again shortly. The origin was not asked.",
};

/** Why the origin gave no answer. It is named as in the configuration, so that its address is not disclosed. */
export const originFailed = (outcome: OriginFailure, origin: string): UpstreamFailure =>
  failure(
    outcome.status,
    `origin-${outcome.error.replaceAll("_", "-")}`,
    outcome.proxyError,
    UPLOAD_DETAILS[outcome.error] ??
      `The origin "${origin}" gave no answer that could be used: ${outcome.error.replaceAll(/[_-]/g, " ")}.`,
    outcome.retryAfterSeconds,
  );
