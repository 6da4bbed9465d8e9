// Makes foreign text (a purge's reason, an origin's message, another server's answer) safe for a terminal: characters that would
// move its cursor, change its title or reverse text direction are escaped.

// biome-ignore-all lint/suspicious/noControlCharactersInRegex: control characters are what this file looks for
/** The colours that this command line writes itself (picocolors); everything else behind an escape is not ours. */
const OWN_COLOURS = /\x1b\[(?:0|1|2|4|22|24|3[0-9]|9[0-7])m/y;

/**
 * Control characters (C0 without tab and line feed, DEL, C1), which terminals act on; line and paragraph separators and
 * characters that turn the direction of a line round, which make a line read as another one.
 */
const UNPRINTABLE = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/** `text` with every such character as `\u001b`, as JSON has it, so that JSON stays what it was. Our own colours pass. */
export const printable = (text: string): string =>
  text.replace(UNPRINTABLE, (character, offset: number) => {
    OWN_COLOURS.lastIndex = offset;
    if (character === "\x1b" && OWN_COLOURS.test(text)) return character;
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });

/** Whether a text has none of these characters, tabs and line ends included: what names and notes may hold. */
export const isPlain = (text: string): boolean => text.search(UNPRINTABLE) === -1 && !/[\t\n]/.test(text);
