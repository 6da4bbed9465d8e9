// A command's access to its process: output, input, environment, and whether a person is watching.
// Results go to `out`, messages to `err`, so that `--json` can always be piped. Tests pass their own.
// All terminal output goes through here, and control characters that an attacker may have put into it are neutralized.

import { text } from "node:stream/consumers";
import pc from "picocolors";
import { printable } from "../../config/printable.ts";

export interface Terminal {
  /** Writes one line of the result. */
  readonly out: (line: string) => void;
  /** Writes one line of messages: errors, hints, progress. */
  readonly err: (line: string) => void;
  /** Clears the screen of a terminal; writes nothing to a file or a pipe. */
  readonly clear: () => void;
  /** Colours, which leave text unchanged if `out` is no terminal or NO_COLOR is set. */
  readonly colours: ReturnType<typeof pc.createColors>;
  /** Whether a person watches `err`: a progress bar makes sense. */
  readonly watched: boolean;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly folder: string;
  /** Everything on standard input. */
  readonly input: () => Promise<string>;
  /** Sets the exit code. */
  readonly exit: (code: number) => void;
  /** Calls back on the first Ctrl-C, which then does not exit the process. */
  readonly onInterrupt: (callback: () => void) => void;
}

/** The terminal of this process. */
export const processTerminal = (): Terminal => ({
  out: (line) => process.stdout.write(`${printable(line)}\n`),
  err: (line) => process.stderr.write(`${printable(line)}\n`),
  clear: () => {
    if (process.stdout.isTTY === true) process.stdout.write("\u001b[2J\u001b[H");
  },
  colours: pc.createColors(process.stdout.isTTY === true && pc.isColorSupported),
  watched: process.stderr.isTTY === true,
  environment: process.env,
  folder: process.cwd(),
  input: () => text(process.stdin),
  exit: (code) => {
    process.exitCode = code;
  },
  onInterrupt: (callback) => process.once("SIGINT", callback),
});
