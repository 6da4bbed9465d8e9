// What is done about databases of a region that are damaged. Meters' counts, alarms and the runtime's own books are moved
// aside: nothing that was promised is in them. A hub's log is another matter, for it holds purges that were acknowledged.
// **Decided: a damaged log is replaced only while another hub holds what it held.** An acknowledged purge is in two hubs'
// logs, so of several logs one may be missing: its hub begins a new log under a new identity and takes the events from the
// others. The only log, or two of them, may be all that is left of a receipt: then the start is refused, and its user
// decides. Nothing stale would be served either way, since every cache begins empty.

import type { RegionId } from "../../../config/world/regions.ts";

/** A database file that cannot be used, or a file in the place of a folder of databases. */
export interface DamagedDatabase {
  readonly region: RegionId;
  /** The file, and whether it is a hub's log. */
  readonly file: string;
  readonly holds: "hub-log" | "other";
  readonly detail: string;
}

export type DatabasePlan =
  | { readonly kind: "move-aside"; readonly notices: readonly string[] }
  | { readonly kind: "refuse"; readonly lines: readonly string[] };

/** What to do about `damaged`, where `soundLogs` hubs' logs of this run are whole. */
export function planForDatabases(damaged: readonly DamagedDatabase[], soundLogs: number): DatabasePlan {
  const logs = damaged.filter(({ holds }) => holds === "hub-log");
  if (logs.length > 1 || (logs.length === 1 && soundLogs === 0)) {
    return {
      kind: "refuse",
      lines: [
        ...logs.map(({ region, file, detail }) => `The log of ${region}'s hub is damaged: ${file} (${detail}).`),
        "It holds purges that were acknowledged, and no other region's hub is sure to hold them all.",
        "To begin without them, so that their receipts and idempotency keys are unknown from then on, move it away:",
        ...logs.map(({ file }) => `  mv '${folderOf(file)}' '${folderOf(file)}.damaged'`),
        "Nothing stale is served then, for every cache begins empty. Or keep it, and start with a new folder: npm start -- --state FOLDER",
      ],
    };
  }
  return { kind: "move-aside", notices: damaged.map(noticeOf) };
}

/** What has to go for a log to begin anew: the folder around a database, or the file that stands in the place of a folder. */
const folderOf = (file: string): string => (file.endsWith(".sqlite") ? file.slice(0, file.lastIndexOf("/")) : file);

function noticeOf({ region, file, holds, detail }: DamagedDatabase): string {
  const consequence =
    holds === "hub-log"
      ? `The hub of ${region} begins a new log and takes what the other regions' hubs hold`
      : "Counts of metrics may begin anew; nothing else is lost";
  return `${file} was damaged (${detail}) and was moved aside. ${consequence}.`;
}

/**
 * Whether SQLite's result code (extended, https://sqlite.org/rescode.html) is one of a disk that fails or is full. SQLite makes a
 * file beside a database to look at it, so such a code says nothing of the database, and a sound log must not be given up for it.
 */
export const isDiskFault = (code: number): boolean => [SQLITE_IOERR, SQLITE_FULL].includes(code & 0xff);
const SQLITE_IOERR = 10;
const SQLITE_FULL = 13;
