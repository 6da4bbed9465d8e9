// The origin: a few objects, each with a version that grows when it is published, and an answer that says in its body which
// fetch brought it. A fetch reads the version when its request arrives, sends its head later and its body in pieces, and may
// break off. It remembers every fetch, for the checkers compare what was released with what was fetched, and when.

import type { Body, ByteSource } from "../../edge/body/source.ts";
import { Fields } from "../../edge/http/fields.ts";
import type { Chance } from "./chance.ts";
import type { Scheduler } from "./scheduler.ts";

export const SITE = "site.test";

/**
 * How an object answers. `tagged`: with an ETag; `dated`: with a Last-Modified that no change moves, so that two versions look
 * alike to a condition; `brief`: fresh for a second, then stale but usable; `varied`: by Accept-Language; `private`: each
 * client's own; `fickle`: each second version is private; `missing`: each second version is a 404; `failing`: a 503 now and then.
 */
export type ObjectKind = "tagged" | "dated" | "brief" | "varied" | "private" | "fickle" | "missing" | "failing";

/** One request that reached, or was to reach, the origin. */
export interface Fetch {
  readonly id: number;
  readonly object: number;
  /** When it left the tier that asks the origin. */
  readonly startedAt: number;
  /** What it read, and when. */
  version: number;
  /** Who may have what came of it: all, the one client that it was made for, or those who were waiting for this error. */
  audience: "all" | "one" | "those-waiting";
}

/** What a body says of itself. */
export interface Content {
  readonly fetch: Fetch;
  readonly object: number;
  readonly version: number;
  readonly language: string;
}

/** The head of an answer, and the pieces of its body. */
export interface OriginAnswer {
  readonly status: number;
  readonly fields: Fields;
  readonly pieces: readonly Uint8Array[];
  readonly breaks: boolean;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export const pathOf = (object: number): string => `/${object % 2 === 0 ? "a" : "b"}/${object}`;
export const urlOf = (object: number): string => `http://${SITE}${pathOf(object)}`;
/** By path, since that is all that the origin sees. */
export const objectAt = (path: string): number => Number(path.slice(path.lastIndexOf("/") + 1));

export class Origin {
  readonly fetches: Fetch[] = [];
  readonly #objects: readonly ObjectKind[];
  /** For each object, when each version came. */
  readonly #published: number[][];
  readonly #lag: number;
  readonly #broken: number;
  readonly #chance: Chance;
  readonly #scheduler: Scheduler;
  isFailing = false;

  constructor(objects: readonly ObjectKind[], lag: number, broken: number, chance: Chance, scheduler: Scheduler) {
    this.#objects = objects;
    this.#published = objects.map(() => [0]);
    this.#lag = lag;
    this.#broken = broken;
    this.#chance = chance;
    this.#scheduler = scheduler;
  }

  get lags(): boolean {
    return this.#lag > 0;
  }

  publish(object: number): void {
    this.#published[object]?.push(this.#scheduler.now);
  }

  /** The newest version of each object. */
  versions(): readonly number[] {
    return this.#published.map((instants) => instants.length);
  }

  /** From now on every body arrives whole. */
  mend(): boolean {
    this.isFailing = false;
    this.#mended = true;
    return true;
  }
  #mended = false;

  /** A request leaves for the origin. */
  begin(object: number): Fetch {
    const fetch = {
      id: this.fetches.length,
      object,
      startedAt: this.#scheduler.now,
      version: 0,
      audience: "all",
    } as Fetch;
    this.fetches.push(fetch);
    return fetch;
  }

