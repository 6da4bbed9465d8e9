// Brings a list of weighted preferences (Accept, Accept-Language: RFC 9110 section 12.4.2) into one form: elements in lower case,
// heaviest first, equal ones by name, weights written one way. An element that it cannot read leaves the whole value to
// the caller: a guess could make two different wishes look the same.

import { membersOf } from "./list.ts";

interface Preference {
  readonly text: string;
  readonly weight: number;
}

/** The value in its one form; undefined if some element is not understood. Idempotent. */
export function preferencesOf(value: string): string | undefined {
  const preferences: Preference[] = [];
  for (const member of membersOf(value)) {
    const preference = preferenceOf(member);
    if (preference === undefined) return undefined;
    preferences.push(preference);
  }
  preferences.sort((left, right) => right.weight - left.weight || compare(left.text, right.text));
  return preferences.map(({ text, weight }) => (weight === 1 ? text : `${text};q=${weight}`)).join(", ");
}

function preferenceOf(member: string): Preference | undefined {
  const [range = "", ...parameters] = membersOf(member, ";");
  if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+(?:\/[!#$%&'*+.^_`|~0-9A-Za-z-]+)?$/.test(range)) return undefined;
  let text = range.toLowerCase();
  let weight = 1;
  for (const [index, parameter] of parameters.entries()) {
    const equals = parameter.indexOf("=");
    const name = (equals < 0 ? parameter : parameter.slice(0, equals)).toLowerCase();
    const argument = equals < 0 ? "" : parameter.slice(equals);
    if (name !== "q") {
      // The value of a parameter may be sensitive to case; its name never is.
      text += `;${name}${argument}`;
      continue;
    }
    // The weight ends the element; what old software put behind it has no meaning any more.
    if (index !== parameters.length - 1 || !/^=(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/.test(argument)) return undefined;
    weight = Number(argument.slice(1));
  }
  return { text, weight };
}

/** By code unit, since a locale would make it depend on the machine. */
const compare = (left: string, right: string): number => (left < right ? -1 : left > right ? 1 : 0);
