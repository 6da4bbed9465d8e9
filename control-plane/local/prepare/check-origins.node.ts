// Checks once, at a start, that each origin accepts a connection, with TLS if its URL has https. It sends no request, since an
// origin may count or refuse them. A Worker gets little detail about a failure; here the system gives the cause, and the user
// sees it before the first 502. It never stops a start: an origin may come up later.

import { connect, isIP } from "node:net";
import { connect as connectTls } from "node:tls";
import { connectionFault } from "../../../config/connection-faults.ts";
import type { Config } from "../../../config/schema/schema.ts";
import { LOCAL_LIMITS } from "../limits.ts";

/** A sentence for each origin that cannot be reached. */
export async function checkOrigins(origins: Config["origins"]): Promise<readonly string[]> {
  const faults = await Promise.all(
    Object.entries(origins).map(async ([name, { url }]) => {
      const fault = await whyUnreachable(new URL(url));
      return fault === undefined ? [] : [`the origin "${name}" (${url}) cannot be reached: ${fault}`];
    }),
  );
  return faults.flat();
}

function whyUnreachable(url: URL): Promise<string | undefined> {
  const isSecure = url.protocol === "https:";
  // The brackets around an IPv6 address belong to the URL.
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const port = Number(url.port || (isSecure ? 443 : 80));
  return new Promise((resolve) => {
    const socket = isSecure
      ? connectTls({ host, port, ...(isIP(host) === 0 ? { servername: host } : {}) })
      : connect({ host, port });
    const finish = (fault?: string): void => {
      clearTimeout(late);
      socket.destroy();
      resolve(fault);
    };
    const late = setTimeout(() => finish("it did not accept the connection in time"), LOCAL_LIMITS.originCheckMillis);
    socket.on(isSecure ? "secureConnect" : "connect", () => finish());
    socket.on("error", (error: NodeJS.ErrnoException) => {
      finish(connectionFault(error.code ?? "", error.message).clause);
    });
  });
}
