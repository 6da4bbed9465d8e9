// The fields that a route's actions may not change, and why. Towards the origin: fields that Meridian sets from facts, fields that
// control caching, and those of one connection. Towards the client: fields that explain the answer, and that frame or identify
// its body. Names are in lower case; a reason completes "must not be NAME:".

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
  if (name === "host") return "set the Host with the origin's `host`";
  if (name === "cookie") return "cookies belong to the client; key.cookies selects the shared ones";
  if (name === "accept-encoding") return "it selects the encoding of the client's answer";
  if (name === "content-length" || name === "content-encoding") return "it describes the body that the client sends";
  if (name === "authorization" || ADDRESS_NAMES.has(name)) return undefined;
  return whyReserved(name);
}

/** Why an action cannot remove a field of the client's request; undefined if it can. */
export function whyNotTaken(name: string): string | undefined {
  if (HOP_BY_HOP.has(name)) return "it belongs to one connection and is never forwarded";
  if (name === "host") return "every request needs it";
  if (name === "content-length" || name === "content-encoding") return "it describes the body that the client sends";
  if (name.startsWith("meridian-")) return "it is addressed to Meridian and is never forwarded";
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
  if (EXPLAINING.has(name) || name.startsWith("meridian-")) return "Meridian uses it to explain an answer";
  if (HOP_BY_HOP.has(name)) return "it belongs to one connection";
  if (FRAMING.has(name)) return "it describes the body's framing, which actions cannot change";
  if ((name === "etag" || name === "last-modified") && what !== "remove") {
    return "it identifies a version, which only the origin can do; it can only be removed";
  }
  if (name === "vary" && what !== "add") return "downstream caches need every name in it; it can only be added to";
  return undefined;
}
