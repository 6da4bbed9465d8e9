// What a command sees of the process it runs in: where to write, whether a person is watching, and what it was given.
// Results go to `out`, everything said about them to `err`, so that `--json` can always be piped. Tests hand in their own.
// This is the one place where text reaches the terminal: what an attacker may have put into it is made harmless here.

import { text } from "node:stream/consumers";
import pc from "picocolors";
import { printable } from "../../config/printable.ts";

export interface Terminal {
  /** Writes one line of the result. */
  readonly out: (line: string) => void;
  /** Writes one line about it: errors, hints, progress. */
  readonly err: (line: string) => void;
  /** Empties the screen, where somebody looks at one: a file or a pipe gets nothing. */
  readonly clear: () => void;
  /** Colours, each of which leaves text as it is where `out` is no terminal or NO_COLOR is set. */
  readonly colours: ReturnType<typeof pc.createColors>;
  /** Whether a person watches `err`: a progress bar makes sense. */
  readonly watched: boolean;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly folder: string;
  /** Everything on standard input. */
  readonly input: () => Promise<string>;
  /** Sets how the command ended. */
  readonly exit: (code: number) => void;
  /** Calls back on the first Ctrl-C, which then does not end the process by itself. */
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
