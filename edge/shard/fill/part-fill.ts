// What a fill does with an answer that is only a part (206) or none (416): the part of a large object makes its head known and
// fills segments, all of a small one is the object, and any other part of a small one is kept as it is until more is wanted.
// Parts are joined only under one strong entity tag (RFC 9111 section 3.4, RFC 9110 section 15.3.7.3), and what says of
// itself that it is a part, but not which, is passed on and never kept.

import { type EpochMillis, epochMillis } from "../../../config/units.ts";
import { coversAll } from "../../../control-plane/purge/vector.ts";
import { pump } from "../../body/pump.ts";
import { discard } from "../../body/source.ts";
import { Spool, streamOf } from "../../body/spool.ts";
import { equalsStrongly } from "../../http/entity-tag.ts";
import { Fields } from "../../http/fields.ts";
import { type ByteRange, readContentRange } from "../../http/range.ts";
import { decideStore } from "../../http/store.ts";
import type { StoredResponse } from "../../http/terms.ts";
import { mergeNotModified } from "../../http/validate.ts";
import type { UpstreamAnswer } from "../../tier/tier.ts";
import type { Entry } from "../store/entry.ts";
import type { FillResult } from "./flight.ts";
import { type Fetched, type Fill, type FillPorts, kept, keptInSegments, listing, relayed, sourceOf } from "./keep.ts";
import { type PartWanted, partToAsk } from "./part-wanted.ts";

/** The part that came is of no use: the fill asks once more, for this part or for everything. */
export interface AskAgain {
  readonly kind: "again";
  readonly part: PartWanted | undefined;
}

type Where = ByteRange & { readonly total: number };
/** An answer that brings a part, and when what it brings was made. */
interface FetchedPart extends Fetched {
  readonly bornAt: EpochMillis;
}

/** Lands a fill whose answer is 206 or 416 to the part that it asked for. */
export async function concludePart(
  ports: FillPorts,
  fill: Fill & { readonly part: PartWanted },
  fetched: FetchedPart,
): Promise<FillResult | AskAgain> {
  const { part, request } = fill;
  const { answer, seen, bornAt } = fetched;
  const where = answer.status === 206 ? readContentRange(answer.fields.get("content-range")) : undefined;
  if (answer.status === 416 && part.kind !== "rest" && (part.kind === "verbatim" || !request.fields.has("if-range"))) {
    // No marker: that one client asked beyond the end says nothing of what others get.
    ports.finished(fill.flight);
    return { kind: "relay", answer, seen, shared: false, reason: "status" };
  }
  const passedOn = (reason: string): Promise<FillResult> | AskAgain =>
    part.kind === "verbatim"
      ? relayed(ports, fill, fetched, { reason, isForAll: false })
      : again(fill, answer, "verbatim");
  if (where === undefined || answer.body.kind !== "stream" || fill.unsegmented) return passedOn("status");
  const fields = fieldsOfWhole(answer.fields, where.total);
  const decision = decideWhole(fill, fields, answer, bornAt);
  if (decision.kind === "refuse" || answer.facts?.personal === true) {
    return passedOn(decision.kind === "refuse" ? decision.reason : "personal");
  }
  const response = { status: 200, fields, terms: decision.terms };
  if (where.first === 0 && where.last === where.total - 1) {
    const body = { ...answer.body, length: where.total };
    const whole = { ...answer, status: 200, fields, body };
    return kept(ports, { ...fill, part: undefined }, { answer: whole, seen }, response);
  }
  const listed = listing(ports, fill, fetched, response, { total: where.total });
  if (listed.settling) {
    if (part.kind !== "verbatim") return again(fill, answer, "verbatim");
    ports.finished(fill.flight);
    return { kind: "relay", answer, seen, shared: false, reason: "settling" };
  }
  if (listed.entry.segments !== undefined) return keptInSegments(ports, fill, listed, { answer, covered: where });
  if (where.total > ports.wholeUpTo) return passedOn("part");
  switch (part.kind) {
    case "aligned":
      return again(fill, answer, "whole");
    case "verbatim":
      return keepPart(ports, fill, fetched, { response, where });
    case "rest":
      return combine(ports, fill, fetched, { where, held: part.held });
  }
}