  /** The request has arrived: this is when the origin reads what it answers with. */
  read(fetch: Fetch, request: Fields): OriginAnswer {
    const { object } = fetch;
    const kind = this.#objects[object] ?? "tagged";
    const instants = this.#published[object] ?? [0];
    const lagging = instants.filter((at) => at <= this.#scheduler.now - this.#lag).length;
    const version = Math.max(1, lagging);
    fetch.version = version;
    const language = kind === "varied" ? (request.get("accept-language") ?? "none") : "none";
    const tag = `"v${version}-${language}"`;
    const isOdd = version % 2 === 1;
    const fails = kind === "failing" && !this.#mended && this.#chance.is(0.4);
    const status = fails ? 503 : kind === "missing" && isOdd ? 404 : 200;
    const isPrivate = kind === "private" || (kind === "fickle" && isOdd);
    fetch.audience = fails ? "those-waiting" : isPrivate ? "one" : "all";
    const fields = new Fields();
    fields.set("date", new Date(EPOCH + this.#scheduler.now).toUTCString());
    fields.set("cache-control", fails ? "max-age=0" : cacheControlOf(kind, isPrivate));
    if (!fails) fields.set("cache-tag", tagsOf(object).join(","));
    // Text is negotiated, and so may be answered from what is stored in another coding; encoded it is not.
    if (object % 2 === 0) fields.set("content-type", "text/plain");
    if (kind === "varied") fields.set("vary", "Accept-Language");
    if (kind === "dated") fields.set("last-modified", new Date(EPOCH - 86_400_000).toUTCString());
    else if (!fails) fields.set("etag", tag);
    if (isConfirmed(request, kind, tag) && status === 200) return { status: 304, fields, pieces: [], breaks: false };
    const size = this.#chance.pick([40, 300, 2_500]);
    const said = JSON.stringify({ fetch: fetch.id, object, version, language });
    const whole = encoder.encode(`${said} `.padEnd(size, "."));
    fields.set("content-length", `${whole.byteLength}`);
    // What it says of itself stays in one piece.
    const cut = this.#chance.between(said.length, whole.byteLength - 1);
    const pieces = this.#chance.is(0.5) ? [whole] : [whole.subarray(0, cut), whole.subarray(cut)];
    return { status, fields, pieces, breaks: !this.#mended && this.#chance.is(this.#broken) };
  }

  /** Reads back what a body's first piece says; undefined if it is none of the origin's. */
  contentOf(bytes: Uint8Array): Content | undefined {
    const text = decoder.decode(bytes);
    const end = text.indexOf("}");
    if (!text.startsWith('{"fetch"') || end < 0) return undefined;
    const said = JSON.parse(text.slice(0, end + 1)) as {
      fetch: number;
      object: number;
      version: number;
      language: string;
    };
    const fetch = this.fetches[said.fetch];
    return fetch === undefined ? undefined : { ...said, fetch };
  }
}

/** The date that virtual time begins at. */
export const EPOCH = Date.UTC(2026, 0, 1);

export const tagsOf = (object: number): readonly string[] => ["all", `object-${object}`];

function cacheControlOf(kind: ObjectKind, isPrivate: boolean): string {
  if (isPrivate) return "private";
  switch (kind) {
    case "brief":
      return "max-age=1, stale-while-revalidate=5, stale-if-error=60";
    case "dated":
      return "max-age=3";
    case "missing":
      return "max-age=60, stale-while-revalidate=30";
    default:
      return "max-age=600, stale-while-revalidate=30, stale-if-error=600";
  }
}

const isConfirmed = (request: Fields, kind: ObjectKind, tag: string): boolean =>
  kind === "dated" ? request.has("if-modified-since") : request.get("if-none-match")?.includes(tag) === true;

/** Pieces that arrive one after the other, each when `pause` says; it rejects once its reader's node has ended. */
export class Arriving implements ByteSource {
  readonly #pieces: Uint8Array[];
  readonly #breaks: boolean;
  readonly #after: (act: () => void) => void;
  #failed: Error | undefined;
  #reject: ((cause: Error) => void) | undefined;

  constructor({ pieces, breaks }: OriginAnswer, after: (act: () => void) => void) {
    this.#pieces = [...pieces];
    this.#breaks = breaks;
    this.#after = after;
  }

  read(): Promise<Uint8Array | undefined> {
    return new Promise((resolve, reject) => {
      if (this.#failed !== undefined) {
        reject(this.#failed);
        return;
      }
      this.#reject = reject;
      this.#after(() => {
        this.#reject = undefined;
        if (this.#failed !== undefined) reject(this.#failed);
        else if (this.#breaks && this.#pieces.length <= 1) reject(new Error("the origin broke off"));
        else resolve(this.#pieces.shift());
      });
    });
  }

  cancel(): void {
    this.fail("cancelled");
  }

  fail(reason: string): void {
    this.#failed ??= new Error(reason);
    this.#reject?.(this.#failed);
  }

  body(length: number | undefined): Body {
    return { kind: "stream", length, open: () => this };
  }
}
