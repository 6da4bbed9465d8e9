// Recognizes errors of a node's storage, and words the remedy. A Durable Object whose write fails is reset by the platform, and one
// whose database cannot be opened does not start: its callers get an error instead of an answer. The first has SQLite's code; the
// second is an "internal error" without a reason, and locally has no other cause.

const INTERNAL = /\binternal error; reference = /;

/** The storage fault behind `cause`, and the remedy; undefined for any other error. */
export function storageFault(cause: unknown): string | undefined {
  const text = String(cause);
  if (/\bSQLITE_FULL\b/.test(text)) return "its disk is full; free space where its state is stored";
  if (/\bSQLITE_(?:CORRUPT|NOTADB)\b/.test(text)) return "its database is damaged; restart the region";
  if (/\bSQLITE_(?:IOERR|CANTOPEN|READONLY|PERM)/.test(text) || INTERNAL.test(text)) {
    return "its storage is unusable; check whether the disk with its state is full, read-only or damaged";
  }
  return undefined;
}

/** The status of a node whose storage cannot be used (RFC 4918 section 11.5). */
export const STORAGE_FAILED_STATUS = 507;

/** The refusal for such a node's callers, in the form of a hub's refusals. `who`: the node's name for people. */
export const storageRefusal = (who: string, fault: string) => ({
  code: "storage-failed" as const,
  detail: `${who} could not do this: ${fault}, then retry`,
});
