// The tags by which a response can be purged, from the fields that origins already send for this or other CDNs: Cache-Tag and
// Edge-Cache-Tag (commas), Surrogate-Key (spaces), Cache-Groups (RFC 9875, a structured list of strings). A tag that no
// purge could name (empty, too long, with a space) is left out; more tags than the limit make a response that is not
// stored, because a tag dropped in silence would be a purge that misses.

import { LIMITS } from "../../config/limits.ts";
import { EDGE_LIMITS } from "../limits.ts";
import { Fields } from "./fields.ts";
import { listOf } from "./structured.ts";
import { OWN_TARGETED_FIELD } from "./targeted.ts";

/** A response's tags, each once, in the order of their fields; at most `EDGE_LIMITS.tags`. Compared exactly, case included. */
export const tagsOf = (fields: Fields): string[] => allTags(fields).slice(0, EDGE_LIMITS.tags);

/** Whether a response has more tags than are kept; it must not be stored then. */
export const hasTooManyTags = (fields: Fields): boolean => allTags(fields).length > EDGE_LIMITS.tags;

function allTags(fields: Fields): string[] {
  const found = [
    ...(fields.get("cache-tag")?.split(",") ?? []),
    ...(fields.get("edge-cache-tag")?.split(",") ?? []),
    // Several lines were joined with a comma, which is no part of any key.
    ...(fields.get("surrogate-key")?.split(/[ ,]/) ?? []),
    ...groupsIn(fields.get("cache-groups")),
  ];
  const tags = new Set<string>();
  for (const text of found) {
    const tag = text.trim();
    if (isTag(tag)) tags.add(tag);
  }
  return [...tags];
}

/** Visible ASCII without comma, as the control API takes it. */
const isTag = (text: string): boolean => text.length <= LIMITS.tagCharacters && /^[\x21-\x2b\x2d-\x7e]+$/.test(text);

/** The groups of a list of strings. Other members are ignored, and so is a list that does not parse (RFC 9875 section 2). */
export function groupsIn(value: string | undefined): string[] {
  if (value === undefined) return [];
  return (listOf(value) ?? []).flatMap(([member]) => (typeof member === "string" ? [member] : []));
}

/** Fields that are for caches like this one alone. CDN-Cache-Control and Cache-Groups stay: caches after us may use them. */
const CONTROL_FIELDS: ReadonlySet<string> = new Set([
  "cache-tag",
  "edge-cache-tag",
  "surrogate-control",
  "surrogate-key",
  OWN_TARGETED_FIELD,
]);

/** A copy without the fields that only speak to us; for clients, never between tiers. */
export function withoutControlFields(fields: Fields): Fields {
  const rest = new Fields();
  for (const [name, value] of fields) if (!CONTROL_FIELDS.has(name)) rest.append(name, value);
  return rest;
}
