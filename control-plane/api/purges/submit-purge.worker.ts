// Sends a checked purge to a hub, for our own API and for other CDNs' formats, so that authorization, quotas and guarantees
// cannot differ between them. It reads no body and formats no answer.

import type { Context } from "hono";
import { pushPaced } from "../../../config/metrics/meter-push.worker.ts";
import { millis } from "../../../config/units.ts";
import type { RegionId } from "../../../config/world/regions.ts";
import type { PurgeCommand, Receipt } from "../../hub/commands.ts";
import { mayPurge, type TokenRecord } from "../access/access.ts";
import { askHubs, problemOf } from "../nodes.worker.ts";
import { type ApiProblem, problem } from "../problems.ts";
import type { Mount } from "../route.worker.ts";
import type { PurgeRequest } from "./purge-body.ts";

/** A purge requested by an admitted token. */
export interface Submission {
  readonly token: TokenRecord;
  readonly request: PurgeRequest;
  /** The region whose hub is tried first; the API's own by default. */
  readonly via?: RegionId | undefined;
  readonly context: Context;
}

/** The hub's receipt, or why there is none. */
export type Submitted =
  | { readonly kind: "receipt"; readonly receipt: Receipt }
  | { readonly kind: "problem"; readonly problem: ApiProblem; readonly fields: Readonly<Record<string, string>> };

/**
 * Requests a purge from a hub, if the token may purge all of it. Problems: host-not-allowed, too-many-requests,
 * idempotency-conflict, hub-unreachable, not-joined, not-durable, storage-failed.
 */
export async function submitPurge({ ports, quota }: Mount, submission: Submission): Promise<Submitted> {
  const { token, request } = submission;
  const outside = hostsOutside(token, request);
  if (outside !== undefined) return { kind: "problem", problem: outside, fields: {} };
  const taken = quota.take(token.name, request.scopes.length, request.command.settleSeconds, ports.now());
  if (taken.kind === "refused") return { ...taken, kind: "problem" };
  const scopes = request.scopes.map(({ scope }) => scope);
  const command: PurgeCommand = { ...request.command, scopes, by: token.name };
  const held = millis(command.wait === "accepted" ? 0 : command.timeoutSeconds * 1000);
  const answer = await askHubs<Receipt>(ports, submission.via ?? ports.ownRegion, { path: "/purges", command }, held);
  if (answer.kind !== "answer") return { kind: "problem", problem: problemOf(answer), fields: {} };
  const { severity } = command;
  for (const { kind } of scopes) ports.tally.count("meridian_purge_scopes_total", { severity, scope: kind });
  const meter = () => ports.meter(ports.ownRegion);
  pushPaced(ports.tally, meter, (work) => submission.context.executionCtx.waitUntil(work));
  return { kind: "receipt", receipt: answer.body };
}

/** The problem with scopes that the token may not purge; undefined if it may purge all. */
export function hostsOutside(token: TokenRecord, request: PurgeRequest): ApiProblem | undefined {
  const errors = request.scopes
    .filter(({ scope }) => !mayPurge(token, scope))
    .map(({ pointer }) => ({ pointer, detail: `the token is limited to ${token.hosts?.join(", ")}` }));
  if (errors.length === 0) return undefined;
  return problem(
    "host-not-allowed",
    `the token ${token.name} may purge only URLs, prefixes and hosts within its hosts`,
    errors,
  );
}
