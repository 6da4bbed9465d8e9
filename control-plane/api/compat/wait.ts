// `Meridian-Wait`: the state that a call in another CDN's format waits for. Those CDNs answer once a purge is accepted, and
// without the field so do we. Their clients have no parameter for more, but all can send a header field.

import { type ApiProblem, problem } from "../problems.ts";
import type { PurgeRequest } from "../purges/purge-body.ts";

const STATES = ["accepted", "applied", "complete"] as const;

/** The state to wait for. */
export type Wait = (typeof STATES)[number];

/** Reads the field; absent is `accepted`. Problem: malformed-field. */
export function readWait(
  field: string | undefined,
): { readonly kind: "wait"; readonly wait: Wait } | { readonly kind: "problem"; readonly problem: ApiProblem } {
  const wait = STATES.find((state) => state === (field ?? "accepted").trim().toLowerCase());
  if (wait !== undefined) return { kind: "wait", wait };
  return { kind: "problem", problem: problem("malformed-field", `Meridian-Wait must be one of ${STATES.join(", ")}`) };
}

/** The purge with this state to wait for. */
export const waitingFor = (request: PurgeRequest, wait: Wait): PurgeRequest => ({
  ...request,
  command: { ...request.command, wait },
});
