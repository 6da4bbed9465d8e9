// What a fill does with an answer that is only a part (206) or none (416): the part of a large object makes its head known and
// fills segments, all of a small one is the object, and any other part of a small one is kept as it is until more is wanted.
// Parts are joined only under one strong entity tag (RFC 9111 section 3.4, RFC 9110 section 15.3.7.3), and what says of
// itself that it is a part, but not which, is passed on and never kept.

import { type EpochMillis, epochMillis } from "../../config/units.ts";
import { coversAll, type Vector } from "../../control-plane/purge/vector.ts";
import { equalsStrongly } from "../http/entity-tag.ts";
import { Fields } from "../http/fields.ts";
import { type ByteRange, readContentRange, selectRange } from "../http/range.ts";
import { decideStore } from "../http/store.ts";
import { mergeNotModified } from "../http/validate.ts";
import type { Asked } from "./asked.ts";
import type { Entry } from "./entries.ts";
import { type Fill, type FillPorts, fly, kept, keptInSegments, listing, relayed, sourceOf } from "./fill.ts";
import type { Landing } from "./flight.ts";
import type { Found } from "./found.ts";
import { once } from "./parts.ts";
import { pump } from "./pump.ts";
import { streamOf } from "./release.ts";
import { alignedRange } from "./segments.ts";
import { Spool } from "./spool.ts";
import type { Body, TierRequest, UpstreamAnswer } from "./tier.ts";

/** Which bytes of an object an entry has, of how many. */
export interface HeldPart {
  readonly first: number;
  readonly total: number;
}

/**
 * The part that a fill asks for. `aligned`: one segment, for all who want some of it; `verbatim`: what the client said, for it
 * alone; `rest`: what an entry lacks.
 */
export type PartWanted =
  | { readonly kind: "aligned"; readonly range: string; readonly ifRange: undefined }
  | { readonly kind: "verbatim"; readonly range: string; readonly ifRange: string | undefined }
  | { readonly kind: "rest"; readonly range: string; readonly ifRange: string | undefined; readonly held: Entry };

/** What a fill asks for, if not for everything, and what may become of it. */
export interface HowToFill {
  readonly part?: PartWanted | undefined;
  readonly unsegmented?: true | undefined;
}

type Where = ByteRange & { readonly total: number };
interface Stamp {
  readonly seen: Vector;
  readonly bornAt: EpochMillis;
}

/** What a request that found this asks the next tier for; `changed` is how often the object changed under its eyes. */
export function howToFill(
  { request, route }: Pick<Asked, "request" | "route">,
  found: Found,
  company: "shared" | "alone",
  changed: number,
): HowToFill {
  if (found.kind === "entry") return found.reuse.kind === "revalidate" ? {} : { part: restToAsk(found.entry) };
  const part = partToAsk(request, company === "alone" ? "all" : route.forward);
  return changed > 1 ? { part, unsegmented: true } : { part };
}

/** The part to ask for of an object that is not stored: what all can share, or what the client says; undefined for everything. */
export function partToAsk({ method, fields }: TierRequest, forward: "key" | "all"): PartWanted | undefined {
  const range = fields.get("range");
  if (method !== "GET" || range === undefined) return undefined;
  if (forward === "all") return { kind: "verbatim", range, ifRange: fields.get("if-range") };
  const aligned = alignedRange(range);
  return aligned === undefined ? undefined : { kind: "aligned", range: aligned, ifRange: undefined };
}

/** What an entry that holds a part lacks; undefined where it would take two requests. */
function restToAsk(held: Entry): PartWanted | undefined {
  if (held.part === undefined || held.body === undefined) return undefined;
  const { first, total } = held.part;
  const end = first + held.body.byteLength;
  const etag = held.response.fields.get("etag");
  const ifRange = etag !== undefined && equalsStrongly(etag, etag) ? etag : undefined;
  if (first === 0) return { kind: "rest", range: `bytes=${end}-`, ifRange, held };
  return end === total ? { kind: "rest", range: `bytes=0-${first - 1}`, ifRange, held } : undefined;
}

/** Whether a request can be answered from the part that an entry holds. */
export function answersFromPart(request: TierRequest, entry: Entry): boolean {
  if (entry.part === undefined || request.method === "HEAD") return true;
  const { first, total } = entry.part;
  const end = first + (entry.body?.byteLength ?? 0);
  const { fields } = request;
  const range = selectRange(fields.get("range"), fields.get("if-range"), entry.response, total);
  const lies = (part: ByteRange): boolean => part.first >= first && part.last < end;
  switch (range.kind) {
    case "whole":
      return false;
    case "unsatisfiable":
      return true;
    case "part":
      return lies(range);
    case "parts":
      return range.parts.every(lies);
  }
}

/** The body of such an entry, open where it has bytes; ask only for what `answersFromPart`. */
export function bodyOfPart(entry: Entry, { first, total }: HeldPart): Body {
  const bytes = entry.body ?? new Uint8Array();
  const openAt = (range: ByteRange) => once(bytes.subarray(range.first - first, range.last + 1 - first));
  return { kind: "stream", length: total, open: () => once(new Uint8Array()), openAt };
}

