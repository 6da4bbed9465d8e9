// What an origin's answer becomes before anything else is decided about it: fields of the connection go, since the next hop
// forgets the `Connection` that named them (RFC 9110 section 7.6.1, RFC 9111 section 3.1), and an answer without a date gets
// that of its receipt, which a tier that serves it from store could not know any more (RFC 9110 section 6.6.1).
// What a shield hands on has been through this already.
// **Decided: an answer to a question that nobody asked is a 502, on every route.** A 304 to a GET without conditions, or a part
// of the object to one without Range, is of no use to its client, who would take it for the whole or for nothing (RFC 9110
// sections 15.3.7, 15.4.5). Other caches forward both; then the client's fault report names the CDN. A 206 with all of the
// object is what it should have been, a 200.

import { type EpochMillis, epochMillis } from "../../../config/units.ts";
import { withoutHopByHop } from "../../http/forwardable.ts";
import { parseHttpDate } from "../../http/http-date.ts";
import { readContentRange } from "../../http/range.ts";
import { bornAt } from "../../http/terms.ts";
import type { Upstream, UpstreamAnswer, UpstreamFailure, UpstreamRequest, UpstreamResult } from "../../tier/tier.ts";
import { ORIGIN_FAILURES } from "../answer/failures.ts";

/** When the response would have had age 0, by the older of what the shield says and what its fields say. */
export function bornAtOfAnswer(answer: UpstreamAnswer): EpochMillis {
  const byFields = bornAt({ fields: answer.fields, requestAt: answer.requestAt, responseAt: answer.responseAt });
  return answer.facts?.bornAt === undefined ? byFields : epochMillis(Math.min(answer.facts.bornAt, byFields));
}

/** The tier above, with what comes from an origin brought into order. */
export const orderly =
  (upstream: Upstream): Upstream =>
  async (request) => {
    const answer = await upstream(request);
    return answer.kind === "failure" || answer.facts !== undefined ? answer : asAsked(request, received(answer));
  };

/** The answer, if it is one to this request. */
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
