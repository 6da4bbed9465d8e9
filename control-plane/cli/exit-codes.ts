// The exit codes of every command, which scripts rely on and that do not change. `main.node.ts` exits with 2 for commander's errors.

/** A command's result. */
export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  /** Some of it was done: a purge that not every region has applied, a measurement with failed probes. */
  partial: 3,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
