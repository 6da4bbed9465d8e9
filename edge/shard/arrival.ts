// What an origin's answer becomes before anything else is decided about it: fields of the connection go, since the next hop
// forgets the `Connection` that named them (RFC 9110 section 7.6.1, RFC 9111 section 3.1), and an answer without a date gets
// that of its receipt, which a tier that serves it from store could not know any more (RFC 9110 section 6.6.1).
// What a shield hands on has been through this already.

import { type EpochMillis, epochMillis } from "../../config/units.ts";
import { withoutHopByHop } from "../http/forwardable.ts";
import { parseHttpDate } from "../http/http-date.ts";
import { bornAt } from "../http/terms.ts";
import type { Upstream, UpstreamAnswer } from "./tier.ts";

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
    return answer.kind === "failure" || answer.facts !== undefined ? answer : received(answer);
  };

function received(answer: UpstreamAnswer): UpstreamAnswer {
  const fields = withoutHopByHop(answer.fields);
  if (parseHttpDate(fields.get("date")) === undefined) {
    fields.set("date", new Date(answer.responseAt).toUTCString());
  }
  return { ...answer, fields };
}
