// POST and GET /v1/purges, and the keys that sign receipts. The guarantee is the hub's: this file only signs a hub's receipts,
// and a purge that no hub accepted is a 503, never a receipt. A dry run queries every region and purges nothing.

import { millis } from "../../../config/units.ts";
import type { RegionId } from "../../../config/world/regions.ts";
import type { Receipt, ReceiptPage, Refusal } from "../../hub/commands.ts";
import { parseDot } from "../../purge/vector.ts";
import type { DryRunRequest, DryRunResponse } from "../../purge/wire.ts";
import { maySee, type TokenRecord } from "../access/access.ts";
import { readBody } from "../body.worker.ts";
import { API_LIMITS } from "../limits.ts";
import { ask, askAll, askHubs, type NodeAnswer, problemOf, reasonOf } from "../nodes.worker.ts";
import { type ControlPorts, regionsOf } from "../ports.worker.ts";
import { problem } from "../problems.ts";
import { type Call, jsonResponse, type Mount, mount, problemResponse } from "../route.worker.ts";
import { ROUTES } from "../routes.ts";
import { dryRunSchema, keySetSchema, receiptPageSchema, receiptSchema } from "../schemas.ts";
import { type PurgeRequest, readPurgeBody } from "./purge-body.ts";
import { groupScopes, receiptAnswer, receiptStatus } from "./receipts.ts";
import { hostsOutside, submitPurge } from "./submit-purge.worker.ts";

/** Mounts the routes under /v1/purges. */
export function mountPurges(on: Mount): void {
  const { ports } = on;
  mount(on, ROUTES.purge, (call) => {
    const { via } = call.query;
    if (via === undefined || regionsOf(ports.config).includes(via)) return purge(on, call, via);
    return problemResponse(problem("malformed-query", "via: not a region of this deployment"));
  });
  mount(on, ROUTES.purges, async ({ query, token }) => {
    const search = new URLSearchParams({ limit: query.limit });
    if (query.cursor !== undefined) search.set("cursor", query.cursor);
    if (query.state !== undefined) search.set("state", query.state);
    const answer = await askHubs<ReceiptPage>(ports, ports.ownRegion, { path: `/purges?${search}` });
    if (answer.kind !== "answer") return problemResponse(problemOf(answer));
    const { purges, cursor } = answer.body;
    return jsonResponse(receiptPageSchema, {
      purges: await Promise.all(
        purges.filter((receipt) => maySee(token, receipt)).map((receipt) => ports.signer.sign(receiptAnswer(receipt))),
      ),
      ...(cursor === undefined ? {} : { cursor }),
    });
  });
  mount(on, ROUTES.receipt, ({ context, token }) => receiptOf(ports, context.req.param("id") ?? "", token));
  mount(on, ROUTES.keys, async () => jsonResponse(keySetSchema, await ports.signer.keys()));
}

async function purge(on: Mount, call: Call<unknown>, via: RegionId | undefined): Promise<Response> {
  const { ports } = on;
  const text = await readBody(call.context.req.raw);
  if (text.kind === "problem") return problemResponse(text.problem);
  const body = readPurgeBody(text.text, ports.config.aliases);
  if (body.kind === "problem") return problemResponse(body.problem);
  const { request } = body;
  if (request.dryRun) {
    const outside = hostsOutside(call.token, request);
    if (outside !== undefined) return problemResponse(outside);
    // Each shard scans its whole store for each scope.
    const taken = on.quota.take(call.token.name, request.scopes.length, undefined, ports.now());
    return taken.kind === "taken" ? dryRun(ports, request) : problemResponse(taken.problem, taken.fields);
  }

  const submitted = await submitPurge(on, { token: call.token, request, via, context: call.context });
  if (submitted.kind === "problem") return problemResponse(submitted.problem, submitted.fields);
  const { receipt } = submitted;
  const { wait } = request.command;
  const location = { location: `/v1/purges/${receipt.id}` };
  const signed = await ports.signer.sign(receiptAnswer(receipt, wait));
  return jsonResponse(receiptSchema, signed, receiptStatus(receipt.state, wait), location);
}

async function dryRun(ports: ControlPorts, request: PurgeRequest): Promise<Response> {
  const scopes = request.scopes.map(({ scope }) => scope);
  const command: DryRunRequest = { v: 1, scopes };
  const answers = await askAll<DryRunResponse>(ports, ports.hub, { path: "/dry-run", command });
  const counted = answers.flatMap((answer) => (answer.kind === "answer" ? [answer.body] : []));
  return jsonResponse(dryRunSchema, {
    dryRun: true,
    soft: request.command.severity === "soft",
    scopes: groupScopes(scopes),
    entries: counted.reduce((sum, { entries }) => sum + entries, 0),
    bytes: counted.reduce((sum, { bytes }) => sum + bytes, 0),
    regions: answers.map((answer) =>
      answer.kind === "answer"
        ? { region: answer.region, entries: answer.body.entries, bytes: answer.body.bytes }
        : { region: answer.region, reason: reasonOf(answer) },
    ),
    missing: answers.filter((answer) => answer.kind !== "answer").map(({ region }) => region),
  });
}

/**
 * A receipt from any hub. The own region's may not have the purge yet, or no longer, so the hub that accepted it is tried
 * next; only if that one lacks it too does it not exist, or is it forgotten.
 */
async function receiptOf(ports: ControlPorts, id: string, token: TokenRecord): Promise<Response> {
  const dot = parseDot(id);
  const unknown = problem("no-such-purge", "no hub has a purge with this id");
  if (dot === undefined) return problemResponse(unknown);
  const question = { path: `/purges/${id}` };
  let answer = await askHubs<Receipt>(ports, ports.ownRegion, question);
  const accepting = regionsOf(ports.config).find((region) => dot.hub.startsWith(`${region}.`));
  const isLacking = isRefused(answer, "no-such-purge") || isRefused(answer, "purge-forgotten");
  if (isLacking && accepting !== undefined && accepting !== answer.region) {
    const next = await ask<Receipt>(
      ports,
      ports.hub(accepting),
      accepting,
      question,
      millis(API_LIMITS.hubAnswerMillis),
    );
    // It is known to be forgotten; the other hub's silence or lost disk changes nothing.
    if (next.kind === "answer" || !isRefused(answer, "purge-forgotten")) answer = next;
  }
  // Ids are easy to guess: a purge that the token may not see is reported as unknown.
  if (answer.kind === "answer" && !maySee(token, answer.body)) return problemResponse(unknown);
  if (answer.kind === "answer") return jsonResponse(receiptSchema, await ports.signer.sign(receiptAnswer(answer.body)));
  return problemResponse(isRefused(answer, "no-such-purge") ? unknown : problemOf(answer));
}

const isRefused = (answer: NodeAnswer<unknown>, code: Refusal["code"]): boolean =>
  answer.kind === "refused" && answer.refusal.code === code;
