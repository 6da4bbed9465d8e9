// The body of a large object on its way: cut into segments as it passes, each handed to its owner when it is whole, and read
// along by requests that need it now. It goes at the pace of its fastest reader, one segment ahead; slower readers take what has
// passed from its owner. So any number of readers cost one fetch, and a few segments of memory. With its last reader gone it
// ends after the segment under way, or rests for a while. It never lets a body that ends early end well.

import { type Millis, millis } from "../../../config/units.ts";
import { roomIn } from "../../body/pump.ts";
import type { After, ByteSource } from "../../body/source.ts";
import { Spool } from "../../body/spool.ts";
import type { ByteRange } from "../../http/range.ts";
import type { SegmentSet } from "../../tier/wire.ts";
import { SHARD_LIMITS } from "../limits.ts";
import { rangeOf, wholeSegmentsIn } from "./segments.ts";

export interface PassingPorts {
  readonly after: After;
  /** How long it waits for another reader when the last one has left; none by default. */
  readonly lingers?: () => Millis | undefined;
  /** Hands a whole segment to its owner. Never rejects: one that cannot be kept is asked for again. */
  readonly keep: (index: number, bytes: Uint8Array) => Promise<void>;
  /** The body has ended, well or not. */
  readonly finished: () => void;
}

/** One reader's hold on a passing body. */
export interface PassingReader {
  /**
   * The segment from its first byte; undefined where it has passed already, or will not come `soon`. `however-far` waits for
   * one that can be had in no other way: the body then comes as fast as it can until there.
   */
  segment(index: number, patience?: "soon" | "however-far"): ByteSource | undefined;
  leave(): void;
}

export class Passing {
  readonly #source: ByteSource;
  readonly #set: SegmentSet;
  readonly #covered: ByteRange;
  readonly #ports: PassingPorts;
  /** Segments that a reader waits for, that come now, or that their owner has not got yet. */
  readonly #spools = new Map<number, Spool>();
  readonly #last: number;
  /** The segment that will be read next. */
  #next: number;
  #wanted = -1;
  #readers = 0;
  /** Whether a reader is still to come, and how to wait for it no longer. */
  #isAwaited = true;
  #cancelWait = (): void => undefined;
  #ended = false;
  #kept: Promise<void> = Promise.resolve();
  #wake: (() => void) | undefined;

  /** `covered`: the bytes of the object that `source` gives. */
  constructor(source: ByteSource, set: SegmentSet, covered: ByteRange, ports: PassingPorts) {
    this.#source = source;
    this.#set = set;
    this.#covered = covered;
    this.#ports = ports;
    const whole = wholeSegmentsIn(set, covered);
    this.#next = whole?.first ?? 0;
    this.#last = whole?.last ?? -1;
  }

  attach(): PassingReader {
    this.#readers += 1;
    this.#forget();
    let attached = true;
    return {
      segment: (index, patience = "soon") => (attached ? this.#segment(index, patience) : undefined),
      leave: () => {
        if (!attached) return;
        attached = false;
        this.#readers -= 1;
        const lingers = this.#readers === 0 ? this.#ports.lingers?.() : undefined;
        if (lingers !== undefined) this.#await(lingers);
        this.#wakeUp();
      },
    };
  }

  /** Moves the body. The first reader may have to wait for a lease before it comes. Never rejects. */
  async run(): Promise<void> {
    let cause: unknown = new Error("nobody reads this body any more");
    // A reader may have come before this is run.
    if (this.#readers === 0) this.#await(millis(SHARD_LIMITS.firstReaderMillis));
    try {
      await this.#readAll();
    } catch (broken) {
      cause = broken;
    }
    this.#forget();
    this.#ended = true;
    // A connection whose body was read to its end can be used again; any other is given up.
    if (!(await this.#isAtEnd())) this.#source.cancel();
    // Those that still wait for their owner are whole: breaking them changes nothing.
    for (const spool of this.#spools.values()) spool.break(cause);
    await this.#kept;
    for (const spool of this.#spools.values()) spool.release();
    this.#ports.finished();
  }

  /** Waits for a reader, so long at most. */
  #await(time: Millis): void {
    this.#forget();
    this.#isAwaited = true;
    this.#cancelWait = this.#ports.after(time, () => {
      this.#isAwaited = false;
      this.#wakeUp();
    });
  }

  #forget(): void {
    this.#cancelWait();
    this.#isAwaited = false;
  }

  /** Whether a segment is still to come, or here. */
  gives(index: number): boolean {
    return !this.#ended && (this.#spools.has(index) || (index >= this.#next && index <= this.#last));
  }

  #segment(index: number, patience: "soon" | "however-far"): ByteSource | undefined {
    let spool = this.#spools.get(index);
    if (spool === undefined) {
      if (!this.gives(index)) return undefined;
      if (patience === "soon" && index > this.#next + SHARD_LIMITS.aheadBytes / this.#set.size) return undefined;
      spool = new Spool("whole");
      this.#spools.set(index, spool);
    }
    this.#wanted = Math.max(this.#wanted, index);
    this.#wakeUp();
    return spool.joinable ? spool.read() : undefined;
  }

  /** Whether all that the source gives has been taken. */
  async #isAtEnd(): Promise<boolean> {
    if (this.#next <= this.#last || this.#last < 0) return false;
    if (rangeOf(this.#set, this.#last).last !== this.#covered.last) return false;
    try {
      return (await this.#source.read()) === undefined;
    } catch {
      // Anything after the last byte does not matter.
      return false;
    }
  }

  /** Reads while there are readers; rejects where the source breaks off or ends early. */
  async #readAll(): Promise<void> {
    const taken = takeFrom(this.#source);
    await taken.skip(this.#next * this.#set.size - this.#covered.first);
    while (this.#next <= this.#last) {
      if (!(await this.#isWanted())) return;
      const index = this.#next;
      const spool = this.#spools.get(index) ?? new Spool("whole");
      this.#spools.set(index, spool);
      this.#next += 1;
      const { first, last } = rangeOf(this.#set, index);
      for (let left = last - first + 1; left > 0; ) {
        const chunk = await taken.upTo(left);
        left -= chunk.byteLength;
        spool.write(chunk);
        await roomIn(this.#ports.after, spool);
      }
      spool.end();
      // One segment at most waits for its owner while the next comes.
      await this.#kept;
      this.#kept = this.#handOver(index, spool);
    }
  }

  /** Waits until a reader is near the next segment; false once there are no readers. */
  async #isWanted(): Promise<boolean> {
    while (this.#isAwaited || (this.#readers > 0 && this.#wanted < this.#next - SHARD_LIMITS.segmentsAhead)) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#readers > 0;
  }

  async #handOver(index: number, spool: Spool): Promise<void> {
    if (spool.whole) await this.#ports.keep(index, spool.bytes());
    this.#spools.delete(index);
    spool.release();
  }

  #wakeUp(): void {
    this.#wake?.();
    this.#wake = undefined;
  }
}

/** Takes bytes from a source in the amounts that are asked for. Both ways reject where it ends before. */
function takeFrom(source: ByteSource) {
  let held: Uint8Array | undefined;
  const upTo = async (most: number): Promise<Uint8Array> => {
    const chunk = held ?? (await source.read());
    if (chunk === undefined) throw new Error("the body ended before its announced length");
    held = chunk.byteLength > most ? chunk.subarray(most) : undefined;
    return chunk.byteLength > most ? chunk.subarray(0, most) : chunk;
  };
  return {
    upTo,
    async skip(count: number): Promise<void> {
      for (let left = count; left > 0; ) left -= (await upTo(left)).byteLength;
    },
  };
}
