// Gets a response from the next tier and decides what happens to it (keep.ts). A 304 is checked before it merges, because a body that a
// purge has invalidated must not become valid again. If an answer varies by a field that was not sent, the fill asks once more.

import { coversAll } from "../../../control-plane/purge/vector.ts";
import { discard } from "../../body/source.ts";
import { decideStore } from "../../http/store.ts";
import { answersFor, conditionsOf, mergeNotModified } from "../../http/validate.ts";
import type { UpstreamAnswer } from "../../tier/tier.ts";
import { withoutOwnFields } from "../request/shard-request.ts";
import type { Entry } from "../store/entry.ts";
import type { FillResult } from "./flight.ts";
import { type Fetched, type Fill, type FillPorts, kept, listing, relayed } from "./keep.ts";
import { bornAtOfAnswer } from "./origin-answer.ts";
import { concludePart } from "./part-fill.ts";
import { ownByVary, selection, withheldOf, withheldToTell, withThem } from "./selection.ts";

/** Runs one fill until the head of its answer is known. Never rejects. */
export async function runFill(ports: FillPorts, fill: Fill): Promise<FillResult> {
  const { request, vector, selecting = [], own } = fill;
  const confirm = own === "vary" ? undefined : fill.confirm;
  const fields = withoutOwnFields(request.fields);
  if (fill.part !== undefined) fields.set("range", fill.part.range);
  if (fill.part?.ifRange !== undefined) fields.set("if-range", fill.part.ifRange);
  if (confirm !== undefined) for (const [name, value] of conditionsOf(confirm.response) ?? []) fields.set(name, value);
  const answer = await ports.upstream({ ...request, keyed: fill, fields, vector, selecting, isOwn: own !== undefined });
  if (answer.kind === "failure") return { kind: "failed", failure: answer };
  const withheld = withheldOf(fill, answer);
  // An answer made without a field that it varies by is no answer to a request that has the field.
  if (withheld.learned.length > 0 || withheld.passed.length > 0) {
    discard(answer.body);
    ports.learned?.(selection(ports, fill, answer).vary);
    return runFill(ports, withThem(fill, withheld));
  }
  return conclude(ports, { ...fill, confirm, withheld: withheldToTell(fill, answer, withheld) }, answer);
}

/** Decides what happens to an answer to the request that was sent. Synchronous where possible, so that readers attach in time. */
function conclude(ports: FillPorts, fill: Fill, answer: UpstreamAnswer): FillResult | Promise<FillResult> {
  const { request, confirm, vector } = fill;
  const ownBy = ownByVary(fill, answer);
  // mutant: store-time-stamps, with ports.knowledge.vector
  const seen = answer.facts?.seen ?? vector;
  const fetched = { answer, seen };
  // An error of the shield itself says nothing about the object: all waiting requests share it, and need not ask separately.
  if (answer.facts?.answered.outcome === "error")
    return relayed(ports, fill, fetched, { reason: "shield-error", isForAll: true });
  if (answer.status === 304 && confirm !== undefined) return confirmed(ports, fill, confirm, fetched);
  if (ownBy !== undefined) return relayed(ports, fill, fetched, { reason: ownBy, isForAll: false });
  const bornAt = bornAtOfAnswer(answer);
  if (fill.part !== undefined && (answer.status === 206 || answer.status === 416)) {
    return concludePart(ports, { ...fill, part: fill.part }, { ...fetched, bornAt }).then((landed) =>
      landed.kind === "again" ? runFill(ports, { ...fill, part: landed.part }) : landed,
    );
  }
  const decision = decideStore(
    { method: request.method, fields: request.fields, personal: fill.personal },
    { status: answer.status, fields: answer.fields, bornAt, receivedAt: answer.responseAt },
    fill.policy,
  );
  if (decision.kind === "refuse" || answer.facts?.personal === true || request.method !== "GET") {
    const reason = decision.kind === "refuse" ? decision.reason : request.method === "GET" ? "personal" : "method";
    const isForAll = decision.kind === "refuse" && decision.shareable && answer.facts?.personal !== true;
    return relayed(ports, fill, fetched, { reason, isForAll });
  }
  return kept(ports, fill, fetched, { status: answer.status, fields: answer.fields, terms: decision.terms });
}

/** The validators still match: the stored response gets the new fields and a new stamp, unless a purge has invalidated it meanwhile. */
async function confirmed(ports: FillPorts, fill: Fill, confirm: Entry, { answer, seen }: Fetched): Promise<FillResult> {
  // The shield may confirm under purges that this shard does not know yet: the stamp would then cover a purge that invalidated the body.
  const { knowledge } = ports;
  // mutant: 304-by-unknown-purges
  const isJudged = coversAll(knowledge.vector, seen) || (await knowledge.ensure(seen)).kind !== "behind";
  // mutant: no-check-after-304
  const ended = !isJudged || knowledge.purges.verdict(confirm.target, confirm.seen) === "hard";
  const answers = answersFor(confirm.response, answer.fields, fill.policy.notModified);
  if (ended || !answers) return runFill(ports, { ...fill, confirm: undefined });
  const fields = mergeNotModified(confirm.response, answer);
  const decision = decideStore(
    { method: "GET", fields: fill.request.fields, personal: fill.personal },
    { status: confirm.response.status, fields, bornAt: bornAtOfAnswer(answer), receivedAt: answer.responseAt },
    fill.policy,
  );
  const whole = { ...answer, status: confirm.response.status, fields };
  if (decision.kind === "refuse" && (confirm.segments ?? confirm.part) !== undefined) {
    return runFill(ports, { ...fill, confirm: undefined });
  }
  if (decision.kind === "refuse") {
    // The new fields forbid storing it: it answers this request and is dropped.
    const body =
      confirm.body === undefined ? ({ kind: "none" } as const) : ({ kind: "bytes", bytes: confirm.body } as const);
    return relayed(ports, fill, { answer: { ...whole, body }, seen }, { reason: decision.reason, isForAll: false });
  }
  const response = { status: confirm.response.status, fields, terms: decision.terms };
  const { entry, store, ...listed } = listing(ports, fill, { answer, seen }, response, confirm);
  store(confirm.body);
  ports.finished(fill.flight);
  return { kind: "kept", ...listed, entry: { ...entry, body: confirm.body }, spool: undefined, answer };
}
