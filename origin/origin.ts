// One request to an origin: breaker, a slot at the gate, send, head within the timeout, at most one retry, answer.
// It decides which answers are failures; it never reads a body, never caches and never follows a redirect.
// Invariants: in every case a slot is released once, and a permit is settled once. Each attempt, including the retry, consults the
// breaker; both share one timeout for the head. One client object an origin and isolate or object.

import { isEventStream } from "../config/event-stream.ts";
import type { Origin } from "../config/schema/schema.ts";
import {
  addMillis,
  between,
  epochMillis,
  type Millis,
  millis,
  type Seconds,
  seconds,
  toMillis,
} from "../config/units.ts";
import { Beginnings } from "./beginnings.ts";
import { Breaker, type BreakerResult, type Evidence, isFailureStatus, type Permit, placeOf } from "./breaker.ts";
import { FAILURES, failureOfStatus, type OriginError, originFailure } from "./failure.ts";
import type { Share } from "./gate.ts";
import { ORIGIN_LIMITS } from "./limits.ts";
import type { OriginOutcome, OriginPorts, OriginReply, OriginRequest, UploadState } from "./ports.ts";
import { isRepeatable, RetryBudget } from "./retry-budget.ts";
import { Turns } from "./turns.ts";

type Attempt<Body, Socket> =
  | { readonly kind: "answered"; readonly outcome: OriginOutcome<Body, Socket>; readonly busy: Busy }
  | { readonly kind: "failed"; readonly error: OriginError; readonly retryIn?: Millis };

interface Sent<Body, Socket> {
  readonly reply: OriginReply<Body, Socket>;
  readonly upload: UploadState;
  readonly cancel: () => void;
}

/** An answer whose body the origin is busy with. */
interface Busy {
  readonly ended: Promise<unknown>;
  readonly resting?: Promise<unknown> | undefined;
  readonly dripping?: Promise<unknown> | undefined;
  readonly cancel: () => void;
}

const wholeSeconds = (wait: Millis): Seconds => seconds(Math.max(1, Math.ceil(wait / 1000)));

export class OriginClient<Body, Socket = never> {
  readonly name: string;
  readonly #origin: Origin;
  readonly #ports: OriginPorts<Body, Socket>;
  readonly #turns: Turns;
  readonly #breaker: Breaker;
  readonly #budget: RetryBudget;
  readonly #beginnings: Beginnings<Body>;
  /** Answers that go on without a turn because they drip. */
  #dripping = 0;

