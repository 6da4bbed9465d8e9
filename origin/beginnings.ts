// Uploads before their turn at the origin: the beginning of each is read first, so that a slow client delays no other. The number
// of concurrent reads is bounded, and no client may take all of them. It never reads a body itself.
// **Decided:** an upload that breaks off or is too slow before its turn is the client's fault (408, RFC 9110 section 15.5.9).

import { LIMITS } from "../config/limits.ts";
import { millis } from "../config/units.ts";
import type { OriginError } from "./failure.ts";
import { ORIGIN_LIMITS } from "./limits.ts";
import type { OriginPorts, OriginRequest } from "./ports.ts";
import { Turns } from "./turns.ts";

type Begun<Body> =
  | { readonly kind: "begun"; readonly request: OriginRequest<Body> }
  | { readonly kind: "failed"; readonly error: OriginError };

export class Beginnings<Body> {
  readonly #ports: Pick<OriginPorts<Body, never>, "now" | "after" | "count" | "gather">;
  readonly #places: Turns;

  constructor(ports: Pick<OriginPorts<Body, never>, "now" | "after" | "count" | "gather">) {
    this.#ports = ports;
    this.#places = new Turns(
      { maxConcurrent: ORIGIN_LIMITS.uploadHeads, maxQueued: 0, queueTimeout: millis(0) },
      ports,
    );
  }

  /** The request with the beginning of its upload read, or why there is none. At once where it has no upload. */
  async begin(request: OriginRequest<Body>): Promise<Begun<Body>> {
    const { body, signal, client } = request;
    if (body === undefined || body === null) return { kind: "begun", request };
    const shares =
      client === undefined ? [] : [{ name: client, most: ORIGIN_LIMITS.uploadHeadsOfClient, mostWaiting: 0 }];
    const place = await this.#places.take(signal, 0, shares);
    if (place.kind === "cancelled") return { kind: "failed", error: "cancelled" };
    if (place.kind !== "admitted") return { kind: "failed", error: "uploads-full" };
    const gathering = this.#ports.gather(body);
    const given = Promise.withResolvers<OriginError>();
    const onAbort = () => given.resolve("cancelled");
    signal?.addEventListener("abort", onAbort);
    const cancelTimer = this.#ports.after(millis(LIMITS.uploadHeadMillis), () => given.resolve("upload-too-slow"));
    const result = await Promise.race([
      gathering.body.then((whole) => (whole === undefined ? ("upload-broken" as const) : { whole })),
      given.promise,
    ]);
    place.leave();
    cancelTimer();
    signal?.removeEventListener("abort", onAbort);
    if (typeof result !== "string") return { kind: "begun", request: { ...request, body: result.whole } };
    gathering.cancel();
    return { kind: "failed", error: result };
  }
}
