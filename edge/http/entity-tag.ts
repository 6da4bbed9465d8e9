// Entity tags (RFC 9110 section 8.8.3) and the two ways to compare them: strong for parts of a body, weak for "is it still the
// same". Some servers send tags without quotes and some clients send them back so: these are compared letter by letter.
// Never throws; a tag that is no tag equals at most its own spelling.

/** Strong comparison: the same spelling, and neither is weak (RFC 9110 section 8.8.3.2). */
export const equalsStrongly = (left: string, right: string): boolean =>
  left === right && left !== "" && !isWeak(left) && !isWeak(right);

/** Weak comparison: the same but for the mark of weakness. */
export const equalsWeakly = (left: string, right: string): boolean =>
  opaque(left) === opaque(right) && opaque(left) !== "";

/** The tags of `If-Match` or `If-None-Match`; a comma may stand inside a tag's quotes. */
export const tagsIn = (value: string): string[] => value.match(/(?:[Ww]\/)?"[^"]*"|[^\s,]+/g) ?? [];

/** Only the capital letter is a mark of weakness (RFC 9110 section 8.8.3); the small one is forgiven, as it can mean nothing else. */
export const isWeak = (tag: string): boolean => /^[Ww]\//.test(tag);
const opaque = (tag: string): string => (isWeak(tag) ? tag.slice(2) : tag);
