// How messages travel: each over a link that delays, loses, repeats and reorders as the seed says, or is cut in one direction.
// A call is a request and its answer; whoever waits is told of a refused connection or a reset, or hears nothing and has a
// time limit of its own. Nodes live in lives: what belongs to a life that has ended neither acts nor is heard.

import type { RegionId } from "../../config/world/regions.ts";
import type { Body, ByteSource } from "../../edge/body/source.ts";
import type { Chances } from "./chance.ts";
import type { Plan } from "./plan.ts";
import type { Scheduler } from "./scheduler.ts";

/** One life of a node, from its start to its crash, eviction or the end of the run. */
export class Life {
  readonly region: RegionId;
  readonly name: string;
  #ended = false;
  readonly #listeners = new Set<() => void>();

  constructor(region: RegionId, name: string) {
    this.region = region;
    this.name = name;
  }

  get ended(): boolean {
    return this.#ended;
  }

  end(): void {
    this.#ended = true;
    for (const listener of [...this.#listeners]) listener();
    this.#listeners.clear();
  }

  /** Has `act` called when the life ends; gives a way to call that off. */
  onEnd(act: () => void): () => void {
    this.#listeners.add(act);
    return () => this.#listeners.delete(act);
  }
}

/** What became of a call. Silence is none of these: it lasts until the caller's own time is up. */
export type Reply<T> = { readonly kind: "answer"; readonly value: T } | { readonly kind: "refused" };

/** A call's destination: who is there when the message arrives. */
export interface Target<T> {
  readonly region: RegionId;
  /** The line inside a region, if it can be cut by itself. */
  readonly line?: string;
  /** Undefined while nobody is there. */
  readonly life: () => Life | undefined;
  readonly act: () => Promise<T>;
}

export interface Call<T> {
  /** Resolves with a reply, if one comes. */
  readonly reply: Promise<Reply<T>>;
  /** The caller does not wait any more: what still comes is let go of. */
  giveUp(): void;
}

export class Links {
  readonly #scheduler: Scheduler;
  readonly #chances: Chances;
  readonly #faults: Plan["links"];
  /** Cut links, as "from>to", each by how many cuts at once. */
  readonly #cut = new Map<string, number>();
  readonly #threw: (cause: unknown) => void;
  readonly #slowToHub: number;
  #mended = false;

  /** `threw` hears of nodes that reject, which none of ours should. */
  constructor(scheduler: Scheduler, chances: Chances, faults: Plan["links"], threw: (cause: unknown) => void) {
    this.#scheduler = scheduler;
    this.#chances = chances;
    this.#faults = faults;
    this.#slowToHub = Math.max(faults.slow, faults.hubSlow);
    this.#threw = threw;
  }

  /** Cuts a link, `from>to` or a line inside a region, until the returned function is called. */
  cut(link: string): () => void {
    this.#cut.set(link, (this.#cut.get(link) ?? 0) + 1);
    return () => this.#cut.set(link, (this.#cut.get(link) ?? 1) - 1);
  }

  /** From here on nothing is lost, repeated or cut. */
  mend(): void {
    this.#mended = true;
    this.#cut.clear();
  }

  /**
   * Sends a request to whoever is at `target` when it arrives, and its answer back. `dropped` is called with an answer that
   * nobody will hear.
   */
  call<T>(from: Life, path: string, target: Target<T>, dropped: (value: T) => void = () => undefined): Call<T> {
    let waits = true;
    const reply = new Promise<Reply<T>>((resolve) => {
      const back = (answer: Reply<T>): void => {
        const heard = (): void => {
          if (waits && !from.ended) {
            waits = false;
            resolve(answer);
          } else if (answer.kind === "answer") dropped(answer.value);
        };
        const line = target.line ?? `${target.region}>${from.region}`;
        const sent = this.#deliver(line, target.region, from.region, pathOf(from, path), heard, "once");
        if (!sent && answer.kind === "answer") dropped(answer.value);
      };
      const line = target.line ?? `${from.region}>${target.region}`;
      this.#deliver(
        line,
        from.region,
        target.region,
        pathOf(from, path),
        () => this.#arrive(target, back, dropped),
        "perhaps-twice",
      );
    });
    return {
      reply,
      giveUp: () => {
        waits = false;
      },
    };
  }

  #arrive<T>(target: Target<T>, back: (answer: Reply<T>) => void, dropped: (value: T) => void): void {
    const life = target.life();
    if (life === undefined) {
      back({ kind: "refused" });
      return;
    }
    let isOver = false;
    const answer = (reply: Reply<T>): void => {
      if (isOver) return;
      isOver = true;
      back(reply);
    };
    const forget = life.onEnd(() => answer({ kind: "refused" }));
    target.act().then(
      (value) => {
        forget();
        // What a node says after its end is heard by nobody.
        if (isOver) dropped(value);
        else answer({ kind: "answer", value });
      },
      (cause) => {
        // What a machine was doing when it stopped is nobody's mistake.
        if (!life.ended) this.#threw(cause);
        answer({ kind: "refused" });
      },
    );
  }

