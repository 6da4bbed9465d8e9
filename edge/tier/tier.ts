// What a tier is asked and what it answers, without any platform: the shard core sees only these, the shells (workerd, a
// test, a simulator) translate. A body is opened at most once, by the code that passes it on.

import type { EpochMillis } from "../../config/units.ts";
import type { Vector } from "../../control-plane/purge/vector.ts";
import type { CancelSignal } from "../../origin/ports.ts";
import type { Body } from "../body/source.ts";
import type { Fields } from "../http/fields.ts";
import type { CacheKey } from "../request/cache-key.ts";
import type { RequestContext, ResponseFacts } from "./wire.ts";

/** A request at the door of a tier. */
export interface TierRequest {
  readonly method: string;
  readonly fields: Fields;
  readonly context: RequestContext;
  /** An upload, in the shell's own form; passed on, never read. */
  readonly upload?: unknown;
}

/** What a tier answers to the one before it. */
export interface TierResponse {
  readonly status: number;
  readonly fields: Fields;
  readonly body: Body;
  readonly facts: ResponseFacts;
  /** A WebSocket or the like that came with the answer, in the shell's own form. */
  readonly upgrade?: unknown;
}

/** A request with its cache key, which is worked out once for each tier. */
export interface KeyedRequest extends TierRequest {
  readonly keyed: CacheKey;
}

/** What a shard asks of the next tier: the shield, or the origin if the shard is the shield itself. */
export interface UpstreamRequest extends KeyedRequest {
  /** What purges are known now: no answer may come from knowledge older than this. */
  readonly vector: Vector;
  /** Cancels the request: no client waits for its answer any more. */
  readonly signal?: CancelSignal | undefined;
  /** Fields that select variants of this URL in addition to the route's own; the origin is sent them. */
  readonly selecting?: readonly string[];
  /** The answer is for one client alone: an origin is sent everything that it said. */
  readonly isOwn?: boolean;
}

export interface UpstreamAnswer {
  readonly kind: "answer";
  readonly status: number;
  readonly fields: Fields;
  readonly body: Body;
  /** What the shield says of its answer; absent from an origin. */
  readonly facts?: ResponseFacts;
  /**
   * Nobody was asked for it: it was made of what this tier has stored in another coding, or of what another request had asked
   * for in another coding. Absent on what the next tier answered to this very request.
   */
  readonly madeOf?: "stored" | "under-way";
  /** When the request that got this answer was sent, and when its head came. */
  readonly requestAt: EpochMillis;
  readonly responseAt: EpochMillis;
  readonly timings: ResponseFacts["timings"];
  readonly upgrade?: unknown;
}

/** Why there is no answer, as the client gets it (RFC 9457, RFC 9209). */
export interface UpstreamFailure {
  readonly kind: "failure";
  readonly status: 408 | 502 | 503 | 504 | 508;
  readonly code: string;
  readonly detail: string;
  /** RFC 9209 error type. */
  readonly proxyError: string;
  readonly retryAfterSeconds?: number;
}

/** What a question to the next tier brings. */
export type UpstreamResult = UpstreamAnswer | UpstreamFailure;

/** The next tier. Never rejects: what goes wrong is a failure. */
export type Upstream = (request: UpstreamRequest) => Promise<UpstreamResult>;
