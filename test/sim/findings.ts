// What the checkers of a run found wrong, and the run's story for whoever has to understand it. The story is only written when
// somebody wants it, since most runs have nothing to tell.

import type { Scheduler } from "./scheduler.ts";

/** One broken promise: which check, and what happened. */
export interface Finding {
  readonly check: string;
  readonly detail: string;
  readonly at: number;
}

export class Findings {
  readonly found: Finding[] = [];
  readonly story: string[] = [];
  readonly #scheduler: Scheduler;
  readonly #tells: boolean;

  constructor(scheduler: Scheduler, tells: boolean) {
    this.#scheduler = scheduler;
    this.#tells = tells;
  }

  report(check: string, detail: string): void {
    this.found.push({ check, detail, at: this.#scheduler.now });
    this.tell(() => `!! ${check}: ${detail}`);
  }

  tell(line: () => string): void {
    if (this.#tells) this.story.push(`${String(Math.round(this.#scheduler.now)).padStart(7)} ${line()}`);
  }
}
