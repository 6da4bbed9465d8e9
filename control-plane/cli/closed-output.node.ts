// Handles output that has lost its reader (`| head -1`, `| true`, a closed terminal).
// A command exits quietly at once, with the code that a shell shows for a tool killed by SIGPIPE. A run of the whole CDN
// continues without output. Output that cannot be written for another reason (a full disk) is an ordinary failure.

/** The exit code of a tool whose reader is gone: 128 plus the number of SIGPIPE, as for `yes | head -1` in any shell. */
const EXIT_CLOSED_PIPE = 141;

/** No reader: the other end of the pipe is closed, or the terminal is gone. */
const isClosed = ({ code }: NodeJS.ErrnoException): boolean =>
  code === "EPIPE" || code === "EIO" || code === "ENXIO" || code === "ERR_STREAM_DESTROYED" || code === "EBADF";

/** For commands: exits when the result has no reader. Messages on standard error may go unread. */
export function endWithReader(): void {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (isClosed(error)) process.exit(EXIT_CLOSED_PIPE);
    throw error;
  });
  process.stderr.on("error", (error: NodeJS.ErrnoException) => {
    if (!isClosed(error)) throw error;
  });
}

/** For a run that others rely on: no output fault stops it. */
export function outliveReader(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.removeAllListeners("error");
    stream.on("error", () => undefined);
  }
}