/** Lands a fill whose answer is 206 or 416 to the part that it asked for. */
export async function landPart(
  ports: FillPorts,
  fill: Fill & { readonly part: PartWanted },
  answer: UpstreamAnswer,
  stamp: Stamp,
): Promise<Landing> {
  const { part, request } = fill;
  const { seen, bornAt } = stamp;
  const where = answer.status === 206 ? readContentRange(answer.fields.get("content-range")) : undefined;
  if (answer.status === 416 && part.kind !== "rest" && (part.kind === "verbatim" || !request.fields.has("if-range"))) {
    // No marker: that one client asked beyond the end says nothing of what others get.
    ports.finished(fill.flight);
    return { kind: "relay", answer, seen, shared: false, reason: "status" };
  }
  const passedOn = (reason: string): Promise<Landing> =>
    part.kind === "verbatim"
      ? relayed(ports, fill, answer, seen, reason, false)
      : again(ports, fill, answer, "verbatim");
  if (where === undefined || answer.body.kind !== "stream" || fill.unsegmented) return passedOn("status");
  const fields = fieldsOfWhole(answer.fields, where.total);
  const decision = decideWhole(fill, fields, answer, bornAt);
  if (decision.kind === "refuse" || answer.facts?.personal === true) {
    return passedOn(decision.kind === "refuse" ? decision.reason : "personal");
  }
  const response = { status: 200, fields, terms: decision.terms };
  if (where.first === 0 && where.last === where.total - 1) {
    const body = { ...answer.body, length: where.total };
    return kept(ports, { ...fill, part: undefined }, { ...answer, status: 200, fields, body }, seen, response);
  }
  const listed = listing(ports, fill, response, answer, seen, { total: where.total });
  if (listed.settling) {
    if (part.kind !== "verbatim") return again(ports, fill, answer, "verbatim");
    ports.finished(fill.flight);
    return { kind: "relay", answer, seen, shared: false, reason: "settling" };
  }
  if (listed.entry.segments !== undefined) return keptInSegments(ports, fill, answer, listed, where);
  if (where.total > ports.wholeUpTo) return passedOn("part");
  switch (part.kind) {
    case "aligned":
      return again(ports, fill, answer, "whole");
    case "verbatim":
      return keepPart(ports, fill, answer, where, { response, seen });
    case "rest":
      return combine(ports, fill, answer, where, part.held, stamp);
  }
}

/** The part that came is of no use: asked once more, for what the client wants as it says it, or for everything. */
function again(
  ports: FillPorts,
  fill: Fill & { readonly part: PartWanted },
  answer: UpstreamAnswer,
  want: "verbatim" | "whole",
): Promise<Landing> {
  if (answer.body.kind === "stream") answer.body.open().cancel();
  const part = want === "verbatim" ? partToAsk(fill.request, "all") : undefined;
  return fly(ports, { ...fill, part: fill.part.kind === "rest" ? undefined : part });
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
  answer: UpstreamAnswer,
  where: Where,
  { response, seen }: Pick<Entry, "response" | "seen">,
): Landing {
  if (answer.body.kind !== "stream") throw new Error("a part has a body");
  const { store } = listing(ports, fill, response, answer, seen, { part: { first: where.first, total: where.total } });
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
  answer: UpstreamAnswer,
  where: Where,
  held: Entry,
  { seen, bornAt }: Stamp,
): Promise<Landing> {
  const { part, body: own, response: stored } = held;
  const isSame = equalsStrongly(stored.fields.get("etag") ?? "", answer.fields.get("etag") ?? "");
  const ended = ports.knowledge.purges.verdict(held.target, held.seen) === "hard";
  // The stamp of the older part is the whole's; where neither is the older one, none would be true.
  const isYounger = coversAll(seen, held.seen);
  if (part === undefined || own === undefined || answer.body.kind !== "stream" || where.total !== part.total) {
    return again(ports, fill, answer, "whole");
  }
  const touches = where.first === part.first + own.byteLength || where.last + 1 === part.first;
  const fills = lengthOf(where) + own.byteLength === part.total;
  if (!isSame || ended || !isYounger || !touches || !fills) return again(ports, fill, answer, "whole");

  const spool = new Spool("whole");
  await pump(ports.after, sourceOf(ports, fill, answer.body), spool, lengthOf(where));
  const came = spool.whole ? spool.bytes() : undefined;
  spool.release();
  const fields = fieldsOfWhole(mergeNotModified(stored, answer), part.total);
  const decision = decideWhole(fill, fields, answer, epochMillis(Math.min(bornAt, stored.terms.bornAt)));
  if (came === undefined || decision.kind === "refuse") return fly(ports, { ...fill, part: undefined });
  const bytes = new Uint8Array(part.total);
  bytes.set(own, part.first);
  bytes.set(came, where.first);
  const whole = { ...answer, status: 200, fields, body: { kind: "bytes", bytes } as const };
  return kept(ports, fill, whole, held.seen, { status: 200, fields, terms: decision.terms });
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
