// What the origin client needs from the world and what it says to it: values and ports, with `Body` for the type that the shell
// streams and `Socket` for an upgraded connection. Fields are end-to-end ones already: the caller has removed what
// belongs to one connection (RFC 9110 section 7.6.1) and added what the origin is to see.

import type { EpochMillis, Millis } from "../config/units.ts";
import type { OriginError, OriginFailure } from "./failure.ts";

/** The part of a platform's `AbortSignal` that is used here. */
export interface CancelSignal {
  readonly aborted: boolean;
  addEventListener(type: "abort", listener: () => void): void;
  removeEventListener(type: "abort", listener: () => void): void;
}

export interface OriginRequest<Body> {
  readonly method: string;
  /** Path and query, `/a?b`; where it leads the configuration says. */
  readonly path: string;
  readonly fields: Iterable<readonly [string, string]>;
  readonly body?: Body | null | undefined;
  /** What the client's `Host` said, for origins with `host: "client"`. */
  readonly clientHost?: string | undefined;
  /** Gives the request up: while it waits, while it is sent, and while the answer's body is read. */
  readonly signal?: CancelSignal | undefined;
  /**
   * How long it keeps its slot. `body` (the default) until the answer's body has ended: right for a fill, which reads at
   * its own pace. `header`: right for what passes through to one client, who could hold a slot for as long as they like.
   */
  readonly holdSlot?: "body" | "header" | undefined;
  /** Whoever asks, where that is known: an address, or a network of addresses. It shares the origin's turns with others. */
  readonly client?: string | undefined;
  /** Where requests have to wait for their turn the higher goes first; 0 if absent. */
  readonly rank?: number | undefined;
}

/** The shell's answer to `send`. Expected failures are values: the promise never rejects. */
export type OriginReply<Body, Socket> =
  | {
      readonly kind: "reply";
      readonly status: number;
      readonly fields: readonly (readonly [string, string])[];
      readonly body: Body | null;
      readonly socket?: Socket;
      /** Settles when the body has ended, failed or was cancelled; at once where there is none. */
      readonly ended: Promise<unknown>;
      /** Resolves when the body's reader has paused for so long that the origin has nothing to do for it. */
      readonly resting?: Promise<unknown>;
      /** Resolves when so little of the body has come for so long that it should not keep a turn for it. */
      readonly dripping?: Promise<unknown>;
    }
  | { readonly kind: "error"; readonly error: OriginError };

/** How the request's body goes: `none` was given, it moves, it is sent, or the client broke it off or was too slow. */
export type UploadState =
  | { readonly kind: "none" }
  | { readonly kind: "moving" | "sent"; readonly movedAt: EpochMillis }
  | { readonly kind: "broken" | "too-slow" };

/** A request that was sent: `cancel` ends it, also while its body is read, and may be called at any time. */
export interface Sending<Body, Socket> {
  readonly reply: Promise<OriginReply<Body, Socket>>;
  upload(): UploadState;
  cancel(): void;
}

/** An upload whose beginning is read before it takes a turn. `cancel` gives it up. */
export interface Gathering<Body> {
  /** The whole body again, or undefined if it broke off. Never rejects. */
  readonly body: Promise<Body | undefined>;
  cancel(): void;
}

export type OriginMetric = "request" | "queued" | "retry" | BreakerChange | OriginError;

/** What a breaker has done: `half-open` when its probe sets out. */
export type BreakerChange = "breaker-opened" | "breaker-half-open" | "breaker-closed";

export interface OriginPorts<Body, Socket> {
  now(): EpochMillis;
  /** Reads an upload until `LIMITS.uploadHeadBytes`, or all of it, have come. */
  gather(body: Body): Gathering<Body>;
  /** Sends once; never retries, and follows no redirect. */
  send(request: OriginRequest<Body>): Sending<Body, Socket>;
  /** Runs `run` once after `delay`, unless the function that it returns is called before. */
  after(delay: Millis, run: () => void): () => void;
  /** Counts one event, for metrics. */
  count(metric: OriginMetric): void;
}

export interface OriginResponse<Body, Socket> {
  readonly kind: "response";
  readonly status: number;
  readonly fields: readonly (readonly [string, string])[];
  /** Null where there is none. It must be read to its end or cancelled: until then it holds a slot (`holdSlot`). */
  readonly body: Body | null;
  /** The accepted connection of a 101. */
  readonly socket?: Socket;
  /** When the attempt that was answered was sent, and when its header had come (RFC 9111 section 4.2.3). */
  readonly requestAt: EpochMillis;
  readonly responseAt: EpochMillis;
  /** Whether it took a second attempt. */
  readonly retried: boolean;
}

export type OriginOutcome<Body, Socket> = OriginResponse<Body, Socket> | OriginFailure;