  constructor(name: string, origin: Origin, ports: OriginPorts<Body, Socket>) {
    this.name = name;
    this.#origin = origin;
    this.#ports = ports;
    const { maxConcurrent, maxQueued } = origin;
    this.#turns = new Turns(
      { maxConcurrent, maxQueued, queueTimeout: toMillis(seconds(origin.queueTimeoutSeconds)) },
      ports,
    );
    this.#beginnings = new Beginnings(ports);
    this.#breaker = new Breaker({
      failures: origin.breakerFailures,
      openFor: toMillis(seconds(origin.breakerOpenSeconds)),
    });
    this.#budget = new RetryBudget(origin.retryBudget);
  }

  /** What stands at the origin's door now: for status pages. */
  get state(): { readonly running: number; readonly waiting: number; readonly breaker: Breaker["state"] } {
    return { running: this.#turns.running, waiting: this.#turns.waiting, breaker: this.#breaker.state };
  }

  /** Asks the origin. Never rejects on anything that an origin, a network or a client can do. */
  async request(asked: OriginRequest<Body>): Promise<OriginOutcome<Body, Socket>> {
    this.#ports.count("request");
    const refusal = this.#breaker.refusal(this.#ports.now());
    if (refusal !== undefined) return this.#fail("breaker-open", refusal.retryIn);
    const begun = await this.#beginnings.begin(asked);
    if (begun.kind === "failed")
      return this.#fail(begun.error, begun.error === "uploads-full" ? millis(1000) : undefined);
    const { request } = begun;
    const admission = await this.#turns.take(request.signal, request.rank, this.#sharesOf(request));
    switch (admission.kind) {
      case "admitted":
        break;
      case "queue-timeout":
        return this.#fail("connection_limit_reached", toMillis(seconds(this.#origin.queueTimeoutSeconds)));
      case "queue-full":
        return this.#fail("queue-full", millis(1000));
      case "cancelled":
        return this.#fail("cancelled");
    }

    let holder: Promise<unknown> | undefined;
    try {
      const result = await this.#attemptTwice(request);
      if (result.kind === "failed") return this.#fail(result.error, result.retryIn);
      holder = holdsSlotAfterHeader(request, result.outcome) ? this.#busyUntil(result.busy) : undefined;
      return result.outcome;
    } finally {
      // A fill keeps its slot until its body has ended: a Durable Object may wait for few answers at once, and an origin
      // that is busy with four bodies should not get a fifth. One whose reader rests keeps no slot: a few clients that read
      // nothing would hold all of them, and block every other request to this origin.
      const { leave } = admission;
      if (holder === undefined) leave();
      else void holder.then(leave, leave);
    }
  }

  /**
   * No page, no client and no crowd of uploads has all turns: a quarter of them, and of the queue, is always left to others. An
   * origin that is asked one thing at a time cannot be shared like that.
   */
  #sharesOf({ path, client, body }: OriginRequest<Body>): Share[] {
    const { maxConcurrent, maxQueued } = this.#origin;
    if (maxConcurrent === 1) return [];
    const [most, mostWaiting] = [maxConcurrent, maxQueued].map((all) => all - Math.ceil(all / 4)) as [number, number];
    const page = path.slice(0, path.indexOf("?") < 0 ? path.length : path.indexOf("?"));
    const names = [`page ${page}`, ...(client === undefined ? [] : [`client ${client}`])];
    if (body !== undefined && body !== null) names.push("uploads");
    return names.map((name) => ({ name, most, mostWaiting }));
  }

  async #attemptTwice(asked: OriginRequest<Body>): Promise<Attempt<Body, Socket>> {
    // Fields may be readable only once, and a retry sends them again.
    const request = { ...asked, fields: [...asked.fields] };
    const headerBy = this.#ports.now() + this.#origin.headerTimeoutSeconds * 1000;
    this.#budget.earn();
    const first = await this.#attempt(request, headerBy, 1);
    if (first.kind === "answered") return first;
    const body = request.body === undefined || request.body === null ? "no-body" : "body";
    if (!isRepeatable(request.method, body, first.error) || this.#budget.spend() === "exhausted") return first;
    const second = await this.#attempt(request, headerBy, 2);
    // That the breaker opened meanwhile is no news to this client: what happened to their request is.
    return second.kind === "failed" && second.error === "breaker-open" ? first : second;
  }

  async #attempt(request: OriginRequest<Body>, headerBy: number, attempt: 1 | 2): Promise<Attempt<Body, Socket>> {
    const permit = this.#breaker.ask(this.#ports.now());
    if (permit.kind === "open") return { kind: "failed", error: "breaker-open", retryIn: permit.retryIn };
    if (this.#breaker.state === "half-open") this.#ports.count("breaker-half-open");
    if (attempt === 2) this.#ports.count("retry");
    let result: BreakerResult = "abandoned";
    let evidence: Evidence = "section";
    try {
      const requestAt = this.#ports.now();
      const { reply, upload, cancel } = await this.#sendInTime(request, millis(Math.max(0, headerBy - requestAt)));
      const error = reply.kind === "error" ? reply.error : errorOfReply(reply);
      if (reply.kind === "error" || error !== undefined) {
        if (upload.kind === "broken") return { kind: "failed", error: "cancelled" };
        if (upload.kind === "too-slow") return { kind: "failed", error: "upload-below-rate" };
        const named = error ?? "http_protocol_error";
        // A client decides how its upload goes: one that has not ended is no evidence against the origin.
        const { breaker } = FAILURES[named];
        if (breaker !== "ignores" && upload.kind !== "moving") {
          result = "failure";
          evidence = breaker;
        }
        return { kind: "failed", error: named };
      }
      result = isFailureStatus(reply.status) ? "failure" : "success";
      const { ended, resting, dripping, ...answer } = reply;
      const responseAt = this.#ports.now();
      const outcome = { ...answer, kind: "response", requestAt, responseAt, retried: attempt === 2 } as const;
      return { kind: "answered", outcome, busy: { ended, resting, dripping, cancel } };
    } finally {
      this.#settle(permit, result, placeOf(evidence, request.path));
    }
  }

  /** Sends, and waits for the header for `allowed` or until the caller gives up; then the request is ended. */
  #sendInTime(request: OriginRequest<Body>, allowed: Millis): Promise<Sent<Body, Socket>> {
    const { signal } = request;
    if (signal?.aborted)
      return Promise.resolve({
        reply: { kind: "error", error: "cancelled" },
        upload: { kind: "none" },
        cancel: () => undefined,
      });
    return new Promise((resolve) => {
      const sending = this.#ports.send(request);
      let cancelTimer: () => void = () => undefined;
      const finish = (reply: OriginReply<Body, Socket>) =>
        resolve({ reply, upload: sending.upload(), cancel: () => sending.cancel() });
      const giveUp = (error: OriginError) => {
        cancelTimer();
        signal?.removeEventListener("abort", onAbort);
        finish({ kind: "error", error });
        sending.cancel();
      };
      const onAbort = () => giveUp("cancelled");
      // An upload that moves is no slow origin: the time counts from its last byte.
      const onTime = () => {
        const upload = sending.upload();
        const moved = upload.kind === "moving" || upload.kind === "sent" ? upload.movedAt : epochMillis(0);
        const left = between(this.#ports.now(), addMillis(moved, allowed));
        if (left <= 0) giveUp("http_response_timeout");
        else cancelTimer = this.#ports.after(left, onTime);
      };
      cancelTimer = this.#ports.after(allowed, onTime);
      signal?.addEventListener("abort", onAbort);
      void sending.reply.then((reply) => {
        cancelTimer();
        finish(reply);
        if (reply.kind === "error" || errorOfReply(reply) !== undefined) {
          signal?.removeEventListener("abort", onAbort);
          // The body of an answer that counts as a failure is not read.
          sending.cancel();
          return;
        }
        // From here on giving up ends the body.
        const forget = () => signal?.removeEventListener("abort", onAbort);
        void reply.ended.then(forget, forget);
      });
    });
  }

  /**
   * Until when an answer keeps its turn: to its end, or until its reader rests or its origin drips. One that drips and would be
   * one too many in addition to the turns is cut off.
   */
  #busyUntil({ ended, resting, dripping, cancel }: Busy): Promise<unknown> {
    const drips = dripping?.then(() => {
      if (this.#dripping >= ORIGIN_LIMITS.drippingAnswers) return cancel();
      this.#dripping += 1;
      const forget = () => {
        this.#dripping -= 1;
      };
      void ended.then(forget, forget);
    });
    return Promise.race([ended, resting, drips].filter((until) => until !== undefined));
  }

  #settle(permit: Permit, result: BreakerResult, place: string | undefined): void {
    const change = this.#breaker.settle(permit, result, this.#ports.now(), place);
    if (change !== "unchanged") this.#ports.count(`breaker-${change}`);
  }

  #fail(error: OriginError, retryIn?: Millis): OriginOutcome<Body, Socket> {
    this.#ports.count(error);
    return originFailure(error, retryIn === undefined ? undefined : wholeSeconds(retryIn));
  }
}

/** Why a reply is not an answer of the origin that can be passed on, if it is not. */
function errorOfReply(reply: {
  readonly status: number;
  readonly fields: readonly (readonly [string, string])[];
}): OriginError | undefined {
  const byStatus = failureOfStatus(reply.status);
  if (byStatus !== undefined) return byStatus;
  let size = 0;
  for (const [name, value] of reply.fields) size += name.length + value.length + 4;
  return size > ORIGIN_LIMITS.originHeaderBytes ? "http_response_header_section_size" : undefined;
}

/** Whether the slot stays taken while the body is read. Event streams and upgraded connections last for hours: they would block the origin. */
function holdsSlotAfterHeader<Body, Socket>(
  request: OriginRequest<Body>,
  outcome: OriginOutcome<Body, Socket>,
): boolean {
  if (outcome.kind === "failure" || outcome.body === null || request.holdSlot === "header") return false;
  return outcome.status !== 101 && !isEventStream(contentTypeOf(outcome.fields));
}

/** The value of Content-Type among field lines. */
export function contentTypeOf(fields: Iterable<readonly [string, string]>): string | undefined {
  for (const [name, value] of fields) if (name.toLowerCase() === "content-type") return value;
  return undefined;
}
