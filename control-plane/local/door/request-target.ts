// Interprets a request's target and Host (RFC 9112 section 3.2). A target in absolute form determines the host, and the field Host
// is ignored (section 3.2.2): a server that used Host would answer, and store, for another site. The runtime behind the doors
// reads only Host, so the door replaces it with the target's host. It is as strict as the RFC allows, since differences in
// parsing enable request smuggling. Pure; the edge interprets host names.

export type RequestTarget =
  /** `host` is what Host must say; undefined leaves the client's own. */
  | { readonly kind: "target"; readonly path: string; readonly host?: string }
  /** `*`: the server itself is asked, which only OPTIONS may (RFC 9112 section 3.2.4). */
  | { readonly kind: "server" }
  | { readonly kind: "bad"; readonly detail: string };

/**
 * Reads a request's target and its Host lines at a door on `port`. Bad: another scheme than http, a user name, no host, a port that
 * is neither the door's nor 80, and any number of Host fields but one, for HTTP/1.0 too: without one no route would match.
 */
export function requestTarget(target: string, hosts: readonly string[], port: number): RequestTarget {
  if (hosts.length !== 1)
    return { kind: "bad", detail: "A request must have exactly one Host field (RFC 9112 section 3.2)." };
  if (!/^(?:\[[0-9a-f:.]+\]|[^\s/?#@\\[\]:]+)?(?::\d*)?$/i.test(hosts[0] ?? "")) {
    return { kind: "bad", detail: "Host must be a host name with an optional port (RFC 9110 section 7.2)." };
  }
  if (target.startsWith("/")) return { kind: "target", path: target };
  if (target === "*") return { kind: "server" };
  const absolute = /^http:\/\/([^/?#@\\\s]+)((?:[/?].*)?)$/i.exec(target);
  if (absolute === null) {
    return {
      kind: "bad",
      detail:
        "A request target must be a path, or an absolute http:// URL without a user name (RFC 9112 section 3.2); " +
        "this door supports plain HTTP only.",
    };
  }
  const [, host = "", rest = ""] = absolute;
  const [, named] = /:(\d*)$/.exec(host) ?? [];
  if (named !== undefined && named !== "" && Number(named) !== 80 && Number(named) !== port) {
    return { kind: "bad", detail: `The request's target has port ${named}, but this door is at port ${port}.` };
  }
  return { kind: "target", path: rest.startsWith("/") ? rest : `/${rest}`, host };
}
