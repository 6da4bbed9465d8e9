// The connections that the doors of a local run share, by undici. A connection goes back into the pool when its answer has ended
// well; one whose request is aborted is reset, so that the far end stops working for it.

import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { Agent, buildConnector } from "undici";
import { LOCAL_LIMITS } from "../limits.ts";

/** One pool for all doors, made when it is first needed; idle connections do not keep the process alive. */
let pool: Agent | undefined;
export const openPool = (): Agent => {
  // The far end has the relevant timeouts.
  pool ??= new Agent({
    allowH2: false,
    headersTimeout: 0,
    bodyTimeout: 0,
    maxHeaderSize: LOCAL_LIMITS.doorAnswerHeadBytes,
    connect: (options, callback) =>
      connector(options, (...[error, socket]) => {
        // A connection that failed comes with no socket at all, despite the types.
        if (error) callback(error, null);
        else if (socket) callback(null, resetsWhenDestroyed(socket));
      }),
  });
  return pool;
};

const connector = buildConnector({ allowH2: false });

/**
 * Resets, rather than closes, an aborted request's connection: the runtime at the other end would treat a close as the end of
 * the request and continue the work, up to the origin; it notices a reset at once.
 */
function resetsWhenDestroyed<Opened extends Socket>(socket: Opened): Opened {
  const destroy = socket.destroy.bind(socket);
  socket.destroy = (error) => {
    const isAbort = (error as NodeJS.ErrnoException | undefined)?.code === "UND_ERR_INFO";
    if (!isAbort || socket.destroyed || socket instanceof TLSSocket) return destroy(error);
    socket.destroy = destroy;
    // A reset emits no error, and without one undici would treat the answer as complete.
    process.nextTick(() => socket.emit("error", error));
    return socket.resetAndDestroy();
  };
  return socket;
}

/** Ends the pooled connections, so that nothing waits for them at the end of a run. */
export function closePool(): void {
  const ended = pool?.destroy();
  pool = undefined;
  // What was still under way hears of it by itself.
  ended?.catch(() => undefined);
}
