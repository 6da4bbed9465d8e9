// Moves a body into a spool at the pace of its readers, and ends it as it ended: whole, or broken off, never short and well.
// It belongs to no request: it goes on while some request reads, or while the spool keeps the body for the store. A body that is only
// for the store must arrive at a least rate: one that drips would occupy its flight and the origin's connection for as long as it likes.

import { LIMITS } from "../../config/limits.ts";
import { millis } from "../../config/units.ts";
import { EDGE_LIMITS } from "../limits.ts";
import type { After, ByteSource } from "./source.ts";
import type { Spool } from "./spool.ts";

/** Moves a body into a spool at the pace of its readers, and ends it as it ended. Never rejects: the spool passes errors to its readers. */
export async function pump(after: After, source: ByteSource, spool: Spool, length: number | undefined): Promise<void> {
  let received = 0;
  const stop = watchRate(
    after,
    () => received,
    () => {
      if (spool.isRead) return;
      source.cancel();
      spool.break(new Error("a body that no request reads arrived too slowly"));
    },
  );
  try {
    for (let chunk = await source.read(); chunk !== undefined; chunk = await source.read()) {
      received += chunk.byteLength;
      spool.write(chunk);
      if (spool.abandoned) {
        source.cancel();
        return spool.break(new Error("nobody reads this body any more"));
      }
      await roomIn(after, spool);
    }
    if (length !== undefined && received !== length) throw new Error(`body ended after ${received} of ${length} bytes`);
    spool.end();
  } catch (cause) {
    spool.break(cause);
  } finally {
    stop();
  }
}

/** Calls `slow` after each `leastRateMillis` in which fewer than `leastRateBytes` were `received`, until it is stopped. */
function watchRate(after: After, received: () => number, slow: () => void): () => void {
  let before = 0;
  let cancel = (): void => undefined;
  const watch = (): void => {
    cancel = after(millis(LIMITS.leastRateMillis), () => {
      const isSlow = received() - before < LIMITS.leastRateBytes;
      before = received();
      watch();
      if (isSlow) slow();
    });
  };
  watch();
  return () => cancel();
}

/** Waits until the readers have caught up; one that holds up the others for too long is cut off. */
export async function roomIn(after: After, spool: Spool): Promise<void> {
  for (let room = spool.room(); room !== undefined; room = spool.room()) {
    let cancel = (): void => undefined;
    const stalled = new Promise<void>((resolve) => {
      cancel = after(millis(EDGE_LIMITS.stalledReaderMillis), () => {
        spool.cutStalled();
        resolve();
      });
    });
    await Promise.race([room, stalled]);
    cancel();
  }
}
