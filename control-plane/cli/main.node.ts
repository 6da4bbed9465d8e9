// The command line: `npx meridian` and, as `up`, `npm start`. Each command is a file in commands/ that registers itself.
// Exit codes of the whole tool: 0 done, 1 failed, 2 bad usage or configuration, 3 done in part. A command sets
// `process.exitCode` and returns; only unexpected errors arrive here, and each prints one line, never a stack.

import { readFileSync } from "node:fs";
import { Command, CommanderError } from "commander";
import { printable } from "../../config/printable.ts";
import { endWithReader } from "./closed-output.node.ts";

/** Commands in the order that `--help` lists them. */
const COMMANDS = ["up", "purge", "prefetch", "status", "latency", "explain", "region", "distances", "token", "sign"];

endWithReader();
const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
  readonly version: string;
};
const program = new Command("meridian")
  .description("Run, purge, measure and operate a Meridian CDN.")
  .version(version, "-V, --version", "print the version")
  .exitOverride()
  .showHelpAfterError("(see --help)");

for (const name of COMMANDS) {
  const command = (await import(`./commands/${name}.node.ts`)) as { readonly register: (program: Command) => void };
  command.register(program);
}
// Existing subcommands do not inherit the override: without this a usage error would exit with 1.
const overrideExit = (command: Command): void => {
  command.exitOverride();
  command.commands.forEach(overrideExit);
};
overrideExit(program);

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : 2;
  } else {
    console.error(printable(`meridian: ${error instanceof Error ? error.message : String(error)}`));
    process.exitCode = 1;
  }
}
