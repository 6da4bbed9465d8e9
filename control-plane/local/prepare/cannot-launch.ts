// Why a run cannot start, in words for its user. Everything that the user can mend ends in this error; anything else is a
// mistake of ours and keeps its own.

/** Lines for the user, and the command line's exit code (2: usage or configuration). */
export class CannotLaunch extends Error {
  readonly exitCode: 1 | 2;

  constructor(exitCode: 1 | 2, ...lines: readonly string[]) {
    super(lines.join("\n"));
    this.exitCode = exitCode;
  }
}
