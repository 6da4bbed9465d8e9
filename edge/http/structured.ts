// Structured fields (RFC 9651, which replaced RFC 8941) through the npm package `structured-headers`, which throws on bad
// input. What other people's servers send is expected to be bad now and then, so here a bad field is an answer: undefined.
// RFC 9651 section 4.2 demands exactly that: a field that does not parse is ignored whole, never repaired.

import { type Dictionary, type List, parseDictionary, parseList } from "structured-headers";

/** A Dictionary; empty for an empty value, undefined if it does not parse. */
export const dictionaryOf = (value: string): Dictionary | undefined => parsed(parseDictionary, value);

/** A List; empty for an empty value, undefined if it does not parse. */
export const listOf = (value: string): List | undefined => parsed(parseList, value);

function parsed<Field>(parse: (value: string) => Field, value: string): Field | undefined {
  try {
    return parse(value);
  } catch {
    // Not only its ParseError: at the end of its input the parser may also run into a TypeError. Both mean "does not parse".
    return undefined;
  }
}
