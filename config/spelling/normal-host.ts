// Normalizes hosts: all comparisons of hosts (the control API's name, aliases, routes, tokens, purges) use this form, so that
// case, a trailing dot, a default port or an international name never split one host in two.

import { normaliseUrl, pathStart } from "./normal-url.ts";

export type NormalHost =
  /** `name` in small letters, international names as `xn--`; `host` is the name with the port, if there is one. */
  | { readonly kind: "host"; readonly name: string; readonly host: string }
  | { readonly kind: "invalid"; readonly detail: string };

const invalid = (detail: string): NormalHost => ({ kind: "invalid", detail });

/**
 * Reads a name or address, perhaps with a port. The ports 80 and 443 are dropped: each is the default of a scheme, and URLs
 * under it are written without. Invalid are whole URLs, user names and paths.
 */
export function normalHost(text: string): NormalHost {
  if (/[/?#@\\]/.test(text)) return invalid("a host must be only a name, without scheme, user name or path");
  // `1.2.3.4` and `0x7f.1` are spelt by the URL parser; a bare IPv6 address would be taken for a name with a port.
  if (/^[^[\]]*:[^:]*:/.test(text)) return invalid("an IPv6 address must be in brackets: [2001:db8::1]");
  const normal = normaliseUrl(`http://${text}/`);
  if (normal.kind === "invalid") return invalid("this is not a host name");
  const host = normal.url.slice("http://".length, pathStart(normal.url)).replace(/:443$/, "");
  return { kind: "host", host, name: host.replace(/:[0-9]+$/, "") };
}

/** The name of the host that a URL is for, in its one spelling; undefined where the text is no URL of a host. */
export function hostNameOf(url: string): string | undefined {
  if (!URL.canParse(url)) return undefined;
  const host = normalHost(new URL(url).host);
  return host.kind === "host" ? host.name : undefined;
}
