// Text that is kept must not keep more than itself. In V8 a piece of a text (`slice`, `split`, a match) refers to the whole text,
// which then lives as long as the piece: ten characters of a URL can hold eight thousand. What a node keeps for long, and
// counts by its length, is copied first.

/** The same text in memory of its own. Costs one copy, so it is for what is stored, not for what passes. */
export const ownCopy = (text: string): string => ` ${text}`.slice(1);
