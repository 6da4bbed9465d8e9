// What a door does with the target and the Host of a request (RFC 9112 section 3.2). A target in absolute form names the host,
// and the field Host is ignored (section 3.2.2): a server that believed Host would answer, and store, for another site. The
// runtime behind the doors reads Host alone, so the door writes there what the target says. Pure.

export type RequestTarget =
  /** `host` is what Host must say; undefined leaves the client's own. */
  | { readonly kind: "target"; readonly path: string; readonly host?: string }
  | { readonly kind: "bad"; readonly detail: string };

/** Reads a request's target and its Host lines. Bad: another scheme than http, a user name, no host, more than one Host. */
export function requestTarget(target: string, hosts: readonly string[]): RequestTarget {
  if (hosts.length > 1) return { kind: "bad", detail: "A request has one Host field (RFC 9112 section 3.2)." };
  if (target.startsWith("/") || target === "*") return { kind: "target", path: target };
  const absolute = /^http:\/\/([^/?#@\\\s]+)((?:[/?].*)?)$/i.exec(target);
  if (absolute === null) {
    return {
      kind: "bad",
      detail:
        "A request target is a path, or an absolute http:// URL without user name (RFC 9112 section 3.2); " +
        "this door speaks plain HTTP only.",
    };
  }
  const [, host = "", rest = ""] = absolute;
  return { kind: "target", path: rest.startsWith("/") ? rest : `/${rest}`, host };
}