  /** A body on its way from one node to another: each piece is asked for over the link, and comes back over it. */
  carry(from: Life, to: Life, body: Body): Body {
    if (body.kind === "none") return body;
    const bytes = body.kind === "bytes" ? body.bytes : undefined;
    const source: ByteSource = bytes === undefined && body.kind === "stream" ? body.open() : once(bytes as Uint8Array);
    const length = bytes?.byteLength ?? (body.kind === "stream" ? body.length : undefined);
    const carried = new Carried(source, from, to, (act) => {
      const delay = this.#delay(pathOf(to, "body"), from.region, to.region);
      // A stream is repeated until it gets through; a cut only holds it up.
      const isCut = [`${from.region}>${to.region}`, `${to.region}>${from.region}`].some((link) => this.#isCut(link));
      const held = isCut ? 3_000 : 0;
      this.#scheduler.at(2 * delay + held, act);
    });
    return { kind: "stream", length, open: () => carried };
  }

  #deliver(
    line: string,
    from: RegionId,
    to: RegionId,
    path: string,
    act: () => void,
    times: "once" | "perhaps-twice",
  ): boolean {
    const chance = this.#chances.of(`${from}>${to} ${path}`);
    const isLost = chance.is(this.#faults.loss);
    const isRepeated = chance.is(this.#faults.repetition);
    const delay = this.#delay(path, from, to);
    const again = this.#delay(path, from, to);
    if (this.#isCut(line) || (isLost && !this.#mended)) return false;
    this.#scheduler.at(delay, act);
    if (times === "perhaps-twice" && isRepeated && !this.#mended) this.#scheduler.at(3 * again, act);
    const isStraggler = path === "exchange" && times === "perhaps-twice" && chance.is(this.#faults.stragglers);
    if (isStraggler && !this.#mended) this.#scheduler.at(60_000 + chance.between(0, 15_000), act);
    return true;
  }

  /** An edge is as far from the shards of its own region as the plan says; others are farther. */
  #usual(path: string, from: RegionId, to: RegionId): number {
    const { delay } = this.#faults;
    const { hub, edge } = this.#mended ? NEAR_BY : this.#faults;
    const own = path === "sync" || path === "apply" ? hub : path.startsWith("edge") ? edge : 1;
    return from === to ? own : delay + (path.startsWith("edge") ? edge : 0);
  }

  #isCut(line: string): boolean {
    return (this.#cut.get(line) ?? 0) > 0;
  }

  #delay(path: string, from: RegionId, to: RegionId): number {
    const chance = this.#chances.of(`${from}>${to} ${path} delay`);
    const usual = this.#usual(path, from, to);
    const isSlow = chance.is(path === "sync" || path === "apply" ? this.#slowToHub : this.#faults.slow);
    const delay = usual * (0.5 + chance.number());
    return isSlow && !this.#mended ? delay + chance.number() * 700 : delay;
  }
}

const NEAR_BY = { hub: 1, edge: 1 };

/** What an edge sends travels otherwise than what a shard sends. */
const pathOf = (from: Life, path: string): string => (from.name.startsWith("edge") ? `edge ${path}` : path);

const once = (bytes: Uint8Array): ByteSource => {
  let rest: Uint8Array | undefined = bytes.byteLength === 0 ? undefined : bytes;
  return {
    read: async () => {
      const chunk = rest;
      rest = undefined;
      return chunk;
    },
    cancel: () => {
      rest = undefined;
    },
  };
};

/** The receiving end of a body. It fails when either end's life does. */
class Carried implements ByteSource {
  readonly #source: ByteSource;
  readonly #over: (act: () => void) => void;
  #failure: Error | undefined;
  #reject: ((cause: Error) => void) | undefined;
  readonly #forget: readonly (() => void)[] = [];

  constructor(source: ByteSource, from: Life, to: Life, over: (act: () => void) => void) {
    this.#source = source;
    this.#over = over;
    // The platform cancels a body whose sender or reader is gone, so that nobody accounts for it for ever.
    const stop = (reason: string): void => {
      this.#fail(reason);
      source.cancel();
    };
    this.#forget = [from.onEnd(() => stop("the sender is gone")), to.onEnd(() => stop("the reader is gone"))];
    if (from.ended) stop("the sender was gone before");
  }

  read(): Promise<Uint8Array | undefined> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) {
        reject(this.#failure);
        return;
      }
      this.#reject = reject;
      this.#over(() => {
        if (this.#failure !== undefined) return;
        this.#source.read().then(
          (chunk) => {
            if (chunk === undefined) for (const forget of this.#forget) forget();
            resolve(chunk);
          },
          (cause) => this.#fail(String(cause)),
        );
      });
    });
  }

  cancel(): void {
    this.#fail("cancelled");
    this.#source.cancel();
  }

  #fail(reason: string): void {
    for (const forget of this.#forget) forget();
    this.#failure ??= new Error(reason);
    this.#reject?.(this.#failure);
  }
}
