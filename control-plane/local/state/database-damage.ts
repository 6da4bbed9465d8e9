// Decides what to do about damaged databases of a region. Meters' counts, alarms and the runtime's own files are moved aside:
// they contain nothing that was promised. A hub's log differs, since it contains acknowledged purges.
// **Decided: a damaged log is replaced only while another hub has its events.** An acknowledged purge is in two hubs' logs, so
// one of several logs may be lost: its hub starts a new log under a new identity and copies the events from the others. The only
// log, or two of them, may be all that is left of a receipt: then the start is refused, and the user decides. Nothing stale would
// be served either way, since every cache starts empty.

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
        "It contains acknowledged purges, and no other region's hub is certain to have them all.",
        "To start without them, losing their receipts and idempotency keys, move it away:",
        ...logs.map(({ file }) => `  mv '${folderOf(file)}' '${folderOf(file)}.damaged'`),
        "Nothing stale will be served, since every cache starts empty. Or keep it, and start with a new folder: npm start -- --state FOLDER",
      ],
    };
  }
  return { kind: "move-aside", notices: damaged.map(noticeOf) };
}

/** What to move away to start a new log: the database's folder, or the file in place of a folder. */
const folderOf = (file: string): string => (file.endsWith(".sqlite") ? file.slice(0, file.lastIndexOf("/")) : file);

function noticeOf({ region, file, holds, detail }: DamagedDatabase): string {
  const consequence =
    holds === "hub-log"
      ? `The hub of ${region} starts a new log and copies the other hubs' events`
      : "Metric counts may restart from zero; nothing else is lost";
  return `${file} was damaged (${detail}) and was moved aside. ${consequence}.`;
}

/**
 * Whether SQLite's result code (extended, https://sqlite.org/rescode.html) is one of a disk that fails or is full. SQLite makes a
 * file next to a database to look at it, so such a code says nothing of the database, and a sound log must not be given up for it.
 */
export const isDiskFault = (code: number): boolean => [SQLITE_IOERR, SQLITE_FULL].includes(code & 0xff);
const SQLITE_IOERR = 10;
const SQLITE_FULL = 13;
