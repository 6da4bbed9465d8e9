// Which errors mean that a node's storage cannot be used, and what to do about it. A Durable Object whose write fails is reset
// by the platform, and one whose database cannot be opened does not start: its callers get an error in place of an answer.
// SQLite's own code stands in the first; the second is an "internal error" that gives no reason, and locally has no other cause.

const INTERNAL = /\binternal error; reference = /;

/** What is wrong with the storage of the node that failed with `cause`, and the remedy; undefined for any other error. */
export function storageFault(cause: unknown): string | undefined {
  const text = String(cause);
  if (/\bSQLITE_FULL\b/.test(text)) return "its disk has no space left: make space where its state is kept";
  if (/\bSQLITE_(?:CORRUPT|NOTADB)\b/.test(text)) return "its database is damaged: start the region again";
  if (/\bSQLITE_(?:IOERR|CANTOPEN|READONLY|PERM)/.test(text) || INTERNAL.test(text)) {
    return "its storage cannot be used: look whether the disk where its state is kept is full, read-only or damaged";
  }
  return undefined;
}

/** The status of a node whose storage cannot be used (RFC 4918 section 11.5). */
export const STORAGE_FAILED_STATUS = 507;

/** What such a node's callers are told, in the form of a hub's refusals. `who`: the node, for people. */
export const storageRefusal = (who: string, fault: string) => ({
  code: "storage-failed" as const,
  detail: `${who} did not carry this out, for ${fault}; then send it again`,
});
