// Every order in which events can be delivered, each that differs from the others in something once. An event happens at one
// node; two events at different nodes can change places without anybody noticing, so of two such orders one is enough. That
// is kept account of by sleep sets (Godefroid 1996): what was tried first at a point is not tried again behind what it
// commutes with. Runs are replayed from the beginning, since promises cannot be copied.

import { settle } from "./scheduler.ts";

/** Where an event happens, and with which others there it commutes all the same. */
interface Place {
  readonly node: string;
  readonly among: string | undefined;
}

/** Where what happens changes places with nothing: the passing of time, for one. */
export const EVERYWHERE = "everywhere";

const commute = (one: Place, other: Place): boolean =>
  (one.node !== EVERYWHERE && other.node !== EVERYWHERE && one.node !== other.node) ||
  (one.among !== undefined && one.among === other.among);

/** Events that wait to be delivered, in no order. */
export class Pending {
  readonly #waiting = new Map<string, { readonly place: Place; readonly act: () => void | Promise<void> }>();
  /** The event being delivered, and how many it has caused: their names are the same in every order. */
  #cause = "";
  #caused = 0;

  /** Something will happen at `node`; `among` names events there that can change places with each other. */
  add(node: string, act: () => void | Promise<void>, among?: string): void {
    const name = `${this.#cause}/${this.#caused++}`;
    this.#waiting.set(name, { place: { node, among }, act });
  }

  get names(): readonly string[] {
    return [...this.#waiting.keys()].sort();
  }

  placeOf(name: string): Place {
    const event = this.#waiting.get(name);
    if (event === undefined) throw new Error(`no event ${name} waits`);
    return event.place;
  }

  /** Delivers an event and lets all that follows from it settle. */
  async deliver(name: string): Promise<void> {
    const event = this.#waiting.get(name);
    if (event === undefined) throw new Error(`no event ${name} waits`);
    this.#waiting.delete(name);
    this.#cause = name;
    this.#caused = 0;
    await event.act();
    await settle();
  }
}

/** One world: it plans its first events when it is made, and is asked at the end whether all is well. */
export interface Case {
  readonly pending: Pending;
  /** What is wrong at the end, after all events. */
  check(): string | undefined;
}

export interface Exploration {
  /** Orders that differ. */
  readonly orders: number;
  /** The first that went wrong, event by event. */
  readonly failed: { readonly what: string; readonly order: readonly string[] } | undefined;
}

/** A point in an order: what could come next, and what need not be tried. */
interface Point {
  readonly enabled: readonly { readonly name: string; readonly place: Place }[];
  readonly asleep: Set<string>;
  chosen: string;
}

/** Enough for cases that take seconds. */
export const MOST_ORDERS = 20_000;

/** Delivers the events of `begin()` in every order, up to `most` orders; throws beyond, so that no case is done by half. */
export async function explore(begin: () => Promise<Case>, most: number): Promise<Exploration> {
  let path: Point[] = [];
  let orders = 0;
  for (;;) {
    const world = await begin();
    for (const point of path) await world.pending.deliver(point.chosen);
    const isWhole = await extend(world, path);
    if (isWhole) {
      orders++;
      const what = world.check();
      if (what !== undefined) return { orders, failed: { what, order: path.map(({ chosen }) => chosen) } };
      if (orders > most) throw new Error(`more than ${most} orders: the case is too large to be tried whole`);
    }
    path = nextPath(path);
    if (path.length === 0) return { orders, failed: undefined };
  }
}

/** Goes on from the last point until nothing waits; false if all that could come next was tried in another order. */
async function extend({ pending }: Case, path: Point[]): Promise<boolean> {
  for (;;) {
    const enabled = pending.names.map((name) => ({ name, place: pending.placeOf(name) }));
    if (enabled.length === 0) return true;
    const asleep = asleepAfter(path.at(-1));
    const next = enabled.find(({ name }) => !asleep.has(name));
    if (next === undefined) return false;
    path.push({ enabled, asleep, chosen: next.name });
    await pending.deliver(next.name);
  }
}

/** What sleeps behind a point: all that slept there and commutes with what was chosen. */
function asleepAfter(point: Point | undefined): Set<string> {
  if (point === undefined) return new Set();
  const placeOf = (name: string) => point.enabled.find((event) => event.name === name)?.place as Place;
  const chosen = placeOf(point.chosen);
  return new Set([...point.asleep].filter((name) => commute(placeOf(name), chosen)));
}

/** The path up to the last point where something else can be chosen, with that chosen. */
function nextPath(path: readonly Point[]): Point[] {
  for (let depth = path.length - 1; depth >= 0; depth--) {
    const point = path[depth] as Point;
    point.asleep.add(point.chosen);
    const next = point.enabled.find(({ name }) => !point.asleep.has(name));
    if (next === undefined) continue;
    return [...path.slice(0, depth), { ...point, chosen: next.name }];
  }
  return [];
}