/** The part that came is of no use: asked once more, for what the client wants as it says it, or for everything. */
function again(
  fill: Fill & { readonly part: PartWanted },
  answer: UpstreamAnswer,
  want: "verbatim" | "whole",
): AskAgain {
  discard(answer.body);
  const part = want === "verbatim" && fill.part.kind !== "rest" ? partToAsk(fill.request, "all") : undefined;
  return { kind: "again", part };
}

/** Whether the whole, of which a part came, may be kept. */
const decideWhole = (fill: Fill, fields: Fields, answer: UpstreamAnswer, bornAt: EpochMillis) =>
  decideStore(
    { method: "GET", fields: fill.request.fields, personal: fill.personal },
    { status: 200, fields, bornAt, receivedAt: answer.responseAt },
    fill.policy,
  );

/** Passes a part on and keeps it, as much of it as really came. */
function keepPart(
  ports: FillPorts,
  fill: Fill,
  { answer, seen }: Fetched,
  { response, where }: { readonly response: StoredResponse; readonly where: Where },
): FillResult {
  if (answer.body.kind !== "stream") throw new Error("a part has a body");
  const part = { first: where.first, total: where.total };
  const { store } = listing(ports, fill, { answer, seen }, response, { part });
  const spool = new Spool("whole");
  const body = streamOf(spool, answer);
  void pump(ports.after, sourceOf(ports, fill, answer.body), spool, answer.body.length).then(() => {
    if (spool.whole && spool.held > 0 && spool.held <= lengthOf(where)) store(spool.bytes());
    ports.finished(fill.flight);
    spool.release();
  });
  return { kind: "relay", answer: { ...answer, body }, seen, shared: false, reason: "part" };
}

/** Joins the part that came to the one that is held, or fetches everything where that is not allowed. */
async function combine(
  ports: FillPorts,
  fill: Fill & { readonly part: PartWanted },
  { answer, seen, bornAt }: FetchedPart,
  { where, held }: { readonly where: Where; readonly held: Entry },
): Promise<FillResult | AskAgain> {
  const { part, body: own, response: stored } = held;
  const isSame = equalsStrongly(stored.fields.get("etag") ?? "", answer.fields.get("etag") ?? "");
  const ended = ports.knowledge.purges.verdict(held.target, held.seen) === "hard";
  // The stamp of the older part is the whole's; where neither is the older one, none would be true.
  const isYounger = coversAll(seen, held.seen);
  if (part === undefined || own === undefined || answer.body.kind !== "stream" || where.total !== part.total) {
    return again(fill, answer, "whole");
  }
  const touches = where.first === part.first + own.byteLength || where.last + 1 === part.first;
  const fills = lengthOf(where) + own.byteLength === part.total;
  if (!isSame || ended || !isYounger || !touches || !fills) return again(fill, answer, "whole");

  const spool = new Spool("whole");
  await pump(ports.after, sourceOf(ports, fill, answer.body), spool, lengthOf(where));
  const came = spool.whole ? spool.bytes() : undefined;
  spool.release();
  const fields = fieldsOfWhole(mergeNotModified(stored, answer), part.total);
  const decision = decideWhole(fill, fields, answer, epochMillis(Math.min(bornAt, stored.terms.bornAt)));
  if (came === undefined || decision.kind === "refuse") return { kind: "again", part: undefined };
  const bytes = new Uint8Array(part.total);
  bytes.set(own, part.first);
  bytes.set(came, where.first);
  const whole = { ...answer, status: 200, fields, body: { kind: "bytes", bytes } as const };
  return kept(ports, fill, { answer: whole, seen: held.seen }, { status: 200, fields, terms: decision.terms });
}

const lengthOf = ({ first, last }: ByteRange): number => last - first + 1;

/** The fields of the whole representation, of which a part said them. */
function fieldsOfWhole(part: Fields, total: number): Fields {
  const fields = Fields.from(part);
  fields.delete("content-range");
  fields.set("content-length", `${total}`);
  if (!fields.has("accept-ranges")) fields.set("accept-ranges", "bytes");
  return fields;
}
