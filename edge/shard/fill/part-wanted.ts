// Which part of an object a fill asks for, and which requests the part that an entry holds can answer.

import { once } from "../../body/body-parts.ts";
import { type Body, NO_BODY } from "../../body/source.ts";
import { equalsStrongly } from "../../http/entity-tag.ts";
import { type ByteRange, selectRange } from "../../http/range.ts";
import type { TierRequest } from "../../tier/tier.ts";
import type { Found } from "../request/lookup-result.ts";
import type { ShardRequest } from "../request/shard-request.ts";
import { alignedRange } from "../segments/segments.ts";
import type { Entry } from "../store/entry.ts";

/**
 * The range that a fill asks for. `aligned`: one segment, which all requests for some of it share; `verbatim`: the client's own
 * range, for it alone; `rest`: what an entry lacks.
 */
export type PartWanted =
  | { readonly kind: "aligned"; readonly range: string; readonly ifRange: undefined }
  | { readonly kind: "verbatim"; readonly range: string; readonly ifRange: string | undefined }
  | { readonly kind: "rest"; readonly range: string; readonly ifRange: string | undefined; readonly held: Entry };

/** The range a fill asks for, if not the whole object, and what may happen to the answer. */
export interface HowToFill {
  readonly part?: PartWanted | undefined;
  readonly unsegmented?: true | undefined;
}

/** What a request with this lookup result asks the next tier for; `changed` counts how often the object changed during the request. */
export function howToFill(
  { request, route }: Pick<ShardRequest, "request" | "route">,
  found: Found,
  company: "shared" | "alone",
  changed: number,
): HowToFill {
  if (found.kind === "entry") return found.reuse.kind === "revalidate" ? {} : { part: restToAsk(found.entry) };
  const part = partToAsk(request, company === "alone" ? "all" : route.forward);
  return changed > 1 ? { part, unsegmented: true } : { part };
}

/** The range to ask for of an object that is not stored: a shareable one, or the client's own; undefined for everything. */
export function partToAsk({ method, fields }: TierRequest, forward: "key" | "all"): PartWanted | undefined {
  const range = fields.get("range");
  if (method !== "GET" || range === undefined) return undefined;
  if (forward === "all") return { kind: "verbatim", range, ifRange: fields.get("if-range") };
  const aligned = alignedRange(range);
  return aligned === undefined ? undefined : { kind: "aligned", range: aligned, ifRange: undefined };
}

/** What an entry with a part lacks; undefined where it would take two requests. */
function restToAsk(held: Entry): PartWanted | undefined {
  if (held.part === undefined || held.body === undefined) return undefined;
  const { first, total } = held.part;
  const end = first + held.body.byteLength;
  const etag = held.response.fields.get("etag");
  const ifRange = etag !== undefined && equalsStrongly(etag, etag) ? etag : undefined;
  if (first === 0) return { kind: "rest", range: `bytes=${end}-`, ifRange, held };
  return end === total ? { kind: "rest", range: `bytes=0-${first - 1}`, ifRange, held } : undefined;
}

/** Whether an entry with a part can answer a request. */
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

/** An entry's body as it is stored; a part's body starts at its offset. Call it only after `answersFromPart`. */
export function bodyOf({ body, part }: Entry): Body {
  if (part === undefined) return body === undefined ? NO_BODY : { kind: "bytes", bytes: body };
  const bytes = body ?? new Uint8Array();
  const openAt = ({ first, last }: ByteRange) => once(bytes.subarray(first - part.first, last + 1 - part.first));
  return { kind: "stream", length: part.total, open: () => once(new Uint8Array()), openAt };
}
