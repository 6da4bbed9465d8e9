// The control API's errors: RFC 9457 problems with a stable `code`, each with one status and one title. Scripts may rely on
// codes; details are for people and may change. Internals (stacks, addresses) never go into a problem.

import { LIMITS } from "../../config/limits.ts";
import { STORAGE_FAILED_STATUS } from "../../config/storage-fault.ts";

/** Prefix of a problem's `type`: an identifier, not an address to fetch. */
const PROBLEM_TYPE = "urn:meridian:problem:";

/** Every code with its status and title, in the order of statuses. The README explains each. */
export const PROBLEMS = {
  "malformed-body": { status: 400, title: "The body is not JSON" },
  "malformed-query": { status: 400, title: "A query parameter is invalid" },
  "malformed-field": { status: 400, title: "A header field is invalid" },
  "token-missing": { status: 401, title: "A bearer token is required" },
  "token-unknown": { status: 401, title: "The token is unknown" },
  "scope-missing": { status: 403, title: "The token lacks a scope" },
  "host-not-allowed": { status: 403, title: "The token is limited to other hosts" },
  "not-found": { status: 404, title: "No such resource" },
  "no-such-purge": { status: 404, title: "No such purge" },
  "no-such-region": { status: 404, title: "No such region" },
  "method-not-allowed": { status: 405, title: "The resource does not support this method" },
  "idempotency-conflict": { status: 409, title: "The idempotency key was used for another purge" },
  "purge-forgotten": { status: 410, title: "The purge is older than the logs" },
  "body-too-large": { status: 413, title: "The body is too large" },
  "too-many-scopes": { status: 413, title: "The purge has too many scopes" },
  "unsupported-media-type": { status: 415, title: "The body must be application/json" },
  "invalid-body": { status: 422, title: "The body is invalid" },
  "too-many-requests": { status: 429, title: "Too many requests" },
  internal: { status: 500, title: "Internal error" },
  "hub-unreachable": { status: 503, title: "No hub can be reached" },
  "not-joined": { status: 503, title: "No hub accepts purges yet" },
  "not-durable": { status: 503, title: "The purge could not be made durable" },
  "storage-failed": { status: STORAGE_FAILED_STATUS, title: "A hub cannot use its storage" },
} as const satisfies Record<string, { readonly status: number; readonly title: string }>;

export type ProblemCode = keyof typeof PROBLEMS;
export const CODES = Object.keys(PROBLEMS) as [ProblemCode, ...ProblemCode[]];

/** One fault of a body and its location: a JSON pointer (RFC 6901), `/urls/3`; empty for the body as a whole. */
export interface BodyError {
  readonly pointer: string;
  readonly detail: string;
}

/** A problem document: the members of RFC 9457 section 3.1, and our extensions. */
export interface ApiProblem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: ProblemCode;
  readonly errors?: readonly BodyError[];
}

/** The problem of this code. At most `LIMITS.problemErrors` of the errors are listed. */
export function problem(code: ProblemCode, detail: string, errors: readonly BodyError[] = []): ApiProblem {
  const { status, title } = PROBLEMS[code];
  const base: ApiProblem = { type: `${PROBLEM_TYPE}${code}`, title, status, detail, code };
  return errors.length === 0 ? base : { ...base, errors: errors.slice(0, LIMITS.problemErrors) };
}
