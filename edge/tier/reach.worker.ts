// Calls a node that may be gone. A slow origin and a dead region look alike at first, so after a second without an answer
// the node is asked, on the side, whether it is alive: one that answers is waited for, one that does not is left. So a lost
// region costs about two seconds of one request's time, and a slow origin costs no region its clients. Invariant: only a
// node that shows no sign of life is called unreachable. A request that a living node cannot take may be at fault itself, and
// must not cost a region all its other clients.

import { LIMITS } from "../../config/limits.ts";
import type { Node } from "../../config/node/ports.worker.ts";
import type { CancelSignal } from "../../origin/ports.ts";
import { NODE_URL } from "./message.worker.ts";

export type Reached =
  | { readonly kind: "response"; readonly response: Response }
  /** No connection, or no sign of life. The node may have begun to act on the request all the same. */
  | { readonly kind: "unreachable"; readonly cause: string }
  /** It lives, but broke off this request, or could not take it. */
  | { readonly kind: "broken"; readonly cause: string }
  /** It lives, but gave no answer in the time that the request has. */
  | { readonly kind: "late" };

/**
 * Sends `init` to `path` of a node; never rejects. `budgetMillis` bounds the wait for the head of the answer, and `gone` ends it:
 * then it is late, for that says nothing against the node.
 */
export async function reach(
  node: () => Node,
  path: string,
  init: RequestInit,
  budgetMillis: number,
  gone?: CancelSignal,
): Promise<Reached> {
  if (gone?.aborted) return { kind: "late" };
  const left = Promise.withResolvers<Reached>();
  const leave = () => left.resolve({ kind: "late" });
  gone?.addEventListener("abort", leave);
  const controller = new AbortController();
  try {
    const reached = await Promise.race([left.promise, ask(node, path, init, budgetMillis, controller)]);
    if (gone?.aborted) controller.abort();
    return reached;
  } finally {
    gone?.removeEventListener("abort", leave);
  }
}

async function ask(
  node: () => Node,
  path: string,
  init: RequestInit,
  budgetMillis: number,
  controller: AbortController,
): Promise<Reached> {
  const timers: ReturnType<typeof setTimeout>[] = [];
  const later = (delay: number): Promise<"time"> =>
    new Promise((resolve) => {
      timers.push(setTimeout(() => resolve("time"), delay));
    });
  const answer: Promise<Reached> = node()
    .fetch(`${NODE_URL}${path}`, { ...init, signal: controller.signal })
    .then(
      (response) => ({ kind: "response", response }),
      (cause: unknown) => ({ kind: "unreachable", cause: String(cause) }),
    );
  try {
    const probeAfter = Math.min(LIMITS.aliveProbeAfterMillis, budgetMillis);
    const first = await Promise.race([answer, later(probeAfter)]);
    if (first !== "time") return await judged(node, first);
    if (!(await Promise.race([isAlive(node()), answer.then(() => true)]))) {
      controller.abort();
      return { kind: "unreachable", cause: "no sign of life" };
    }
    const second = await Promise.race([answer, later(Math.max(0, budgetMillis - probeAfter))]);
    if (second !== "time") return await judged(node, second);
    controller.abort();
    return { kind: "late" };
  } finally {
    for (const timer of timers) clearTimeout(timer);
  }
}

/** A call that failed says little of the node: whether it lives is asked by itself. */
async function judged(node: () => Node, reached: Reached): Promise<Reached> {
  if (reached.kind !== "unreachable" || !(await isAlive(node()))) return reached;
  return { kind: "broken", cause: reached.cause };
}

/** Whether a node answers at all within the time for that question. */
export async function isAlive(node: Node): Promise<boolean> {
  try {
    const response = await node.fetch(`${NODE_URL}/alive`, {
      signal: AbortSignal.timeout(LIMITS.aliveProbeTimeoutMillis),
    });
    await response.body?.cancel();
    return response.ok;
  } catch {
    // Whatever went wrong, the answer to the question is no.
    return false;
  }
}
