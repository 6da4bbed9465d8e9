// Canonical JSON (RFC 8785): one text for each JSON value, so that a signature does not depend on member order or white space.
// Members are sorted by their names' UTF-16 code units; strings and numbers are serialized as in ECMAScript, as the RFC requires
// (sections 3.2.2 and 3.2.3). Serializes only: it never parses text.

/** The canonical text of a JSON value. Undefined members are omitted, as by JSON.stringify. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`);
  return `{${members.join(",")}}`;
}
