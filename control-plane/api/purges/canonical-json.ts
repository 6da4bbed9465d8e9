// One text for each JSON value, so that a signature does not depend on the order of members or on white space: RFC 8785. Members
// are sorted by their names' UTF-16 code units; strings and numbers are written as ECMAScript writes them, which is what the
// RFC demands (sections 3.2.2 and 3.2.3). It reads no text: what is not JSON never comes here.

/** The canonical text of a JSON value. Members that are undefined are left out, as JSON.stringify leaves them out. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`);
  return `{${members.join(",")}}`;
}
