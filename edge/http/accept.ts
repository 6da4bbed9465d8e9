// Brings a list of weighted preferences (Accept, Accept-Language: RFC 9110 section 12.4.2) into one form: elements in lower case,
// heaviest first, equal ones by name, weights written one way. A value that is not in the grammar, or is longer than real
// clients write, counts as absent: it is neither sent to an origin nor does it select, so no client gets text of its choice
// to an origin in such a field. "Anything" (`*/*`, `*`) says as much as no field at all, and counts as absent too.

import { EDGE_LIMITS } from "../limits.ts";
import { membersOf } from "./list.ts";

interface WeightedRange {
  readonly text: string;
  readonly weight: number;
}

/** What an element may be: a media range (RFC 9110 section 12.5.1) or a language range (RFC 4647 section 2.1). */
const RANGES = {
  accept: /^(?:\*\/\*|[!#$%&'*+.^_`|~0-9A-Za-z-]+\/[!#$%&'*+.^_`|~0-9A-Za-z-]+)$/,
  "accept-language": /^(?:\*|[A-Za-z]{1,8}(?:-[0-9A-Za-z]{1,8})*)$/,
} as const;

/** The value in its one form; undefined if it is no such list, or says nothing. Idempotent. */
export function preferencesOf(name: keyof typeof RANGES, value: string): string | undefined {
  if (value.length > EDGE_LIMITS.preferenceCharacters) return undefined;
  const preferences: WeightedRange[] = [];
  for (const member of membersOf(value)) {
    const preference = preferenceOf(name, member);
    if (preference === undefined) return undefined;
    preferences.push(preference);
  }
  preferences.sort((left, right) => right.weight - left.weight || compare(left.text, right.text));
  const text = preferences.map((each) => (each.weight === 1 ? each.text : `${each.text};q=${each.weight}`)).join(", ");
  return text === "" || text === "*" || text === "*/*" ? undefined : text;
}

function preferenceOf(name: keyof typeof RANGES, member: string): WeightedRange | undefined {
  const [range = "", ...parameters] = membersOf(member, ";");
  if (!RANGES[name].test(range)) return undefined;
  let text = range.toLowerCase();
  let weight = 1;
  for (const [index, parameter] of parameters.entries()) {
    const equals = parameter.indexOf("=");
    const parameterName = (equals < 0 ? parameter : parameter.slice(0, equals)).toLowerCase();
    const argument = equals < 0 ? "" : parameter.slice(equals);
    if (parameterName !== "q") {
      if (name !== "accept" || !PARAMETER.test(`${parameterName}${argument}`)) return undefined;
      // The value of a parameter may be sensitive to case; its name never is.
      text += `;${parameterName}${argument}`;
      continue;
    }
    // The weight ends the element; what old software put behind it has no meaning any more.
    if (index !== parameters.length - 1 || !/^=(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/.test(argument)) return undefined;
    weight = Number(argument.slice(1));
  }
  return { text, weight };
}

/** A parameter of a media range (RFC 9110 section 5.6.6), without the escapes that a quoted value may have. */
const PARAMETER = /^[!#$%&'*+.^_`|~0-9a-z-]+=(?:[!#$%&'*+.^_`|~0-9A-Za-z-]+|"[\t !#-[\]-~]*")$/;

/** By code unit, since a locale would make it depend on the machine. */
const compare = (left: string, right: string): number => (left < right ? -1 : left > right ? 1 : 0);
