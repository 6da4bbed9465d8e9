// Control characters in field values. RFC 9110 section 5.5 calls them invalid, has CR, LF and NUL refused or replaced by a space, and
// leaves the others to the recipient. Some software refuses a whole message for one of them, so two ways to the same page would
// give two results.
// **Decided:** a request with one is refused, since no legitimate client sends it; in an origin's answer it becomes a space,
// since clients cannot fix it. A tab is white space, and bytes beyond ASCII are opaque: both pass.

const isControl = (code: number): boolean => (code < 0x20 && code !== 0x09) || code === 0x7f;

/** Whether a value has a control character other than a tab. */
export function hasControl(value: string): boolean {
  for (let index = 0; index < value.length; index += 1) if (isControl(value.charCodeAt(index))) return true;
  return false;
}

/** The value with a space for each control character. */
export const withoutControls = (value: string): string =>
  hasControl(value)
    ? Array.from(value, (character) => (isControl(character.charCodeAt(0)) ? " " : character)).join("")
    : value;
