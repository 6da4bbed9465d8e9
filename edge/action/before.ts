// What a route does with a request before anybody is asked for an answer, in this fixed order: access, rate, redirect, preflight,
// signature, removed fields. So a denied client costs no bucket, a redirect needs no signature, and a preflight, which browsers
// send without credentials, gets its answer. The first that decides ends it. Pure: buckets and the HMAC are handed in.

import type { EpochMillis } from "../../config/units.ts";
import { type FieldLine, Fields } from "../http/fields.ts";
import type { Admitted, RefusedRequest } from "../request/admit.ts";
import { accessOf } from "./access.ts";
import { isPreflight, preflightFields } from "./cors.ts";
import { withoutRemoved } from "./fields.ts";
import { type RateTable, rateFields } from "./rate-limit.ts";
import { redirectOf } from "./redirect.ts";
import type { RouteActions } from "./route-actions.ts";
import { checkSignature, mayBeSigned, takeSignature } from "./signed-url.ts";

export interface Arriving {
  readonly admitted: Admitted;
  readonly method: string;
  readonly fields: Fields;
  /** The host that the client asked for, which may be an alias of the site's. */
  readonly askedHost: string;
  readonly local: boolean;
  readonly now: EpochMillis;
}

export interface BeforePorts {
  readonly rates: RateTable;
  /** Compares in constant time; "no-key" if the environment has no secret of that name. */
  readonly verify: (secretName: string, text: string, signature: string) => Promise<"right" | "wrong" | "no-key">;
}

/** What becomes of the request. `said` are fields for its answer. */
export type Before =
  | { readonly kind: "on"; readonly admitted: Admitted; readonly fields: Fields; readonly said: readonly FieldLine[] }
  | {
      readonly kind: "answered";
      readonly what: "redirect" | "preflight";
      readonly status: number;
      readonly fields: Fields;
      readonly said: readonly FieldLine[];
    }
  | { readonly kind: "refused"; readonly refusal: RefusedRequest; readonly said: readonly FieldLine[] };

/** Acts on a request of a route with actions. */
export async function actBefore(actions: RouteActions, arriving: Arriving, ports: BeforePorts): Promise<Before> {
  const { admitted, method, fields, local, now } = arriving;
  const { address, scheme } = admitted.client;
  if (actions.access !== undefined) {
    const access = accessOf(actions.access, { address, country: admitted.place.country });
    if (access.kind === "denied") return refuse(403, access.code, "Forbidden", access.detail, []);
  }
  let said: readonly FieldLine[] = [];
  if (actions.rateLimit !== undefined) {
    const taken = ports.rates.take(admitted.route.name, actions.rateLimit, address, now);
    said = rateFields(actions.rateLimit, taken);
    if (taken.kind === "refused") {
      const { requests, perSeconds } = actions.rateLimit;
      const detail = `A client may make ${requests} requests in ${perSeconds} s here; come again in ${taken.wait} s.`;
      return refuse(429, "too-many-requests", "Too many requests", detail, said);
    }
  }
  if (actions.redirect !== undefined) {
    const secure = local ? "unknown" : scheme === "https" ? "yes" : "no";
    const redirect = redirectOf(actions.redirect, { url: admitted.url, method, secure });
    if (redirect !== undefined) {
      const { status, location } = redirect;
      return { kind: "answered", what: "redirect", status, fields: Fields.from([["location", location]]), said };
    }
  }
  if (actions.cors !== undefined && isPreflight(method, fields)) {
    return { kind: "answered", what: "preflight", status: 204, fields: preflightFields(actions.cors, fields), said };
  }
  const signed = await checkSigned(actions, arriving, ports, said);
  if (signed.kind === "refused" || actions.removed.length === 0) return signed;
  return { ...signed, fields: withoutRemoved(signed.fields, actions.removed) };
}

/** The request without its signature, if the route wants one and it is right. */
async function checkSigned(
  { signingKeys }: RouteActions,
  { admitted, method, fields, askedHost, now }: Arriving,
  { verify }: BeforePorts,
  said: readonly FieldLine[],
): Promise<Before & { kind: "on" | "refused" }> {
  if (signingKeys === undefined) return { kind: "on", admitted, fields, said };
  if (!mayBeSigned(method, admitted.route.match.methods)) {
    const detail = `A signature here allows GET and HEAD, not ${method}.`;
    return refuse(403, "signature-method", "Forbidden", detail, said);
  }
  const taken = takeSignature(admitted.url, fields);
  const { address } = admitted.client;
  const hosts = new Set([admitted.host, askedHost]);
  const checked = checkSignature(taken.parameters, { url: taken.url, hosts, address, now });
  if (checked.kind === "refused") return refuse(403, checked.code, "Forbidden", checked.detail, said);
  const secret = signingKeys.get(checked.keyId);
  if (secret === undefined) {
    return refuse(403, "signature-key-unknown", "Forbidden", "The signature's key is none of this site's.", said);
  }
  for (const text of checked.texts) {
    const verdict = await verify(secret, text, checked.signature);
    if (verdict === "right")
      return { kind: "on", admitted: { ...admitted, url: taken.url }, fields: taken.fields, said };
    if (verdict === "no-key") {
      const detail = "The secret that this URL's signature is checked with is not set.";
      return refuse(500, "signing-secret-missing", "Not configured", detail, said, "proxy_configuration_error");
    }
  }
  return refuse(403, "signature-wrong", "Forbidden", "The signature is not right for this URL and client.", said);
}

const refuse = (
  status: number,
  code: string,
  title: string,
  detail: string,
  said: readonly FieldLine[],
  proxyError = "http_request_denied",
): Before & { kind: "refused" } => ({
  kind: "refused",
  refusal: { kind: "refused", status, code, title, detail, proxyError },
  said,
});
