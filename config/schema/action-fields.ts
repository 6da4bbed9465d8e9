// Which fields a route's actions may not touch, and why. Towards the origin: what Meridian says from facts, what steers the
// exchange with a cache, and what belongs to one connection. Towards the client: what explains the answer, what frames or
// identifies its body. Names come in lower case; a reason is to be read after "must not be NAME:".

import { HOP_BY_HOP, whyReserved } from "./reserved-fields.ts";

/** Names that other software uses for the client's address: from clients they are claims, from Meridian they are facts. */
const ADDRESS_NAMES: ReadonlySet<string> = new Set([
  "x-real-ip",
  "x-client-ip",
  "x-cluster-client-ip",
  "true-client-ip",
  "fastly-client-ip",
]);

/** Why an action cannot set or add a field of the origin's request; undefined if it can. */
export function whyNotSent(name: string): string | undefined {
  if (name === "host") return "the origin's own `host` says which Host it sees";
  if (name === "cookie") return "cookies are the client's; key.cookies says which of them are shared";
  if (name === "accept-encoding") return "it decides in which encoding the client gets the answer";
  if (name === "content-length" || name === "content-encoding") return "it describes the body that the client sends";
  if (name === "authorization" || ADDRESS_NAMES.has(name)) return undefined;
  return whyReserved(name);
}

/** Why an action cannot remove a field of the client's request; undefined if it can. */
export function whyNotTaken(name: string): string | undefined {
  if (HOP_BY_HOP.has(name)) return "it belongs to one connection and is never forwarded";
  if (name === "host") return "no request is without it";
  if (name === "content-length" || name === "content-encoding") return "it describes the body that the client sends";
  if (name.startsWith("meridian-")) return "it speaks to Meridian itself and is never forwarded";
  return undefined;
}

/** Fields by which Meridian explains an answer. */
const EXPLAINING: ReadonlySet<string> = new Set([
  "age",
  "cache-status",
  "date",
  "proxy-status",
  "ratelimit",
  "ratelimit-policy",
  "server-timing",
  "via",
]);

/** Fields that say how the body is to be read. */
const FRAMING: ReadonlySet<string> = new Set(["content-encoding", "content-length", "content-range"]);

/** Why an action cannot do `what` with a response field; undefined if it can. */
export function whyNotAnswered(name: string, what: "remove" | "set" | "add"): string | undefined {
  if (EXPLAINING.has(name) || name.startsWith("meridian-")) return "it is how Meridian explains an answer";
  if (HOP_BY_HOP.has(name)) return "it belongs to one connection";
  if (FRAMING.has(name)) return "it says how the body is to be read, which stays as it is";
  if ((name === "etag" || name === "last-modified") && what !== "remove") {
    return "it tells versions of a response apart, which only the origin can; it can be removed";
  }
  if (name === "vary" && what !== "add") return "caches after Meridian need all that it names; it can be added to";
  return undefined;
}
