// Collects a purge's scopes from options and from a list with one scope per line. It only sorts scopes into the API's fields
// and rejects lines of no known kind; the API validates URLs and tags, since it has the rules.

import { LIMITS } from "../../../config/limits.ts";

/** Scopes as the API's body takes them. */
export interface PurgeScopes {
  readonly urls: string[];
  readonly prefixes: string[];
  readonly tags: string[];
  readonly hosts: string[];
  everything: boolean;
}

/** The scope options of `meridian purge`. */
export interface ScopeOptions {
  readonly url?: readonly string[];
  readonly prefix?: readonly string[];
  readonly tag?: readonly string[];
  readonly host?: readonly string[];
  readonly everything?: boolean;
}

export type GatheredScopes =
  | { readonly kind: "scopes"; readonly scopes: PurgeScopes; readonly count: number }
  | { readonly kind: "invalid"; readonly detail: string };

/**
 * Merges options and list. A line is a URL, or `url:`, `prefix:`, `tag:` or `host:` and a value; empty lines and those
 * that begin with `#` are skipped. "Everything" is an option only: a stray line must never purge everything.
 */
export function gatherScopes(options: ScopeOptions, list: string | undefined): GatheredScopes {
  const scopes: PurgeScopes = {
    urls: [...(options.url ?? [])],
    prefixes: [...(options.prefix ?? [])],
    tags: [...(options.tag ?? [])],
    hosts: [...(options.host ?? [])],
    everything: options.everything === true,
  };
  for (const [index, line] of (list ?? "").split(/\r?\n/).entries()) {
    const text = line.trim();
    if (text === "" || text.startsWith("#")) continue;
    if (!addLine(scopes, text)) {
      return {
        kind: "invalid",
        detail: `line ${index + 1} is not a scope: "${text.slice(0, 80)}". A line is a URL, or url:, prefix:, tag: or host: and a value`,
      };
    }
  }
  const count = scopes.urls.length + scopes.prefixes.length + scopes.tags.length + scopes.hosts.length;
  if (scopes.everything && count > 0) {
    return { kind: "invalid", detail: "--everything includes all other scopes: use it alone" };
  }
  if (!scopes.everything && count === 0) {
    return {
      kind: "invalid",
      detail:
        "give a scope: --url, --prefix, --tag, --host or --everything, or a list with --file FILE (- is standard input)",
    };
  }
  if (count > LIMITS.purgeScopes) {
    return {
      kind: "invalid",
      detail: `${count} scopes exceed the limit of ${LIMITS.purgeScopes} per purge: split the list, or purge a tag or prefix`,
    };
  }
  return { kind: "scopes", scopes, count: scopes.everything ? 1 : count };
}

function addLine(scopes: PurgeScopes, text: string): boolean {
  if (/^(https?:)?\/\//i.test(text)) {
    scopes.urls.push(text);
    return true;
  }
  const match = /^(url|prefix|tag|host):\s*(\S.*)$/i.exec(text);
  if (!match) return false;
  const value = match[2] as string;
  switch (match[1]?.toLowerCase()) {
    case "url":
      scopes.urls.push(value);
      return true;
    case "prefix":
      scopes.prefixes.push(value);
      return true;
    case "tag":
      scopes.tags.push(value);
      return true;
    default:
      scopes.hosts.push(value);
      return true;
  }
}

/** The body's scope fields that are not empty. */
export const scopeFields = (scopes: PurgeScopes): Partial<PurgeScopes> =>
  Object.fromEntries(
    Object.entries(scopes).filter(([, value]) => (Array.isArray(value) ? value.length > 0 : value === true)),
  );

/** `2 URLs, tag release-7`: a purge's scopes on one line. */
export function describeScopes(scopes: Readonly<PurgeScopes>): string {
  if (scopes.everything) return "everything";
  const part = (values: readonly string[], one: string, many: string): string[] => {
    if (values.length === 0) return [];
    return [values.length === 1 ? `${one} ${values[0]}` : `${values.length} ${many}`];
  };
  return [
    ...part(scopes.urls, "URL", "URLs"),
    ...part(scopes.prefixes, "prefix", "prefixes"),
    ...part(scopes.tags, "tag", "tags"),
    ...part(scopes.hosts, "host", "hosts"),
  ].join(", ");
}
