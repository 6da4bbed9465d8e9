// The tests of the public suite that Meridian does not pass, each with its reason and what that rests on. A failure that is
// not here fails the run, and so does a test here that passes: the list says what is true, in both directions. Answers of
// "no" to the suite's questions (its kind "check") are listed, too, so that a change of behaviour is a decision.

import type { Expected } from "./score.ts";

const because = (reason: string, section: string, ...ids: readonly string[]): Record<string, Expected> =>
  Object.fromEntries(ids.map((id) => [id, { reason, section }]));

export const EXPECTED_FAILURES: Readonly<Record<string, Expected>> = {
  // --- required
  ...because(
    "the release wants a response with such an Age to be stale; the RFC, and the suite today, want the first value to count and what is no number to be ignored",
    "RFC 9111 section 5.1",
    "age-parse-nonnumeric",
    "age-parse-negative",
    "age-parse-float",
    "age-parse-prefix-twoline",
    "age-parse-dup-0",
    "age-parse-dup-0-twoline",
    "age-parse-dup-old",
    "age-parse-parameter",
    "age-parse-numeric-parameter",
  ),
  ...because(
    "the release takes every error of a cache's own for a stored response, so no cache in front of a closed connection can pass; the suite has been corrected since",
    "RFC 9111 section 4.2.4",
    "stale-close-must-revalidate",
    "stale-close-proxy-revalidate",
    "stale-close-no-cache",
    "stale-close-s-maxage=2",
  ),
  ...because(
    "workerd answers 501 to this method before the Worker sees it",
    "the runtime",
    "invalidate-M-SEARCH",
    "invalidate-M-SEARCH-cl",
    "invalidate-M-SEARCH-failed",
  ),

  // --- optimal
  ...because(
    "without Last-Modified its Date stands in, and that is newer than the If-Modified-Since of the test: the client's copy is the older one",
    "RFC 9111 section 4.3.2",
    "conditional-lm-fresh-no-lm",
  ),
  ...because(
    "its 206 says six bytes in Content-Range and has five: what is asked for here would need the one that is missing",
    "RFC 9110 section 14.4",
    "partial-store-partial-reuse-partial",
    "partial-store-partial-reuse-partial-absent",
    "partial-store-partial-reuse-partial-suffix",
  ),
  ...because(
    "the origin may have another answer for another list of languages, and only the origin knows",
    "RFC 9111 section 4.1",
    "vary-normalise-lang-select",
  ),

  // --- questions that are answered with no
  ...because(
    "what is no number of seconds makes the response stale, which the RFC encourages",
    "RFC 9111 section 4.2.1",
    "freshness-max-age-100a",
    "freshness-max-age-a100",
    "freshness-max-age-decimal-five",
    "freshness-max-age-decimal-zero",
  ),
  ...because(
    "of two lifetimes the shorter counts",
    "RFC 9111 section 4.2.1",
    "freshness-max-age-two-fresh-stale-sameline",
    "freshness-max-age-two-fresh-stale-sepline",
    "freshness-max-age-two-stale-fresh-sameline",
    "freshness-max-age-two-stale-fresh-sepline",
  ),
  ...because(
    "what is no HTTP-date lies in the past",
    "RFC 9111 section 5.3",
    "freshness-expires-32bit",
    "freshness-expires-far-future",
    "freshness-expires-invalid-1-digit-hour",
    "freshness-expires-invalid-2-digit-year",
    "freshness-expires-invalid-aest",
    "freshness-expires-invalid-date-dashes",
    "freshness-expires-invalid-multiple-lines",
    "freshness-expires-invalid-multiple-spaces",
    "freshness-expires-invalid-no-comma",
    "freshness-expires-invalid-time-periods",
    "freshness-expires-invalid-utc",
  ),
  ...because(
    "a tenth of these few seconds has passed when the suite asks again",
    "RFC 9111 section 4.2.2",
    "heuristic-delta-5",
    "heuristic-delta-10",
    "heuristic-delta-30",
  ),
  ...because(
    "field names behind no-cache are not told apart: the whole response is meant",
    "RFC 9111 section 5.2.2.4",
    "headers-omit-headers-listed-in-Cache-Control-no-cache",
    "headers-omit-headers-listed-in-Cache-Control-no-cache-single",
  ),
  ...because("the field is obsolete", "RFC 9111 section 5.5", "stale-warning-become", "stale-warning-stored"),
  ...because(
    "a response that comes stale and has no validator is not kept",
    "RFC 9111 section 3",
    "ccreq-max-stale-age",
  ),
  ...because(
    "a request's no-store is advice, and one client must not switch off sharing for all",
    "RFC 9111 section 5.2.1.5",
    "ccreq-no-store",
  ),
  ...because("it counts like no-cache", "RFC 9111 section 5.4", "pragma-request-no-cache"),
  ...because(
    "a client's conditions ask about its own copy, and a shared fill must bring the body for everybody",
    "RFC 9111 section 4.3.1",
    "conditional-etag-forward",
    "conditional-etag-forward-unquoted",
  ),
  ...because(
    "tags without quotes are compared letter by letter, and sent back as they came",
    "RFC 9110 section 8.8.3",
    "conditional-etag-quoted-respond-unquoted",
    "conditional-etag-unquoted-respond-quoted",
    "conditional-etag-strong-generate-unquoted",
  ),
  ...because(
    "workerd and the suite's client read bytes above 0x7F differently",
    "the runtime",
    "conditional-etag-strong-respond-obs-text",
  ),
  ...because(
    "a validator of one variant is not sent for another",
    "RFC 9111 section 4.3.1",
    "conditional-etag-vary-headers-mismatch",
  ),
  ...because(
    "a HEAD that shows no validator proves nothing about the stored body",
    "RFC 9111 section 4.3.5",
    "head-200-freshness-update",
    "head-200-update",
    "head-200-retain",
    "head-410-update",
  ),
  ...because(
    "the field is for us, and ends here",
    "Edge Architecture Specification (W3C Note)",
    "surrogate-remove-header",
  ),
};
