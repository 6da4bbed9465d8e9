// The control API's errors: RFC 9457 problems with a stable `code`, each with one status and one title. Scripts may rely on
// codes; details are for people and may change. What is known of the inside (stacks, addresses) never goes into a problem.

import { LIMITS } from "../../config/limits.ts";
import { STORAGE_FAILED_STATUS } from "../../config/storage-fault.ts";

/** Prefix of a problem's `type`: a name, not an address to fetch. */
export const PROBLEM_TYPE = "urn:meridian:problem:";

/** Every code with its status and title, in the order of statuses. The README explains each. */
export const PROBLEMS = {
  "malformed-body": { status: 400, title: "The body is not JSON" },
  "malformed-query": { status: 400, title: "A query parameter is not as it must be" },
  "malformed-field": { status: 400, title: "A header field is not as it must be" },
  "token-missing": { status: 401, title: "A bearer token is needed" },
  "token-unknown": { status: 401, title: "This token is not known" },
  "scope-missing": { status: 403, title: "The token may not do this" },
  "host-not-allowed": { status: 403, title: "The token is for other hosts" },
  "not-found": { status: 404, title: "There is nothing here" },
  "no-such-purge": { status: 404, title: "No such purge" },
  "no-such-region": { status: 404, title: "No such region" },
  "method-not-allowed": { status: 405, title: "This method is not for this resource" },
  "idempotency-conflict": { status: 409, title: "The idempotency key stands for another purge" },
  "purge-forgotten": { status: 410, title: "The logs no longer reach back to this purge" },
  "body-too-large": { status: 413, title: "The body is too large" },
  "too-many-scopes": { status: 413, title: "The purge has too many scopes" },
  "unsupported-media-type": { status: 415, title: "The body must be application/json" },
  "invalid-body": { status: 422, title: "The body does not say what it must" },
  "too-many-requests": { status: 429, title: "Too many requests" },
  internal: { status: 500, title: "Something went wrong" },
  "hub-unreachable": { status: 503, title: "No hub can be reached" },
  "not-joined": { status: 503, title: "No hub takes purges yet" },
  "not-durable": { status: 503, title: "The purge could not be made durable" },
  "storage-failed": { status: STORAGE_FAILED_STATUS, title: "A hub cannot use its storage" },
} as const satisfies Record<string, { readonly status: number; readonly title: string }>;

export type ProblemCode = keyof typeof PROBLEMS;
export const CODES = Object.keys(PROBLEMS) as [ProblemCode, ...ProblemCode[]];

/** One fault of a body, and where it is: a JSON pointer (RFC 6901), `/urls/3`; empty for the body as a whole. */
export interface BodyError {
  readonly pointer: string;
  readonly detail: string;
}

/** What a client gets: the members of RFC 9457 section 3.1, and ours. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: ProblemCode;
  readonly errors?: readonly BodyError[];
}

/** The problem of this code. At most `LIMITS.problemErrors` of the errors are listed. */
export function problem(code: ProblemCode, detail: string, errors: readonly BodyError[] = []): Problem {
  const { status, title } = PROBLEMS[code];
  const base: Problem = { type: `${PROBLEM_TYPE}${code}`, title, status, detail, code };
  return errors.length === 0 ? base : { ...base, errors: errors.slice(0, LIMITS.problemErrors) };
}
