// What goes on to the next node and what stays (RFC 9110 section 7.6): fields of one connection go no further, nor do our
// internal ones; `Via` and `CDN-Loop` say that we were here. Invariant: what decides who may see a response cannot be hidden
// by naming it in `Connection`, which the RFC forbids to senders and which is how caches are tricked.

import { HOP_BY_HOP, INTERNAL_PREFIX } from "../../config/schema/reserved-fields.ts";
import { Fields } from "./fields.ts";
import { membersOf } from "./list.ts";

/** Our name in `Via` and `CDN-Loop`. */
export const PSEUDONYM = "meridian";

/** Fields meant for everybody that a `Connection` may not take away: each decides what a cache may do or whose an answer is. */
const END_TO_END: ReadonlySet<string> = new Set([
  "authorization",
  "cache-control",
  "cdn-cache-control",
  "cookie",
  "host",
  "set-cookie",
  "vary",
]);

/** A copy without the fields of one connection and those that its `Connection` names (RFC 9110 section 7.6.1, RFC 9111 section 3.1). */
export function withoutHopByHop(fields: Fields): Fields {
  const connection = fields.get("connection");
  const named = new Set(connection === undefined ? [] : membersOf(connection).map((name) => name.toLowerCase()));
  const rest = new Fields();
  for (const [name, value] of fields) {
    if (HOP_BY_HOP.has(name) || name === "proxy-authentication-info") continue;
    if (named.has(name) && !END_TO_END.has(name)) continue;
    rest.append(name, value);
  }
  return rest;
}

/** A copy without our internal fields: clients and origins may neither send nor see them. */
export function withoutInternal(fields: Fields): Fields {
  const rest = new Fields();
  for (const [name, value] of fields) if (!name.startsWith(INTERNAL_PREFIX)) rest.append(name, value);
  return rest;
}

/** The `Via` value with us at its end (RFC 9110 section 7.6.3). */
export const via = (existing: string | undefined): string => appended(existing, `1.1 ${PSEUDONYM}`);

/** How often a request has passed through Meridian already, by its `CDN-Loop` (RFC 8586). */
export function loopOf(cdnLoop: string | undefined): number {
  if (cdnLoop === undefined) return 0;
  return membersOf(cdnLoop).filter((member) => membersOf(member, ";")[0]?.toLowerCase() === PSEUDONYM).length;
}

/** The `CDN-Loop` value with us at its end; what others wrote stays as it is, as RFC 8586 demands. */
export const withLoop = (existing: string | undefined): string => appended(existing, PSEUDONYM);

const appended = (existing: string | undefined, own: string): string =>
  existing === undefined || existing.trim() === "" ? own : `${existing}, ${own}`;
