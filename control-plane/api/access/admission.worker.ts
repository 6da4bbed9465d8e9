// Who asks, how often, and whether they may: the one way into every route that needs a token, whatever shape its answers have.
// It says what is wrong as a problem and writes no response. Invariant: a token's text is only hashed, never kept or logged,
// and an unknown one learns nothing but that.

import { type Bucket, secondsUntil, takeFrom } from "../../../config/token-bucket.ts";
import { API_LIMITS } from "../limits.ts";
import type { ControlPorts } from "../ports.worker.ts";
import { type Problem, problem } from "../problems.ts";
import { type AccessScope, authorize, findToken, type TokenRecord } from "./access.ts";

/** What admission needs: the deployment's tokens and clock, and the buckets of its tokens. */
export interface Admitting {
  readonly ports: ControlPorts;
  readonly buckets: Map<string, Bucket>;
}

/** Let in, as this token; or refused, with the fields that go with the refusal (RFC 6750 section 3, `Retry-After`). */
export type Admission =
  | { readonly kind: "admitted"; readonly token: TokenRecord }
  | { readonly kind: "refused"; readonly problem: Problem; readonly fields: Record<string, string> };

const RATE = { burst: API_LIMITS.apiRequestBurst, perSecond: API_LIMITS.apiRequestsPerSecond };

/**
 * Admits who presented this token to a route for which one of the scopes `access` is enough. Problems: token-missing,
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
    return refused(problem("token-missing", `send Authorization: Bearer and a token${none}`), {
      "www-authenticate": 'Bearer realm="meridian"',
    });
  }
  const record = findToken(tokens, await sha256(presented));
  if (record === undefined) {
    return refused(problem("token-unknown", "this deployment has no token of this value"), {
      "www-authenticate": 'Bearer realm="meridian", error="invalid_token"',
    });
  }
  // Names are those of the tokens, so there are never more buckets than tokens.
  const cost = access.every((scope) => scope === "purge") ? 1 / API_LIMITS.apiPurgesPerRequest : 1;
  const taken = takeFrom(on.buckets.get(record.name), RATE, now(), cost);
  on.buckets.set(record.name, taken.bucket);
  if (taken.kind === "refused") {
    const wait = secondsUntil(taken.bucket, RATE, cost);
    const detail = `a token may make ${RATE.perSecond / cost} such requests a second; again in ${wait} s`;
    return refused(problem("too-many-requests", detail), { "retry-after": String(wait) });
  }
  const authorization = authorize(record, access);
  if (authorization.kind === "allowed") return { kind: "admitted", token: record };
  const missing = authorization.missing.join(" or ");
  return refused(problem("scope-missing", `the token ${record.name} lacks the scope ${missing}`), {
    "www-authenticate": `Bearer realm="meridian", error="insufficient_scope", scope="${authorization.missing[0]}"`,
  });
}

const refused = (what: Problem, fields: Record<string, string>): Admission => ({
  kind: "refused",
  problem: what,
  fields,
});

/** The lower-case hex SHA-256 of a text. */
export async function sha256(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
