// Header (and trailer) fields as a value: lower-case names, order kept, duplicates kept (RFC 9110 section 5).
// Pure, so that the cache core needs no platform's `Headers`; shells convert at their edge.

/** One field line: lower-case name and value. */
export type FieldLine = readonly [name: string, value: string];

/** An ordered list of field lines. Methods that change it return nothing; copy with `Fields.from`. */
export class Fields implements Iterable<FieldLine> {
  #lines: FieldLine[] = [];

  /** Copies lines from any iterable of pairs (native `Headers`, another `Fields`, an array); names are lower-cased. */
  static from(lines: Iterable<readonly [string, string]>): Fields {
    const fields = new Fields();
    for (const [name, value] of lines) fields.append(name, value);
    return fields;
  }

  /** The combined value: lines joined by ", " (RFC 9110 section 5.3), or undefined if there is none. */
  get(name: string): string | undefined {
    let combined: string | undefined;
    for (const [lineName, value] of this.#lines) {
      if (lineName === name) combined = combined === undefined ? value : `${combined}, ${value}`;
    }
    return combined;
  }

  /** Every line's value of that name, in order. For fields that must not be combined (`set-cookie`). */
  all(name: string): string[] {
    return this.#lines.filter((line) => line[0] === name).map((line) => line[1]);
  }

  has(name: string): boolean {
    return this.#lines.some((line) => line[0] === name);
  }

  append(name: string, value: string): void {
    this.#lines.push([name.toLowerCase(), value]);
  }

  /** Replaces all lines of that name by one. */
  set(name: string, value: string): void {
    const lowerCase = name.toLowerCase();
    this.delete(lowerCase);
    this.#lines.push([lowerCase, value]);
  }

  delete(name: string): void {
    if (this.has(name)) this.#lines = this.#lines.filter((line) => line[0] !== name);
  }

  /** How much memory the lines take, roughly: two bytes a character. */
  get size(): number {
    return this.#lines.reduce((sum, [name, value]) => sum + 2 * (name.length + value.length) + 32, 0);
  }

  [Symbol.iterator](): IterableIterator<FieldLine> {
    return this.#lines[Symbol.iterator]();
  }
}
