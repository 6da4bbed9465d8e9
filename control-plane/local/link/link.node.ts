// A link: the emulated way from one place to another, as a TCP forwarder that delays bytes in both directions. It can be
// cut and healed. It never inspects the bytes. Bounded: connections by count, bytes in flight per direction.
// A cut is silent (bytes stay in flight, like lost packets that are retransmitted) or resets the connections.

import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import type { Millis } from "../../../config/units.ts";
import { LOCAL_LIMITS } from "../limits.ts";
import { DelayStream } from "./delay-stream.node.ts";

/** How a link fails: `silent` delivers nothing, `reset` resets every connection at once. */
export type Cut = "silent" | "reset";

export interface LinkOptions {
  /** The link's target. */
  readonly host: string;
  readonly port: number;
  /** One-way delay. */
  readonly oneWay: Millis;
  /**
   * The meaning of the caller's close. `whole`: it has given up, so the far end is reset; workerd never closes one direction only,
   * and as a server it would treat a close as the end of the request and continue the work. `half` (the default): it has sent
   * everything and still reads.
   */
  readonly callersClose?: "whole" | "half";
}

interface Connection {
  readonly near: Socket;
  /** Absent until the far end has been called, which waits while the link is cut. */
  far?: Socket;
  readonly outward: DelayStream;
  readonly homeward: DelayStream;
}

/** One direction of requests between two places; answers return over the same connections. */
export class Link {
  readonly #options: LinkOptions;
  readonly #server: Server;
  readonly #connections = new Set<Connection>();
  #cut: Cut | undefined;

  constructor(options: LinkOptions) {
    this.#options = options;
    // Half-open ends are kept: a client that has sent everything still waits for its answer.
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (near) => this.#accept(near));
    this.#server.maxConnections = LOCAL_LIMITS.linkConnections;
  }

  /** Starts listening on 127.0.0.1. Returns the port that leads over this link. */
  async listen(): Promise<number> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    return (this.#server.address() as AddressInfo).port;
  }

  /** Cuts the link. Cutting again changes how it is cut. */
  cut(how: Cut = "silent"): void {
    this.#cut = how;
    for (const connection of this.#connections) {
      if (how === "reset") this.#reset(connection);
      else {
        connection.outward.hold();
        connection.homeward.hold();
      }
    }
  }

  /** Heals the link: bytes in flight arrive, and pending connections are made. */
  heal(): void {
    this.#cut = undefined;
    for (const connection of this.#connections) {
      connection.outward.release();
      connection.homeward.release();
      if (connection.far === undefined) this.#callFarEnd(connection);
    }
  }

  get state(): "whole" | Cut {
    return this.#cut ?? "whole";
  }

  get connections(): number {
    return this.#connections.size;
  }

  /** Ends every connection and stops listening. */
  async close(): Promise<void> {
    for (const connection of this.#connections) this.#reset(connection);
    if (!this.#server.listening) return;
    this.#server.close();
    await once(this.#server, "close");
  }

  #accept(near: Socket): void {
    if (this.#cut === "reset") {
      near.resetAndDestroy();
      return;
    }
    const connection: Connection = {
      near,
      outward: new DelayStream(this.#options.oneWay),
      homeward: new DelayStream(this.#options.oneWay),
    };
    this.#connections.add(connection);
    this.#watch(connection, near);
    if (this.#cut === undefined) this.#callFarEnd(connection);
    else {
      connection.outward.hold();
      connection.homeward.hold();
    }
  }

  #callFarEnd(connection: Connection): void {
    const { host, port } = this.#options;
    const far = connect({ host, port, allowHalfOpen: true, noDelay: true });
    connection.far = far;
    this.#watch(connection, far);
    connection.near.pipe(connection.outward);
    if (this.#options.callersClose === "whole") {
      connection.outward.pipe(far, { end: false });
      connection.outward.on("end", () => this.#reset(connection));
    } else connection.outward.pipe(far);
    far.pipe(connection.homeward).pipe(connection.near);
  }

  /** Each direction ends by itself, by `pipe`; the connection is over when both ends are closed, or at once when one breaks. */
  #watch(connection: Connection, end: Socket): void {
    end.on("error", () => this.#reset(connection));
    end.on("close", () => {
      const { near, far } = connection;
      if (!end.readableEnded || far === undefined) this.#reset(connection);
      else if (near.closed && far.closed) this.#connections.delete(connection);
    });
  }

  #reset(connection: Connection): void {
    // A reset, not a plain close: workerd notices only the former while it waits for an answer.
    connection.near.resetAndDestroy();
    connection.far?.resetAndDestroy();
    connection.outward.destroy();
    connection.homeward.destroy();
    this.#connections.delete(connection);
  }
}
