// Filters the fields that a proxy forwards, keeping order and spelling (RFC 9110 section 7.6.1). Works on Node's raw headers: a
// flat list of name, value, name, value.

import { HOP_BY_HOP } from "../../../config/schema/reserved-fields.ts";

/**
 * The fields of `raw` without those of the connection, without those that `connection` names, and without `dropped`:
 * lower-case names, or beginnings of names that end in `*`.
 */
export function endToEnd(raw: readonly string[], connection: string | undefined, dropped: readonly string[]): string[] {
  const named = new Set((connection ?? "").toLowerCase().split(/\s*,\s*/));
  const kept: string[] = [];
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const [name = "", value = ""] = [raw[index], raw[index + 1]];
    const lower = name.toLowerCase();
    const isDropped = dropped.some((rule) =>
      rule.endsWith("*") ? lower.startsWith(rule.slice(0, -1)) : lower === rule,
    );
    if (!HOP_BY_HOP.has(lower) && !named.has(lower) && !isDropped) kept.push(name, value);
  }
  return kept;
}
