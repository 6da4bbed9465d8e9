// Retries: which requests may be repeated, and that retries stay within their share.

import fc from "fast-check";
import { expect, test } from "vitest";
import { FAILURES, failureOfStatus, type OriginError, originFailure } from "../../origin/failure.ts";
import { ORIGIN_LIMITS } from "../../origin/limits.ts";
import { isRepeatable, RetryBudget } from "../../origin/retry-budget.ts";

test.each([
  ["GET", "no-body", "connection_terminated", true],
  ["HEAD", "no-body", "connection_refused", true],
  ["GET", "body", "connection_terminated", false],
  ["POST", "no-body", "connection_terminated", false],
  ["PUT", "body", "connection_terminated", false],
  ["DELETE", "no-body", "connection_refused", false],
  ["GET", "no-body", "http_response_timeout", false],
  ["GET", "no-body", "connection_timeout", false],
  ["GET", "no-body", "http_protocol_error", false],
  ["GET", "no-body", "breaker-open", false],
  ["GET", "no-body", "queue-full", false],
  ["GET", "no-body", "cancelled", false],
] as const)("a %s with %s that failed by %s may be repeated: %s", (method, body, error, expected) => {
  expect(isRepeatable(method, body, error)).toBe(expected);
});

test("retries are never more than the store and the share of requests together", () => {
  fc.assert(
    fc.property(fc.constantFrom(0, 0.1, 0.2, 0.5, 1), fc.array(fc.boolean(), { maxLength: 500 }), (share, failures) => {
      const budget = new RetryBudget(share);
      let retries = 0;
      for (const [index, failed] of failures.entries()) {
        budget.earn();
        if (failed && budget.spend() === "retry") retries += 1;
        const store = share === 0 ? 0 : ORIGIN_LIMITS.originRetriesInStore;
        expect(retries).toBeLessThanOrEqual(store + share * (index + 1) + 0.5);
      }
    }),
  );
});

test("with every request failing, a share of 0.1 comes to one retry in ten requests once the store is used up", () => {
  const budget = new RetryBudget(0.1);
  for (let index = 0; index < ORIGIN_LIMITS.originRetriesInStore; index += 1) expect(budget.spend()).toBe("retry");
  const answers = Array.from({ length: 20 }, () => {
    budget.earn();
    return budget.spend();
  });
  expect(answers.filter((answer) => answer === "retry")).toHaveLength(2);
});

test.each([
  [100, "http_protocol_error"],
  [103, "http_protocol_error"],
  [101, undefined],
  [200, undefined],
  [503, undefined],
  [521, "connection_refused"],
  [522, "connection_timeout"],
  [524, "http_response_timeout"],
  [530, "dns_error"],
  [599, undefined],
  [600, "http_protocol_error"],
  [999, "http_protocol_error"],
] as const)("status %d stands for the failure %s", (status, expected) => {
  expect(failureOfStatus(status)).toBe(expected);
});

test("every failure has the status that its RFC 9209 type goes with", () => {
  for (const error of Object.keys(FAILURES) as OriginError[]) {
    const failure = originFailure(error);
    if (failure.proxyError.endsWith("_timeout")) expect(failure.status).toBe(504);
    else if (failure.proxyError === "http_request_error") expect(failure.status).toBe(408);
    else if (error === "breaker-open" || failure.proxyError === "connection_limit_reached") {
      expect(failure.status).toBe(503);
    } else expect(failure.status).toBe(502);
    expect(failure).not.toHaveProperty("retryAfterSeconds");
  }
});
