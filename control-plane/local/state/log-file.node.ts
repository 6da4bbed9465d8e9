// A log on disk that never blocks or fails its caller: lines that cannot be written (a full disk, a missing folder) are counted
// and dropped, and their number is written once writing works again.

import { createWriteStream, type WriteStream } from "node:fs";

/** Appends lines to a file, readable by its owner only. */
export class LogFile {
  readonly #path: string;
  #stream: WriteStream | undefined;
  #dropped = 0;

  constructor(path: string) {
    this.#path = path;
  }

  line(text: string): void {
    const stream = this.#open();
    const lost = this.#dropped === 0 ? "" : `--- ${this.#dropped} lines before this one could not be written\n`;
    stream.write(`${lost}${text}\n`, (error) => {
      if (error) this.#dropped += 1;
      else if (lost !== "") this.#dropped = 0;
    });
  }

  close(): void {
    this.#stream?.end();
    this.#stream = undefined;
  }

  #open(): WriteStream {
    if (this.#stream !== undefined) return this.#stream;
    const stream = createWriteStream(this.#path, { flags: "a", mode: 0o600 });
    // The write's own callback counts what was lost; the next line tries a new stream.
    stream.on("error", () => {
      if (this.#stream === stream) this.#stream = undefined;
    });
    this.#stream = stream;
    return stream;
  }
}
