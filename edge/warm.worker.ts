// Asks for a URL in the place of a client, so that a region's caches hold it before clients come: the same admission, key,
// owner, shard, shield and gate before the origin as theirs, and nothing of any client. The body is read to its end, since an
// entry is whole only then. What a route does at the edge apart from caching (redirects, signatures) is left out: no client is served.

import { LIMITS } from "../config/limits.ts";
import type { Environment } from "../config/node/environment.worker.ts";
import { configOf } from "../config/node/nodes.worker.ts";
import { bytes, epochMillis, millis } from "../config/units.ts";
import type { Warmed, WarmQuery } from "../config/warming.ts";
import { withoutRemoved } from "./action/fields.ts";
import type { Body } from "./body/source.ts";
import { Fields } from "./http/fields.ts";
import { listOf } from "./http/structured.ts";
import { askRegions } from "./regions/regions.worker.ts";
import { type Admitted, admit } from "./request/admit.ts";
import { after } from "./tier/message.worker.ts";

/** What browsers send, as far as it selects variants; a route's other variants come with their first clients. */
const CLIENT_FIELDS = [
  ["accept", "*/*"],
  ["accept-encoding", "gzip, br"],
] as const;

/** Warms one URL in one region, or says why not. Takes at most the time of a request and of its body. */
export async function warm(
  env: Environment,
  query: WarmQuery,
  countryOf: (address: string) => string | undefined,
): Promise<Warmed> {
  const arrivedAt = epochMillis(Date.now());
  const asked = admitted(env, query, countryOf);
  if (asked.kind !== "admitted") return asked;
  const { residency } = asked.route;
  if (query.region !== undefined && residency !== undefined && !residency.includes(query.region)) {
    return { kind: "passed-over", reason: "residency" };
  }
  if (asked.passage !== "cached" && query.keep === undefined) return { kind: "passed-over", reason: "not-cached" };
  // A body that is wanted is to be read here, so it comes as it is.
  const own = query.keep === undefined ? CLIENT_FIELDS : [["accept-encoding", "identity"] as const];
  const removed = asked.route.actions?.request?.remove ?? [];
  const served = await askRegions(
    env,
    {
      admitted: asked,
      method: "GET",
      fields: withoutRemoved(
        Fields.from(own),
        removed.map((name) => name.toLowerCase()),
      ),
      requestId: crypto.randomUUID().replaceAll("-", ""),
      arrivedAt,
    },
    query.region === undefined ? {} : { only: query.region },
  );
  if (served.kind === "refused") return { kind: "failed", detail: served.detail };
  const { answer, region } = served;
  const read = await readToEnd(answer.body, query.keep);
  if (read === undefined) return { kind: "failed", detail: "the body did not come to its end" };
  const outcome = answer.facts?.answered.outcome ?? "bypass";
  const stored = isStored(outcome, answer.facts?.cacheStatus.at(-1));
  return {
    kind: "answered",
    region,
    status: answer.status,
    outcome,
    ...(stored === undefined ? {} : { stored }),
    bytes: bytes(read.length),
    took: millis(Date.now() - arrivedAt),
    ...(read.content === undefined ? {} : { content: read.content }),
  };
}

function admitted(
  env: Environment,
  query: WarmQuery,
  countryOf: (address: string) => string | undefined,
): Admitted | Extract<Warmed, { readonly kind: "invalid" }> {
  const fields = new Fields();
  if (query.from !== undefined) fields.set("meridian-from", query.from);
  if (query.after !== undefined) fields.set("meridian-min-purge", query.after);
  const admission = admit({
    method: "GET",
    url: query.url,
    fields,
    cf: undefined,
    assertedAddress: undefined,
    // Whoever may ask for this may name a place, in production too.
    local: true,
    region: query.region,
    countryOf,
    config: configOf(env),
  });
  if (admission.kind === "refused") {
    const { code, detail } = admission;
    const parameter = code === "bad-meridian-from" ? "from" : code === "bad-min-purge" ? "after" : "url";
    return { kind: "invalid", parameter, detail };
  }
  const scheme = admission.url.startsWith("https:") ? "https" : "http";
  return { ...admission, client: { scheme } };
}

/** How long the body is, and itself where it is wanted and small enough. Undefined if it broke off, or took too long. */
async function readToEnd(
  body: Body,
  keep: number | undefined,
): Promise<{ readonly length: number; readonly content?: Uint8Array } | undefined> {
  switch (body.kind) {
    case "none":
      return { length: 0, ...(keep === undefined ? {} : { content: new Uint8Array() }) };
    case "bytes": {
      const { bytes: content } = body;
      return { length: content.length, ...(keep !== undefined && content.length <= keep ? { content } : {}) };
    }
    case "stream":
      break;
  }
  const source = body.open();
  const kept: Uint8Array[] = [];
  let length = 0;
  const stop = after(LIMITS.warmBodyMillis, () => source.cancel());
  try {
    for (let chunk = await source.read(); chunk !== undefined; chunk = await source.read()) {
      length += chunk.length;
      if (keep !== undefined && length <= keep) kept.push(chunk);
    }
  } catch {
    // Truncated: a tier never ends such a body well, and stores nothing of it.
    return undefined;
  } finally {
    stop();
  }
  if (body.length !== undefined && length < body.length) return undefined;
  if (keep === undefined || length > keep) return { length };
  const content = new Uint8Array(length);
  let at = 0;
  for (const chunk of kept) {
    content.set(chunk, at);
    at += chunk.length;
  }
  return { length, content };
}

/** Whether the region's shard holds it now, as its own member of Cache-Status says (RFC 9211 section 2.5). */
function isStored(outcome: string, member: string | undefined): boolean | undefined {
  if (outcome === "hit" || outcome === "revalidated") return true;
  const parameters = member === undefined ? undefined : listOf(member)?.[0]?.[1];
  if (parameters?.has("collapsed")) return undefined;
  return parameters?.get("stored") === true;
}
