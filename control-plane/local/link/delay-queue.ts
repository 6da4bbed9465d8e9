// A queue that delays each item by a fixed time and keeps their order: the core of an emulated distance. It decides when an item
// is due and whether the queue is full; a shell owns the timer and the bytes (delay-stream.node.ts).
// Invariant: items leave in order, none before its time. A queue on hold (a cut link) releases nothing.

import type { Bytes, Millis } from "../../../config/units.ts";

interface DelayedItem<Item> {
  readonly item: Item;
  readonly size: Bytes;
  /** By the caller's monotonic clock, in milliseconds. */
  readonly dueAt: number;
}

/** Items in flight over an emulated distance. `now` is any monotonic clock in milliseconds, the same for every call. */
export class DelayQueue<Item> {
  readonly #delay: Millis;
  readonly #capacity: Bytes;
  #items: DelayedItem<Item>[] = [];
  #bytes = 0;
  #onHold = false;

  /** `capacity` is when the queue reports itself full; it still accepts items. */
  constructor(delay: Millis, capacity: Bytes) {
    this.#delay = delay;
    this.#capacity = capacity;
  }

  push(item: Item, size: Bytes, now: number): void {
    this.#items.push({ item, size, dueAt: now + this.#delay });
    this.#bytes += size;
  }

  /** Removes and returns what is due, in order; nothing while on hold. */
  takeDue(now: number): Item[] {
    if (this.#onHold) return [];
    const firstLater = this.#items.findIndex((held) => held.dueAt > now);
    const due = this.#items.splice(0, firstLater === -1 ? this.#items.length : firstLater);
    for (const held of due) this.#bytes -= held.size;
    return due.map((held) => held.item);
  }

  /** When the first item is due; undefined when there is none, or while on hold. */
  get nextDueAt(): number | undefined {
    return this.#onHold ? undefined : this.#items[0]?.dueAt;
  }

  /** Whether the sender should wait: at least `capacity` bytes are under way. */
  get isFull(): boolean {
    return this.#bytes >= this.#capacity;
  }

  get bytesHeld(): number {
    return this.#bytes;
  }

  /** Keeps everything until `release`, like a broken cable whose ends will retransmit. */
  hold(): void {
    this.#onHold = true;
  }

  release(): void {
    this.#onHold = false;
  }
}
