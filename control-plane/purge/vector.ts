// Order without clocks: a dot names one event of one hub, a vector says what is known without gaps. Joining vectors takes maxima, so it
// commutes, associates and is idempotent: loss, repetition and order of messages do not matter.

/** A hub and the incarnation of its log, `<region>.<incarnation>`: a log that was lost never reuses a number. */
export type HubId = string;

/** One event: the hub that accepted it, and its place in that hub's log, from 1 without gaps. */
export interface Dot {
  readonly hub: HubId;
  readonly counter: number;
}

/** For each hub the highest counter known without gaps; a hub that is absent counts as 0. */
export type Vector = Readonly<Record<HubId, number>>;

export const EMPTY_VECTOR: Vector = Object.freeze({});

/** Whether the event at `dot` is among what `vector` knows. */
export const covers = (vector: Vector, dot: Dot): boolean => (vector[dot.hub] ?? 0) >= dot.counter;

/** Whether `vector` knows everything that `other` knows. */
export function coversAll(vector: Vector, other: Vector): boolean {
  if (vector === other) return true;
  for (const hub in other) if ((vector[hub] ?? 0) < (other[hub] as number)) return false;
  return true;
}

/** The least vector that covers both; one of the arguments itself where it already does. */
export function join(a: Vector, b: Vector): Vector {
  if (coversAll(a, b)) return a;
  if (coversAll(b, a)) return b;
  const joined: Record<HubId, number> = { ...a };
  for (const hub in b) joined[hub] = Math.max(joined[hub] ?? 0, b[hub] as number);
  return joined;
}

/** `weur.k3f9x2.17`: how a dot is written in receipts and logs. */
export const formatDot = (dot: Dot): string => `${dot.hub}.${dot.counter}`;

/** Reads what `formatDot` wrote; undefined if `text` is not a dot. */
export function parseDot(text: string): Dot | undefined {
  const match = /^([a-z]{2,8}\.[a-z0-9]{4,16})\.([1-9][0-9]{0,14})$/.exec(text);
  return match ? { hub: match[1] as string, counter: Number(match[2]) } : undefined;
}
