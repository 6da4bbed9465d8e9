// Virtual time: everything that will happen, in order of its instant, then of when it was planned. One event is delivered, then
// every promise that can go on does so, then the next: what the production code does between two events is what it does
// between two turns of a real event loop, and the same seed gives the same run to the byte.

/** Something that will happen, unless it is called off before. */
interface Event {
  readonly at: number;
  readonly order: number;
  readonly act: () => void;
  isOff: boolean;
}

/** What nodes and links see of time. */
export interface Scheduler {
  /** Milliseconds of true time, which no node knows. */
  readonly now: number;
  /** Has `act` called after `delay`; gives a way to call it off. */
  at(delay: number, act: () => void): () => void;
}

/** Lets every promise that can go on do so. */
export const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export class VirtualTime implements Scheduler {
  now = 0;
  /** Events delivered so far. */
  delivered = 0;
  /** A binary heap, the next event first. */
  readonly #heap: Event[] = [];
  #order = 0;

  at(delay: number, act: () => void): () => void {
    const event: Event = { at: this.now + Math.max(0, Math.ceil(delay)), order: this.#order++, act, isOff: false };
    this.#push(event);
    return () => {
      event.isOff = true;
    };
  }

  /** Delivers all events up to `until`, one at a time; `between` is called when all that follows from one has settled. */
  async run(until: number, between: () => void = () => undefined): Promise<void> {
    await settle();
    for (let next = this.#heap[0]; next !== undefined && next.at <= until; next = this.#heap[0]) {
      this.#pop();
      if (next.isOff) continue;
      this.now = next.at;
      this.delivered++;
      next.act();
      await settle();
      between();
    }
    this.now = Math.max(this.now, until);
  }

  /** Whether nothing at all will happen any more. */
  get isIdle(): boolean {
    return this.#heap.every((event) => event.isOff);
  }

  #push(event: Event): void {
    const heap = this.#heap;
    let place = heap.length;
    heap.push(event);
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (!isBefore(event, heap[parent] as Event)) break;
      heap[place] = heap[parent] as Event;
      place = parent;
    }
    heap[place] = event;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop() as Event;
    if (heap.length === 0) return;
    let place = 0;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1] as Event, heap[child] as Event)) child++;
      if (!isBefore(heap[child] as Event, last)) break;
      heap[place] = heap[child] as Event;
      place = child;
    }
    heap[place] = last;
  }
}

const isBefore = (one: Event, other: Event): boolean =>
  one.at < other.at || (one.at === other.at && one.order < other.order);
