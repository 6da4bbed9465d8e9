// The error for a start that fails for a reason that the user can fix. Any other error is a bug and keeps its own type.

/** Lines for the user, and the command line's exit code (2: usage or configuration). */
export class CannotLaunch extends Error {
  readonly exitCode: 1 | 2;

  constructor(exitCode: 1 | 2, ...lines: readonly string[]) {
    super(lines.join("\n"));
    this.exitCode = exitCode;
  }
}
