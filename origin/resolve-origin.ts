// Decides where a request goes: only ever to the scheme, host and port of a configured origin. A path adds a path and a
// query, never another place. Also decides what `Host` the origin sees. In workerd that field always comes from the URL, so:
// over a binding (`ORIGIN_<NAME>`, which leads to one place regardless of the URL) any host can be sent; with the global
// `fetch` only the origin's own, or a fixed one by the platform's `resolveOverride`. A client's `Host` is never resolved.

import { LIMITS } from "../config/limits.ts";
import type { Origin } from "../config/schema/schema.ts";

/** How the shell reaches the origin: a binding ignores the URL's host as an address, the global `fetch` resolves it. */
export type Reach = "binding" | "global-fetch";

export interface Target {
  readonly kind: "target";
  /** What to fetch; its host is the `Host` that the origin sees. */
  readonly url: string;
  /** The name to resolve in place of the URL's host: the platform's `cf.resolveOverride`, which takes no port. */
  readonly resolveOverride?: string;
}

export interface RefusedOrigin {
  readonly kind: "refused";
  readonly reason: "bad-path" | "bad-origin" | "bad-host" | "client-host-needs-binding";
}

/** A path with an optional query in visible ASCII; URL parsers drop or rewrite the rest, so it would not arrive as checked. */
const PATH = /^\/[!-"$-[\]-~]*$/;
/** Host and optional port as RFC 9110 section 7.2 writes them: no user, no path, nothing that a URL parser would move. */
const HOST = /^(?:[a-z0-9._-]{1,253}|\[[0-9a-f:.]{2,45}\])(?::[0-9]{1,5})?$/i;

/**
 * The URL to ask for `path` (which begins with `/` and may have a query). `clientHost` is what the client's `Host` said.
 * Refused: another place, a path that is not one, and `host: "client"` where the shell cannot honour it: resolving a name
 * that a client sent would let the client choose the origin.
 */
export function resolveOrigin(origin: Origin, path: string, reach: Reach, clientHost?: string): Target | RefusedOrigin {
  const refuse = (reason: RefusedOrigin["reason"]): RefusedOrigin => ({ kind: "refused", reason });
  if (path.length > LIMITS.urlCharacters || !PATH.test(path)) return refuse("bad-path");
  if (!URL.canParse(origin.url)) return refuse("bad-origin");
  const base = new URL(origin.url);
  if (base.protocol !== "http:" && base.protocol !== "https:") return refuse("bad-origin");
  if (base.username !== "" || base.password !== "" || base.pathname !== "/" || base.search !== "")
    return refuse("bad-origin");

  const own = base.host;
  if (origin.host === "client" && reach === "global-fetch") return refuse("client-host-needs-binding");
  const wanted = (origin.host === "client" ? clientHost : origin.host) ?? own;
  if (!HOST.test(wanted) || !URL.canParse(`${base.protocol}//${wanted}${path}`)) return refuse("bad-host");
  const url = `${base.protocol}//${wanted}${path}`;
  if (reach === "binding" || wanted.toLowerCase() === own) return { kind: "target", url };

  // The override changes which name is resolved, not the port: a fixed host without one keeps the origin's own.
  const withPort =
    /:[0-9]+$/.test(wanted) || base.port === "" ? url : `${base.protocol}//${wanted}:${base.port}${path}`;
  return { kind: "target", url: withPort, resolveOverride: base.hostname };
}
