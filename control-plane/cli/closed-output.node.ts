// What happens when nobody reads this process's output any more (`| head -1`, `| true`, a terminal that went away).
// A command ends at once and quietly, with the code that a shell shows of any tool that SIGPIPE ends. A run of the whole CDN
// goes on without its words. Output that cannot be written for another reason (a full disk) is a failure as any other.

/** The exit code of a tool whose reader is gone: 128 and the number of SIGPIPE, as `yes | head -1` has it in any shell. */
const EXIT_CLOSED_PIPE = 141;

/** No reader: the other end of the pipe is closed, or the terminal is gone. */
const isClosed = ({ code }: NodeJS.ErrnoException): boolean =>
  code === "EPIPE" || code === "EIO" || code === "ENXIO" || code === "ERR_STREAM_DESTROYED" || code === "EBADF";

/** For commands: ends the process when its result has no reader. What is said about the result may go unread. */
export function endWithReader(): void {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (isClosed(error)) process.exit(EXIT_CLOSED_PIPE);
    throw error;
  });
  process.stderr.on("error", (error: NodeJS.ErrnoException) => {
    if (!isClosed(error)) throw error;
  });
}

/** For a run that others rely on: no fault of an output ends it. */
export function outliveReader(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.removeAllListeners("error");
    stream.on("error", () => undefined);
  }
}
