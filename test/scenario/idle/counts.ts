// What counted.worker.ts says of a whole deployment at one moment.

export interface Counts {
  /** Requests that each object and the edge have had since the process began. */
  readonly requests: Readonly<Record<string, number>>;
  /** Alarms that have rung. */
  readonly rung: number;
  /** Storage operations of all objects. */
  readonly storage: number;
  /** Timers that are to fire. */
  readonly timers: number;
  /** Objects that have an alarm set. */
  readonly alarms: readonly string[];
  /** Requests that have no answer yet. */
  readonly underWay: number;
}
