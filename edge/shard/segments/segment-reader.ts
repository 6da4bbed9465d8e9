// One reader's way to the segments of a large object: from a body that passes by anyway, else from the segment's owner, and where
// the origin gives no parts, from a body that is asked for as a whole. Segments are asked for side by side, but whether a whole
// body is needed is decided in their order, so that one from the first missing segment on gives all that follow.

import { once } from "../../body/body-parts.ts";
import { type ByteSource, discard } from "../../body/source.ts";
import type { UpstreamAnswer } from "../../tier/tier.ts";
import { SEGMENT_FAILURES } from "../answer/failures.ts";
import { SHARD_LIMITS } from "../limits.ts";
import { changeTo } from "../request/invalidation.ts";
import type { Head } from "../store/entry.ts";
import { type Opened, SegmentError } from "./assemble.ts";
import { type LargePorts, type ObjectRequest, type Passes, segmentQuestion } from "./passing-bodies.ts";
import type { PassingReader } from "./passing-body.ts";
import { SEGMENT_CHANGED, SEGMENT_UNRANGED } from "./segment-answer.ts";
import { isSegment } from "./segments.ts";
import { setKey } from "./unranged.ts";

export class SegmentReader {
  readonly #ports: LargePorts;
  readonly #passes: Passes;
  readonly #reading: ObjectRequest;
  readonly #head: Head;
  readonly #id: string;
  /** Hears of each answer that brings a segment. */
  readonly #brought: (answer: UpstreamAnswer) => void;
  #passing: PassingReader | undefined;
  #passesLeft: number = SHARD_LIMITS.passesPerAnswer;
  /** Settled when the segment before has been opened, or cannot be. */
  #before: Promise<unknown> = Promise.resolve();

  constructor(
    ports: LargePorts,
    passes: Passes,
    { reading, head }: { readonly reading: ObjectRequest; readonly head: Head },
    brought: (answer: UpstreamAnswer) => void,
  ) {
    this.#ports = ports;
    this.#passes = passes;
    this.#reading = reading;
    this.#head = head;
    this.#id = setKey(reading.key, head.segments);
    this.#brought = brought;
    this.#passing = passes.underWay(reading, head)?.attach();
  }

  /** A segment from its first byte; rejects with a `SegmentError`. Ask in their order. */
  open(index: number, need: "now" | "ahead"): Promise<Opened> {
    const before = this.#before;
    const opened = this.#open(index, need, before);
    this.#before = opened.catch(() => undefined);
    return opened;
  }

  /** No more will be opened. */
  leave(): void {
    this.#passing?.leave();
  }

  async #open(index: number, need: "now" | "ahead", before: Promise<unknown>): Promise<Opened> {
    const { segments: set } = this.#head;
    const isUnranged = this.#ports.unranged.has(this.#id);
    const coming = this.#passing?.segment(index, isUnranged ? "however-far" : "soon");
    if (coming !== undefined) return { source: coming, from: "passing", isStored: false };
    const reading = need === "ahead" ? waitingForNone(this.#reading) : this.#reading;
    const asked = segmentQuestion(this.#ports, reading, { ...set, index, ...(isUnranged ? { onlyStored: true } : {}) });
    const answer = await this.#ports.segment(asked);
    if (answer.kind === "failure") throw new SegmentError(answer);
    if (isSegment(answer, { ...set, index }) && answer.body.kind !== "none") {
      this.#brought(answer);
      const source = answer.body.kind === "bytes" ? once(answer.body.bytes) : answer.body.open();
      return { source, from: "owner", isStored: answer.facts?.answered.outcome === "hit" };
    }
    discard(answer.body);
    if (answer.status === SEGMENT_UNRANGED) {
      this.#ports.unranged.notice(this.#id);
      await before;
      return { source: await this.#fromWhole(index), from: "passing", isStored: false };
    }
    if (answer.status === SEGMENT_CHANGED) {
      // Whoever asks next begins with the version that there is now.
      await this.#ports.invalidate(changeTo(this.#reading.url));
      throw new SegmentError("changed");
    }
    throw new SegmentError(SEGMENT_FAILURES.unavailable);
  }

  async #fromWhole(index: number): Promise<ByteSource> {
    for (; this.#passesLeft > 0; this.#passesLeft -= 1) {
      const coming = this.#passing?.segment(index, "however-far");
      if (coming !== undefined) return coming;
      const passing = await this.#passes.giving(this.#reading, this.#head, index);
      this.#passing?.leave();
      this.#passing = passing.attach();
    }
    throw new SegmentError(SEGMENT_FAILURES.unavailable);
  }
}

/** A segment that is fetched far ahead gets its turn at the origin when no request waits there. */
function waitingForNone<Of extends Pick<ObjectRequest, "request">>(reading: Of): Of {
  const { request } = reading;
  const { context } = request;
  const demand = { uses: context.demand?.uses ?? 0, waits: false };
  return { ...reading, request: { ...request, context: { ...context, demand } } };
}
