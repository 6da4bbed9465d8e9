// Runs one command of the command line in this process, with a terminal that remembers: what was written where, and how it
// ended. Usage errors become exit code 2 as in main.node.ts.

import { Command, CommanderError } from "commander";
import pc from "picocolors";
import type { Terminal } from "../../../control-plane/cli/terminal.node.ts";

export interface CommandRun {
  readonly out: string;
  readonly err: string;
  readonly exit: number | undefined;
}

export interface Surroundings {
  readonly environment?: Record<string, string>;
  readonly folder?: string;
  readonly input?: string;
  /** Called with the terminal's interrupt, for commands that go on until Ctrl-C. */
  readonly interrupt?: (interrupt: () => void) => void;
  /** Called after each line of the result. */
  readonly onOut?: (line: string) => void;
}

/** A folder without `.meridian` at or above it. */
const NOWHERE = "/nonexistent-folder-of-a-test";

export async function runCommand(
  register: (program: Command, terminal: Terminal) => void,
  args: readonly string[],
  surroundings: Surroundings = {},
): Promise<CommandRun> {
  const out: string[] = [];
  const err: string[] = [];
  let exit: number | undefined;
  const terminal: Terminal = {
    out: (line) => {
      out.push(line);
      surroundings.onOut?.(line);
    },
    err: (line) => err.push(line),
    clear: () => undefined,
    colours: pc.createColors(false),
    watched: false,
    environment: surroundings.environment ?? {},
    folder: surroundings.folder ?? NOWHERE,
    input: async () => surroundings.input ?? "",
    exit: (code) => {
      exit = code;
    },
    onInterrupt: (callback) => surroundings.interrupt?.(callback),
  };
  const program = new Command("meridian");
  register(program, terminal);
  const prepare = (command: Command): void => {
    command.exitOverride().configureOutput({ writeErr: (text) => err.push(text), writeOut: (text) => out.push(text) });
    command.commands.forEach(prepare);
  };
  prepare(program);
  try {
    await program.parseAsync([...args], { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    exit = error.exitCode === 0 ? 0 : 2;
  }
  return { out: out.join("\n"), err: err.join("\n"), exit };
}
