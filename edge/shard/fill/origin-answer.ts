// Brings an origin's answer into order before anything else is decided about it. Connection fields are removed, since the next hop does
// not know the `Connection` that named them (RFC 9110 section 7.6.1, RFC 9111 section 3.1). An answer without a Date gets the time
// of its receipt, which a tier that serves it from its store could not know (RFC 9110 section 6.6.1). A shield's answers have
// been through this already.
// **Decided: an answer that does not fit the request is a 502, on every route.** A 304 to a GET without conditions, or a 206 to one
// without Range, is of no use to its client, which would take it for the whole or for nothing (RFC 9110 sections 15.3.7,
// 15.4.5). Other caches forward both; then the CDN is blamed. A 206 that covers the whole object becomes the 200 that it
// should have been.

import { type EpochMillis, epochMillis } from "../../../config/units.ts";
import { withoutHopByHop } from "../../http/forwardable.ts";
import { parseHttpDate } from "../../http/http-date.ts";
import { readContentRange } from "../../http/range.ts";
import { bornAt } from "../../http/terms.ts";
import type { Upstream, UpstreamAnswer, UpstreamFailure, UpstreamRequest, UpstreamResult } from "../../tier/tier.ts";
import { ORIGIN_FAILURES } from "../answer/failures.ts";

/** When the response had age 0: the older of what the shield says and what its fields say. */
export function bornAtOfAnswer(answer: UpstreamAnswer): EpochMillis {
  const byFields = bornAt({ fields: answer.fields, requestAt: answer.requestAt, responseAt: answer.responseAt });
  return answer.facts?.bornAt === undefined ? byFields : epochMillis(Math.min(answer.facts.bornAt, byFields));
}

/** The tier above, with an origin's answers brought into order. */
export const orderly =
  (upstream: Upstream): Upstream =>
  async (request) => {
    const answer = await upstream(request);
    return answer.kind === "failure" || answer.facts !== undefined ? answer : asAsked(request, received(answer));
  };

/** The answer, if it fits this request. */
function asAsked({ method, fields }: UpstreamRequest, answer: UpstreamAnswer): UpstreamResult {
  const isRead = method === "GET" || method === "HEAD";
  const isConditional = fields.has("if-none-match") || fields.has("if-modified-since");
  if (answer.status === 304 && isRead && !isConditional) return unasked(answer, ORIGIN_FAILURES.notModifiedUnasked);
  if (answer.status !== 206 || method !== "GET" || fields.has("range")) return answer;
  const given = readContentRange(answer.fields.get("content-range"));
  if (given?.first !== 0 || given.last !== given.total - 1) return unasked(answer, ORIGIN_FAILURES.partUnasked);
  const whole = withoutHopByHop(answer.fields);
  whole.delete("content-range");
  return { ...answer, status: 200, fields: whole };
}

function unasked({ body }: UpstreamAnswer, failure: UpstreamFailure): UpstreamFailure {
  if (body.kind === "stream") body.open().cancel();
  return failure;
}

function received(answer: UpstreamAnswer): UpstreamAnswer {
  const fields = withoutHopByHop(answer.fields);
  if (parseHttpDate(fields.get("date")) === undefined) {
    fields.set("date", new Date(answer.responseAt).toUTCString());
  }
  return { ...answer, fields };
}
