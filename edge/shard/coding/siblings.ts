// Answers for one coding from a stored response in another: the origin need not be asked again for what it sends alike to
// every Accept-Encoding. Used only where the cache itself might answer from the sibling at this moment: there is a live lease,
// it is fresh for this request, no purge has ended it, and what is made of it carries its stamp and its age, and goes out
// within that lease. Nothing is encoded that is stored in the same coding already.

import type { Route } from "../../../config/schema/schema.ts";
import type { EpochMillis } from "../../../config/units.ts";
import { once } from "../../body/body-parts.ts";
import type { Body, ByteSource } from "../../body/source.ts";
import { ACCEPTED_FORMS, type AcceptedForm, type Coding } from "../../http/accept-encoding.ts";
import { decodedFields, fieldsInCoding, plainFacts } from "../../http/compression.ts";
import { Fields } from "../../http/fields.ts";
import { decideReuse } from "../../http/reuse.ts";
import type { Policy } from "../../http/terms.ts";
import { evaluateConditions, notModifiedFields } from "../../http/validate.ts";
import { variantKey } from "../../http/vary.ts";
import type { CacheKey } from "../../request/cache-key.ts";
import type { UpstreamAnswer, UpstreamRequest } from "../../tier/tier.ts";
import type { Knowledge } from "../purges/purge-knowledge.ts";
import type { EntryStore } from "../store/entries.ts";
import type { Entry } from "../store/entry.ts";

export interface SiblingPorts {
  /** Name of the shard, under which the isolate's store lists its entries. */
  readonly name: string;
  readonly entries: EntryStore;
  readonly knowledge: Pick<Knowledge, "purges" | "leaseLeft">;
  readonly now: () => EpochMillis;
  /** Encodes a body of `length` bytes, where that is known; undefined when all encoders are at work. */
  readonly encode: (plain: ByteSource, coding: Coding, length: number | undefined) => ByteSource | undefined;
  /** Undoes `encode`, under the same limit. */
  readonly decode: (encoded: ByteSource, coding: Coding) => ByteSource | undefined;
}

/** A request to an origin with what follows from it and its route. */
export interface CodingRequest extends CacheKey {
  readonly request: UpstreamRequest;
  readonly route: Route;
  readonly policy: Policy;
  /** What text is to be encoded in; undefined for not at all. */
  readonly coding: Coding | undefined;
  readonly personal: boolean;
}

/** The answer from a stored response of the same key in any coding; undefined if there is none that may be used. */
export function answerFromSibling(ports: SiblingPorts, wanted: CodingRequest): UpstreamAnswer | undefined {
  // Without a lease this tier asks because nothing stored may be trusted: then its own store is no origin.
  const validFor = ports.knowledge.leaseLeft;
  // mutant: the-store-as-an-origin
  const sibling = validFor > 0 ? siblingOf(ports, wanted) : undefined;
  if (sibling === undefined) return undefined;
  const { response, seen, body } = sibling;
  const { fields, terms } = response;
  const now = ports.now();
  const answered = { outcome: "hit", by: wanted.request.context.tier } as const;
  const facts = { v: 1, answered, cacheStatus: [], seen, bornAt: terms.bornAt, validFor, timings: {} } as const;
  const answer = { kind: "answer", madeOf: "stored", requestAt: now, responseAt: now, timings: {}, facts } as const;
  if (evaluateConditions(wanted.request.fields, response) === "not-modified") {
    const confirming = notModifiedFields(fields);
    // That one coding has ranges says nothing of another.
    confirming.delete("accept-ranges");
    return { ...answer, status: 304, fields: confirming, body: { kind: "none" } };
  }
  const bytes = body ?? new Uint8Array();
  const from = plainFacts(fields)?.coding;
  if (from === wanted.coding) return { ...answer, status: 200, fields, body: { kind: "bytes", bytes } };
  if (from === undefined) {
    return {
      ...answer,
      status: 200,
      ...inCoding(ports, { fields, source: once(bytes), length: bytes.byteLength }, wanted.coding),
    };
  }
  const plain = ports.decode(once(bytes), from);
  if (plain === undefined) return undefined;
  return {
    ...answer,
    status: 200,
    ...inCoding(ports, { fields: decodedFields(fields), source: plain, length: undefined }, wanted.coding),
  };
}

/** A body without a coding, with its fields. `length` in bytes, where it is known. */
interface PlainBody {
  readonly fields: Fields;
  readonly source: ByteSource;
  readonly length: number | undefined;
}

/** A plain body and its fields in a coding, or as they are where none is wanted or every encoder is at work. */
export function inCoding(
  { encode }: Pick<SiblingPorts, "encode">,
  { fields, source, length }: PlainBody,
  coding: Coding | undefined,
): { readonly fields: Fields; readonly body: Body } {
  const encoded = coding === undefined ? undefined : encode(source, coding, length);
  if (encoded === undefined) return { fields, body: { kind: "stream", length, open: () => source } };
  return {
    fields: fieldsInCoding(fields, coding),
    body: { kind: "stream", length: undefined, open: () => encoded },
  };
}

/** The request as one that accepts these codings. */
export function inForm(request: UpstreamRequest, form: AcceptedForm): UpstreamRequest {
  const fields = Fields.from(request.fields);
  fields.set("accept-encoding", form);
  return { ...request, fields };
}

/** The stored response that takes the least work to serve in this coding: in the same, plain, or to be decoded. */
function siblingOf({ name, entries, knowledge, now }: SiblingPorts, wanted: CodingRequest): Entry | undefined {
  const { request, policy, key, coding } = wanted;
  const names = entries.varyOf(name, key);
  if (names === undefined || !names.includes("accept-encoding")) return undefined;
  const usable: Entry[] = [];
  for (const form of ACCEPTED_FORMS) {
    const item = entries.get(name, key, variantKey(names, inForm(request, form).fields));
    if (item?.kind !== "entry" || !plainFacts(item.response.fields)?.shared) continue;
    const verdict = knowledge.purges.verdict(item.target, item.seen);
    const reuse = decideReuse(item.response, request, now(), { verdict, mayServeStale: false, policy });
    if (reuse.kind === "fresh") usable.push(item);
  }
  const inCodingOf = (wantedCoding: Coding | undefined) =>
    usable.find((entry) => plainFacts(entry.response.fields)?.coding === wantedCoding);
  return inCodingOf(coding) ?? inCodingOf(undefined) ?? usable[0];
}
