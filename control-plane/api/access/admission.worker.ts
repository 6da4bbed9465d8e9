// Authenticates, rate-limits and authorizes requests to every route that needs a token. It reports a refusal as a problem and
// writes no response. Invariant: a token's text is only hashed, never kept or logged, and the response to an unknown one
// reveals nothing else.

import { type Bucket, secondsUntil, takeFrom } from "../../../config/token-bucket.ts";
import { API_LIMITS } from "../limits.ts";
import type { ControlPorts } from "../ports.worker.ts";
import { type ApiProblem, problem } from "../problems.ts";
import { type AccessScope, authorize, findToken, type TokenRecord } from "./access.ts";

/** Dependencies of admission: the deployment's tokens, clock and token buckets. */
export interface Admitting {
  readonly ports: ControlPorts;
  readonly buckets: Map<string, Bucket>;
}

/** Admitted as this token, or refused with the refusal's header fields (RFC 6750 section 3, `Retry-After`). */
export type Admission =
  | { readonly kind: "admitted"; readonly token: TokenRecord }
  | { readonly kind: "refused"; readonly problem: ApiProblem; readonly fields: Record<string, string> };

const RATE = { burst: API_LIMITS.apiRequestBurst, perSecond: API_LIMITS.apiRequestsPerSecond };

/**
 * Admits the presenter of this token to a route that requires one of the scopes `access`. Problems: token-missing,
 * token-unknown, too-many-requests, scope-missing.
 */
export async function admit(
  on: Admitting,
  presented: string | undefined,
  access: readonly AccessScope[],
): Promise<Admission> {
  const { tokens, now } = on.ports;
  if (presented === undefined) {
    const none = tokens.length === 0 ? "; this deployment has no tokens (secret API_TOKENS)" : "";
    return refused(problem("token-missing", `send a token as Authorization: Bearer TOKEN${none}`), {
      "www-authenticate": 'Bearer realm="meridian"',
    });
  }
  const record = findToken(tokens, await sha256(presented));
  if (record === undefined) {
    return refused(problem("token-unknown", "the token is not one of this deployment's"), {
      "www-authenticate": 'Bearer realm="meridian", error="invalid_token"',
    });
  }
  // Keyed by token names, so there are never more buckets than tokens.
  const cost = access.every((scope) => scope === "purge") ? 1 / API_LIMITS.apiPurgesPerRequest : 1;
  const taken = takeFrom(on.buckets.get(record.name), RATE, now(), cost);
  on.buckets.set(record.name, taken.bucket);
  if (taken.kind === "refused") {
    const wait = secondsUntil(taken.bucket, RATE, cost);
    const detail = `a token may make ${RATE.perSecond / cost} such requests a second; retry in ${wait} s`;
    return refused(problem("too-many-requests", detail), { "retry-after": String(wait) });
  }
  const authorization = authorize(record, access);
  if (authorization.kind === "allowed") return { kind: "admitted", token: record };
  const missing = authorization.missing.join(" or ");
  return refused(problem("scope-missing", `the token ${record.name} lacks the scope ${missing}`), {
    "www-authenticate": `Bearer realm="meridian", error="insufficient_scope", scope="${authorization.missing[0]}"`,
  });
}

const refused = (what: ApiProblem, fields: Record<string, string>): Admission => ({
  kind: "refused",
  problem: what,
  fields,
});

/** The lower-case hex SHA-256 of a text. */
export async function sha256(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
