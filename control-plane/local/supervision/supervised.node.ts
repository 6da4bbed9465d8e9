// Supervises one process of the local run: restarts it when it exits by itself, as restart-policy.ts decides. It is independent
// of the process's kind. A pause never delays the end of a run, since `stop` cancels it.

import { performance } from "node:perf_hooks";
import { millis } from "../../../config/units.ts";
import { type Occurrence, STOPPED, type Supervision, type SupervisionNews, supervise } from "./restart-policy.ts";

/** What is supervised. `start` and `stop` wait for each other, and `stop` may be called at any time. */
export interface Child {
  /** Name for messages: `region weur`. */
  readonly name: string;
  /** Rejects when the process does not come up. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** A supervised process. */
export class Supervised {
  readonly #child: Child;
  readonly #hear: (news: SupervisionNews) => void;
  #state: Supervision = STOPPED;
  #timer: NodeJS.Timeout | undefined;

  constructor(child: Child, hear: (news: SupervisionNews) => void) {
    this.#child = child;
    this.#hear = hear;
  }

  get state(): Supervision["kind"] {
    return this.#state.kind;
  }

  /** Starts the child for its user. Rejects on failure: a start with a waiting caller is not retried. */
  async start(): Promise<void> {
    this.#enter("start-wanted");
    try {
      await this.#child.start();
    } catch (error) {
      this.#enter("stop-wanted");
      throw error;
    }
    this.#enter("started");
  }

  /** Stops the child for its user: it is not started again. */
  async stop(): Promise<void> {
    this.#enter("stop-wanted");
    await this.#child.stop();
  }

  /** Called when the child has exited by itself. */
  lost(why: string): void {
    this.#failed(why);
  }

  #failed(why: string): void {
    const before = this.#state;
    this.#enter("lost");
    const after = this.#state;
    if (after === before) return;
    if (after.kind === "failed") this.#hear({ kind: "failed", why, losses: after.losses });
    if (after.kind !== "waiting") return;
    this.#hear({ kind: "lost", why, pause: after.pause });
    this.#timer = setTimeout(() => void this.#startAgain(), after.pause);
  }

  async #startAgain(): Promise<void> {
    this.#enter("due");
    if (this.#state.kind !== "starting") return;
    try {
      await this.#child.start();
    } catch (error) {
      // What a failed start left behind must be gone before the next one.
      await this.#child.stop();
      this.#failed((error as Error).message);
      return;
    }
    // Stopped meanwhile: the stop waits its turn behind this start and ends what was started.
    if (this.#state.kind !== "starting") return;
    this.#enter("started");
    this.#hear({ kind: "restarted" });
  }

  #enter(occurrence: Occurrence): void {
    const before = this.#state;
    this.#state = supervise(before, occurrence, millis(performance.now()));
    if (this.#state !== before) clearTimeout(this.#timer);
  }
}
