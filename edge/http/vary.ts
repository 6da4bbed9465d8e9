// Which requests a stored response is for (RFC 9111 section 4.1): the fields that its `Vary` names, brought into one form, make
// the variant's key. Whoever forwards a request must forward the same normalised values: what two requests share here must
// look the same to the origin, or one client gets what was made for another.
// Normalising changes only what the RFC lets a cache change: case, whitespace, and order where it has no meaning.

import type { Route } from "../../config/schema/schema.ts";
import { preferencesOf } from "./accept.ts";
import { acceptedForm } from "./accept-encoding.ts";
import type { Fields } from "./fields.ts";
import { isToken, membersOf } from "./list.ts";

/** What a response varies by. */
export type Vary =
  /** Lower-case, sorted, each once; none for a response that fits every request. */
  | { readonly kind: "fields"; readonly names: string[] }
  /** By something that no cache can compare: it fits no other request. */
  | { readonly kind: "any" };

/** Reads `Vary`. `*`, alone or among others, is anything; so is what is no field name, since it may hide one. */
export function varyOf(fields: Fields): Vary {
  const value = fields.get("vary");
  if (value === undefined) return { kind: "fields", names: [] };
  const names = membersOf(value).map((name) => name.toLowerCase());
  if (names.some((name) => name === "*" || !isToken(name))) return { kind: "any" };
  return { kind: "fields", names: [...new Set(names)].sort() };
}

/**
 * The value of a selecting request field in the one form that all equivalent values share; undefined if it counts as absent,
 * as an Accept or Accept-Language does that is not in the grammar. Idempotent.
 */
export function normaliseSelecting(name: string, value: string): string | undefined {
  switch (name) {
    case "accept-encoding":
      return acceptedForm(value);
    case "accept":
    case "accept-language":
      return preferencesOf(name, value);
    default:
      return combined(value);
  }
}

/**
 * The key of a request's variant under these selecting fields, in their order. A field that is absent differs from one that
 * is empty, except for Accept-Encoding, where both mean that nothing is to be encoded.
 */
export function variantKey(names: readonly string[], request: Fields): string {
  let key = "";
  for (const name of names) {
    const value = request.get(name) ?? (name === "accept-encoding" ? "" : undefined);
    const normal = value === undefined ? undefined : normaliseSelecting(name, value);
    // A value has no line feed in it, so no value can pass for another name.
    key += normal === undefined ? `${name}\n` : `${name}:${normal}\n`;
  }
  return key;
}

/**
 * The fields that every fill of a route sends to the origin, and by which requests do not share one, before any response has
 * said what it varies by; lower-case, sorted. Beside Accept-Encoding, which has six forms, these are the route's own; where
 * everything is forwarded, also what clients most often differ in.
 */
export function candidateNames(route: Route): string[] {
  const negotiating = route.forward === "all" ? ["accept", "accept-encoding", "accept-language"] : ["accept-encoding"];
  return [...new Set([...negotiating, ...ownNames(route)])].sort();
}

/** The route's own selecting fields, which select whether a response names them or not, since it was made with them. */
export const ownNames = (route: Route): string[] => route.variantHeaders.map((name) => name.toLowerCase());

/** Unknown syntax: whitespace around the commas of a list means nothing, and several lines are one list. */
const combined = (value: string): string => membersOf(value).join(", ");
