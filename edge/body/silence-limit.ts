// A body that another process sends may stop coming without a word: the process hangs, or the way to it is cut. Nobody
// would hear of it, and everyone who asks for the object would join its flight and wait. So silence has an end here, later
// than at the tier that asks the origin, which has reported what went wrong by then. A reader's own pauses do not count.

import type { Origin } from "../../config/schema/schema.ts";
import { type Millis, millis } from "../../config/units.ts";
import { EDGE_LIMITS } from "../limits.ts";
import type { After, ByteSource } from "./source.ts";

/** How long a body from this origin, by any path, may be silent. */
export const silenceOf = (origin: Origin | undefined): Millis =>
  millis((origin?.idleTimeoutSeconds ?? 0) * 1000 + EDGE_LIMITS.bodySilenceBeyondMillis);

/** `source`, whose reads reject after `silence` without a byte; it is cancelled then. */
export function neverSilent(source: ByteSource, silence: Millis, after: After): ByteSource {
  return {
    read: () =>
      new Promise((resolve, reject) => {
        const heard = after(silence, () => {
          source.cancel();
          reject(new Error(`the body paused for ${silence} ms`));
        });
        source.read().then(
          (chunk) => {
            heard();
            resolve(chunk);
          },
          (cause) => {
            heard();
            reject(cause);
          },
        );
      }),
    cancel: () => source.cancel(),
  };
}
