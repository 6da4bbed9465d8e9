// Comma-separated lists as HTTP had them before structured fields (RFC 9110 section 5.6.1): members, optional whitespace, empty
// members to be ignored, quoted strings in which a comma is only a comma. A quote that never closes is taken for an
// ordinary character, because it must not swallow what comes after it: a `no-store` behind it still counts.
// Time is linear in the length for any value, since clients and origins write these values.

/** The members of a list, trimmed, empty ones left out. With `;` the parameters of one member (RFC 9110 section 5.6.6). */
export function membersOf(value: string, separator: "," | ";" = ","): string[] {
  const members: string[] = [];
  let start = 0;
  let position = 0;
  let quotesClose = true;
  while (position < value.length) {
    const character = value[position];
    if (character === '"' && quotesClose) {
      const end = closingQuote(value, position);
      quotesClose = end !== undefined;
      position = end ?? position;
    } else if (character === separator) {
      keep(members, value, start, position);
      start = position + 1;
    }
    position += 1;
  }
  keep(members, value, start, value.length);
  return members;
}

/** Where the quoted string that begins at `open` ends; undefined if it does not. */
function closingQuote(value: string, open: number): number | undefined {
  for (let position = open + 1; position < value.length; position += 1) {
    if (value[position] === "\\") position += 1;
    else if (value[position] === '"') return position;
  }
  return undefined;
}

function keep(members: string[], value: string, from: number, to: number): void {
  let start = from;
  let end = to;
  while (start < end && isWhitespace(value[start])) start += 1;
  while (end > start && isWhitespace(value[end - 1])) end -= 1;
  if (start < end) members.push(value.slice(start, end));
}

/** Optional whitespace is space and tab only (RFC 9110 section 5.6.3); what `trim` removes beyond that may be part of a value. */
const isWhitespace = (character: string | undefined): boolean => character === " " || character === "\t";

/** Whether a text is a name as fields and directives have it (RFC 9110 section 5.6.2). */
export const isToken = (text: string): boolean => /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(text);
