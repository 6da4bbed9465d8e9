// Selects and words the runtime's log lines for the user's screen. All lines go to the region's log; the screen gets one line per
// error, without its stack, and none that is known to be harmless. The same line is not repeated for a while, so that a fault
// of every request does not bury everything else.

import { storageFault } from "../../../config/storage-fault.ts";
import { LOCAL_LIMITS } from "../limits.ts";

/** A line as the runtime writes it. */
export interface RuntimeLine {
  readonly level: string;
  readonly message: string;
}

/** Harmless errors of the runtime, each with its reason. */
const HARMLESS: readonly RegExp[] = [
  // A process that is stopped at once cancels the alarms of its objects; they are kept, and run after the next start.
  /NOSENTRY SQLite alarm handler canceled/,
  // A client or a peer hung up, or a region was stopped: the caller notices by itself and reports what matters.
  /Network connection lost/i,
  /disconnected: (?:peer disconnected|connection (?:reset|closed)|read end)/i,
  /(?:ECONNRESET|ECONNREFUSED|EPIPE|Connection reset by peer|Connection refused|Broken pipe)/,
  // The runtime writes the cause of an internal error in a line of its own; this one repeats that there was one.
  /^Uncaught exception: .*\binternal error; reference = /,
  /NOSENTRY output lock broke/,
  // A body that must not end well is failed on purpose, and the runtime, which writes it to the next tier, calls that uncaught: no
  // code of ours holds the promise. These are its readers' doing: they went away, or took nothing for minutes.
  /^Uncaught exception: .*\.Error: (?:the origin's body was never read|the reader (?:gave up|of the origin's body paused)|nobody reads this body)/,
];

/**
 * What a line says of an origin that stalled in the middle of a body; undefined for any other line. The runtime writes such a
 * line for a body that we fail because no more of it comes.
 */
export function stallNews({ level, message }: RuntimeLine): string | undefined {
  if (level !== "error" && level !== "fatal") return undefined;
  const [, pause] = /^Uncaught exception: .*\.Error: the (?:origin's )?body paused for (\d+) ms/.exec(message) ?? [];
  if (pause === undefined) return undefined;
  return `an origin sent nothing for ${Number(pause) / 1000} s in the middle of a body: the response was aborted, and is not stored`;
}

/** Why a runtime did not start, by what it wrote before it ended. `folder`: where the region keeps its state. */
export function whyNotStarted(written: string, folder: string): string {
  const fault = storageFault(written);
  if (fault !== undefined) return `${fault} (${folder})`;
  const message = /"message":"((?:[^"\\]|\\.)*)"/.exec(written)?.[1];
  if (message === undefined) return "its runtime exited at once";
  return (JSON.parse(`"${message}"`) as string).replaceAll("\n", " ");
}

/**
 * What a line says of the region's storage, of which it only names SQLite's code; undefined for any other line. `folder`: where
 * the region keeps its state.
 */
export function storageNews({ level, message }: RuntimeLine, folder: string): string | undefined {
  if (level !== "error" && level !== "fatal") return undefined;
  const fault = /\bSQLITE_/.test(message) ? storageFault(message) : undefined;
  if (fault === undefined) return undefined;
  return `it cannot store purges: ${fault} (${folder}). It refuses purges until then, and resumes by itself`;
}

/** What a line is to a user: undefined if it stays in the log. */
export function screenText({ level, message }: RuntimeLine): string | undefined {
  if (level !== "error" && level !== "fatal") return undefined;
  if (HARMLESS.some((pattern) => pattern.test(message))) return undefined;
  const first = message.split("\n", 1)[0]?.trim() ?? "";
  if (first === "") return undefined;
  return first.length <= LOCAL_LIMITS.screenLineCharacters
    ? first
    : `${first.slice(0, LOCAL_LIMITS.screenLineCharacters - 3)}...`;
}

/** What a shard says of its breaker before an origin; undefined for any other line. */
export function originNews({ message }: RuntimeLine): { readonly origin: string; readonly text: string } | undefined {
  const [, origin, state] = /^\{"origin":"([\w-]+)","breaker":"(opened|closed)"\}$/.exec(message.trim()) ?? [];
  if (origin === undefined) return undefined;
  const text =
    state === "closed"
      ? `the origin "${origin}" answers again`
      : `the origin "${origin}" fails repeatedly: it gets only occasional requests until it answers`;
  return { origin, text };
}

/** Words an edge's warning about request fields that an origin varies on but does not receive; undefined for any other line. */
export function withheldNews({ message }: RuntimeLine): string | undefined {
  const found = /^\{"route":"([a-z0-9-]+)","varyWithheld":\["([^\\\]]+)"\]\}$/.exec(message.trim());
  const [, route, fields] = found ?? [];
  if (route === undefined || fields === undefined) return undefined;
  const names = fields.split('","');
  if (names.includes("user-agent") && names.length === 1) {
    return `route "${route}": its origin varies on User-Agent, but receives the same value for all clients: set key.device, or list it in variantHeaders`;
  }
  const listed = names.join(", ");
  return `route "${route}": its origin varies on ${listed}: such requests are not cached; list them in variantHeaders, set detectVary or a framework`;
}

/** Remembers recent lines; bounded. */
export class Repetition {
  readonly #saidAt = new Map<string, number>();

  /** Whether to print `text` at `now`; then not again for `LOCAL_LIMITS.repeatedLineMillis`. */
  isNews(text: string, now: number): boolean {
    for (const [old, at] of this.#saidAt) {
      if (now - at < LOCAL_LIMITS.repeatedLineMillis) break;
      this.#saidAt.delete(old);
    }
    // With so many different faults more lines would not help, and the log has them.
    if (this.#saidAt.has(text) || this.#saidAt.size >= LOCAL_LIMITS.repeatedLines) return false;
    this.#saidAt.set(text, now);
    return true;
  }
}
