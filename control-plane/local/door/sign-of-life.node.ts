// Detects a hung target: the kernel accepts connections for a process that hangs. A slow one answers the probe, and the request
// keeps waiting for it.

import { request as httpRequest } from "node:http";
import { LIMITS } from "../../../config/limits.ts";

interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** Calls `onSilent` unless that is stopped, or the target shows a sign of life, in the times of LIMITS. Returns how to stop it. */
export function watch(target: Endpoint, onSilent: () => void): () => void {
  const probing = setTimeout(async () => {
    if (!(await showsLife(target))) onSilent();
  }, LIMITS.aliveProbeAfterMillis);
  return () => clearTimeout(probing);
}

/**
 * Whether a target answers anything in the time for that question. It is asked with a method that an edge's runtime refuses
 * by itself, so that the question counts nowhere as a client's.
 */
function showsLife({ host, port }: Endpoint): Promise<boolean> {
  return new Promise((resolve) => {
    const question = httpRequest({ host, port, method: "M-SEARCH", path: "/", agent: false });
    const late = setTimeout(() => question.destroy(), LIMITS.aliveProbeTimeoutMillis);
    question.on("response", (answer) => {
      answer.resume();
      resolve(true);
    });
    question.on("error", () => resolve(false));
    question.on("close", () => {
      clearTimeout(late);
      resolve(false);
    });
    question.end();
  });
}
