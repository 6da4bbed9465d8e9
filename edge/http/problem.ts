// Our own errors as clients get them: an RFC 9457 problem with a stable code, `Proxy-Status` with what went wrong between us
// and the origin (RFC 9209), and no-store, because an error of ours must not outlive its cause in anybody's cache.
// It carries no more than its arguments: no stack, no address of an origin.

import { serializeItem, Token } from "structured-headers";
import { Fields } from "./fields.ts";

export interface Problem {
  /** 400 to 599. */
  readonly status: number;
  /** Stable, in kebab case; scripts depend on it. */
  readonly code: string;
  readonly title: string;
  readonly detail: string;
  /** An error type of RFC 9209 section 2.3 (`connection_timeout`), if the fault lies between us and the origin. */
  readonly proxyError?: string | undefined;
}

/** Prefix of the `type` of every problem, the same as the control API's. */
const PROBLEM_TYPE = "urn:meridian:problem:";

/** The response for a problem: its fields and a JSON body; `Content-Length` is the sender's to set. */
export function problem({ status, code, title, detail, proxyError }: Problem): {
  status: number;
  fields: Fields;
  body: string;
} {
  const fields = Fields.from([
    ["content-type", "application/problem+json"],
    ["cache-control", "no-store"],
  ]);
  if (proxyError !== undefined) {
    fields.set("proxy-status", serializeItem(new Token("meridian"), new Map([["error", new Token(proxyError)]])));
  }
  return { status, fields, body: JSON.stringify({ type: `${PROBLEM_TYPE}${code}`, title, status, detail, code }) };
}
