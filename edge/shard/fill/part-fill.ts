// What a fill does with a 206 or 416. A part of a large object yields its head and segments; a part that is the whole of a small object
// is stored as such; any other part is stored as it is until more is needed. Parts are joined only under one strong entity
// tag (RFC 9111 section 3.4, RFC 9110 section 15.3.7.3). A 206 that does not say which part it is gets relayed and never stored.
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

/** The part is of no use: the fill asks once more, for this part or for everything. */
export interface AskAgain {
  readonly kind: "again";
  readonly part: PartWanted | undefined;
}

type Where = ByteRange & { readonly total: number };
/** An answer with a part, and when its representation had age 0. */
interface FetchedPart extends Fetched {
  readonly bornAt: EpochMillis;
}

/** The result of a fill whose answer is 206 or 416 to the range that it asked for. */
export async function concludePart(
  ports: FillPorts,
  fill: Fill & { readonly part: PartWanted },
  fetched: FetchedPart,
): Promise<FillResult | AskAgain> {
  const { part, request } = fill;
  const { answer, seen, bornAt } = fetched;
  const where = answer.status === 206 ? readContentRange(answer.fields.get("content-range")) : undefined;
  if (answer.status === 416 && part.kind !== "rest" && (part.kind === "verbatim" || !request.fields.has("if-range"))) {
    // No marker: one client's range beyond the end says nothing about what others get.
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

/** Asks once more: for the client's range as it was written, or for everything. */
function again(
  fill: Fill & { readonly part: PartWanted },
  answer: UpstreamAnswer,
  want: "verbatim" | "whole",
): AskAgain {
  discard(answer.body);
  const part = want === "verbatim" && fill.part.kind !== "rest" ? partToAsk(fill.request, "all") : undefined;
  return { kind: "again", part };
}

/** Whether the whole representation, of which this is a part, may be stored. */
const decideWhole = (fill: Fill, fields: Fields, answer: UpstreamAnswer, bornAt: EpochMillis) =>
  decideStore(
    { method: "GET", fields: fill.request.fields, personal: fill.personal },
    { status: 200, fields, bornAt, receivedAt: answer.responseAt },
    fill.policy,
  );

/** Relays a part and stores as much of it as arrives. */
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

/** Joins the part to the stored one, or fetches everything where that is not allowed. */
async function combine(
  ports: FillPorts,
  fill: Fill & { readonly part: PartWanted },
  { answer, seen, bornAt }: FetchedPart,
  { where, held }: { readonly where: Where; readonly held: Entry },
): Promise<FillResult | AskAgain> {
  const { part, body: own, response: stored } = held;
  const isSame = equalsStrongly(stored.fields.get("etag") ?? "", answer.fields.get("etag") ?? "");
  const ended = ports.knowledge.purges.verdict(held.target, held.seen) === "hard";
  // The whole gets the older part's stamp. If neither stamp is older, no stamp would be true.
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

/** The fields of the whole representation, from the fields of a part. */
function fieldsOfWhole(part: Fields, total: number): Fields {
  const fields = Fields.from(part);
  fields.delete("content-range");
  fields.set("content-length", `${total}`);
  if (!fields.has("accept-ranges")) fields.set("accept-ranges", "bytes");
  return fields;
}
