// Turns what a shard has into what it answers: the client's own conditions and range are applied to a stored response
// (RFC 9110 sections 13 and 14), HEAD gets no body, and every answer carries its facts. It decides nothing about freshness
// or purges: the caller has just checked both.

import type { Millis } from "../../../config/units.ts";
import type { RegionId } from "../../../config/world/regions.ts";
import type { Vector } from "../../../control-plane/purge/vector.ts";
import { canGive, lengthOf, partOf, partsOf } from "../../body/body-parts.ts";
import { type Body, discard, NO_BODY } from "../../body/source.ts";
import { cacheStatusMember, type Outcome } from "../../http/cache-status.ts";
import { Fields } from "../../http/fields.ts";
import { problem } from "../../http/problem.ts";
import { selectRange } from "../../http/range.ts";
import type { StoredResponse } from "../../http/terms.ts";
import { evaluateConditions, notModifiedFields } from "../../http/validate.ts";
import type { TierRequest, TierResponse, UpstreamFailure } from "../../tier/tier.ts";
import type { Answered, ResponseFacts, Tier, Timings } from "../../tier/wire.ts";
import type { Entry } from "../store/entry.ts";

/** What all answers of a shard say of it at the moment of release. */
export interface ReleaseFacts {
  readonly outcome: Outcome;
  readonly vector: Vector;
  readonly drained: readonly RegionId[];
  /** Facts and timings of the tier that was asked for this answer, if one was. */
  readonly upstream?: ResponseFacts | undefined;
  readonly timings: Timings;
  /** What is left of the lease under which it is released. */
  readonly validFor?: Millis;
  /** What the answer was chosen by, and what its origin was not sent. */
  readonly chosen?: Pick<ResponseFacts, "selectedBy" | "withheld">;
}

const NAMES = { shard: "meridian-shard", shield: "meridian-shield" } as const satisfies Record<Tier, string>;
/** The facts that go up with an answer of this tier. */
export function factsOf(
  tier: Tier,
  releasing: ReleaseFacts,
  entry?: Pick<Entry, "seen"> & { bornAt: ResponseFacts["bornAt"] },
): ResponseFacts {
  return {
    v: 1,
    answered: answeredBy(tier, releasing.outcome, releasing.upstream),
    cacheStatus: [...(releasing.upstream?.cacheStatus ?? []), cacheStatusMember(NAMES[tier], releasing.outcome)],
    vector: releasing.vector,
    drained: releasing.drained,
    timings: releasing.timings,
    ...releasing.chosen,
    ...(entry === undefined ? {} : { seen: entry.seen }),
    ...(entry === undefined || releasing.validFor === undefined ? {} : { validFor: releasing.validFor }),
    ...(entry?.bornAt === undefined ? {} : { bornAt: entry.bornAt }),
  };
}

/** The outcome in the words of the metrics, and the tier whose copy it is: this one's, or that of the tier further up that answered. */
function answeredBy(tier: Tier, outcome: Outcome, upstream: ResponseFacts | undefined): Answered {
  switch (outcome.kind) {
    case "hit":
    case "stale":
      return { outcome: outcome.kind, by: tier };
    case "failed":
      return { outcome: "error", by: "none" };
    case "forwarded": {
      const by = upstream?.answered.by ?? "origin";
      if (outcome.collapsed) return { outcome: "collapsed", by };
      if (outcome.reason === "bypass" || outcome.reason === "method") return { outcome: "bypass", by };
      return { outcome: outcome.status === 304 ? "revalidated" : "miss", by };
    }
  }
}

/** Answers from an entry; `body` is its body, or the stream of it while it still comes. */
export function releaseEntry(request: TierRequest, entry: Entry, body: Body, releasing: ReleaseFacts): TierResponse {
  const stored = entry.response;
  const facts = factsOf(request.context.tier, releasing, { seen: entry.seen, bornAt: stored.terms.bornAt });
  return { ...answerFrom({ ...request, requestId: request.context.requestId }, stored, body), facts };
}

/** A stored response as this request gets it: its conditions and its range applied, without a body for HEAD. */
export function answerFrom(
  request: { readonly method: string; readonly fields: Fields; readonly requestId: string },
  stored: StoredResponse,
  body: Body,
): Omit<TierResponse, "facts"> {
  const bodiless = (status: number, fields: Fields) => {
    discard(body);
    return { status, fields, body: NO_BODY };
  };
  const answer = (status: number, fields: Fields, part: Body) =>
    request.method === "HEAD" ? bodiless(status, withLength(status, fields, part)) : { status, fields, body: part };

  switch (evaluateConditions(request.fields, stored)) {
    case "not-modified":
      return bodiless(304, notModifiedFields(stored.fields));
    case "precondition-failed":
      return bodiless(412, new Fields());
    case "pass":
      break;
  }
  const length = lengthOf(body);
  if (request.method !== "GET" || length === undefined) return answer(stored.status, stored.fields, body);
  const range = selectRange(request.fields.get("range"), request.fields.get("if-range"), stored, length);
  switch (range.kind) {
    case "whole":
      return answer(stored.status, stored.fields, body);
    case "unsatisfiable": {
      return bodiless(416, Fields.from([["content-range", `bytes */${length}`]]));
    }
    case "part": {
      const fields = Fields.from(stored.fields);
      fields.set("content-range", `bytes ${range.first}-${range.last}/${length}`);
      fields.set("content-length", `${range.last - range.first + 1}`);
      return answer(206, fields, partOf(body, range));
    }
    case "parts": {
      if (!canGive(body, range.parts)) return answer(stored.status, stored.fields, body);
      const { fields: of } = stored;
      // Nobody knows the id of a request when the bytes are made: it cannot stand in them.
      const several = partsOf(body, range.parts, { fields: of, length }, `meridian-${request.requestId}`);
      const fields = Fields.from(of);
      fields.set("content-type", several.contentType);
      fields.set("content-length", `${several.length}`);
      return answer(206, fields, several.body);
    }
  }
}

/**
 * What HEAD says of a body that is not sent: an encoded one has no field of its length, which the platform adds to a GET's. What
 * can have no body has no length either (RFC 9110 section 8.6).
 */
function withLength(status: number, fields: Fields, body: Body): Fields {
  const length = body.kind === "none" || status === 204 ? undefined : lengthOf(body);
  if (length === undefined || fields.has("content-length")) return fields;
  const told = Fields.from(fields);
  told.set("content-length", `${length}`);
  return told;
}

/** Our own error, as a problem document that is never cached. */
export function releaseFailure(request: TierRequest, failure: UpstreamFailure, releasing: ReleaseFacts): TierResponse {
  const { status, fields, body } = problem({
    status: failure.status,
    code: failure.code,
    title: TITLES[failure.status],
    detail: failure.detail,
    proxyError: failure.proxyError,
  });
  if (failure.retryAfterSeconds !== undefined) fields.set("retry-after", `${Math.ceil(failure.retryAfterSeconds)}`);
  const bytes = new TextEncoder().encode(body);
  return {
    status,
    fields,
    body: request.method === "HEAD" ? NO_BODY : { kind: "bytes", bytes },
    facts: { ...factsOf(request.context.tier, releasing), personal: true },
  };
}

const TITLES = {
  408: "Request timeout",
  502: "Bad gateway",
  503: "Service unavailable",
  504: "Gateway timeout",
  508: "Loop detected",
} as const;
