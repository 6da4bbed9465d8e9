// The scopes that match a stored response, computed once when it is stored: its URL, each prefix of its path, its host and the
// host's parents, its tags. A check is then a few look-ups. Both sides limit depth equally, and always so that a purge covers
// more than its scope, never less.

import { ownCopy } from "../../config/own-copy.ts";
import { purgeSpelling } from "../../config/spelling/purge-spelling.ts";
import type { Scope } from "./event.ts";
import { PURGE_LIMITS } from "./limits.ts";
import { absoluteUrls } from "./scope.ts";

/** What a response can be purged by. Prefixes and hosts are pieces of the URL, so they cost little memory. */
export interface PurgeTarget {
  /** Absolute, in the purge spelling of what the entry's own key rules leave. */
  readonly url: string;
  readonly tags: readonly string[];
  /** `https://h/`, `https://h/a`, `https://h/a/` and so on. */
  readonly prefixes: readonly string[];
  /** The host without port, then `*.` and each of its parents. */
  readonly hosts: readonly string[];
}

/**
 * Works out what an entry can be purged by. `url` is what `cacheKey` gives for it, absolute. The target is kept as long as its
 * entry, so it holds no text that is a piece of a longer one.
 */
export function purgeTarget(url: string, tags: readonly string[]): PurgeTarget {
  const own = ownCopy(url);
  return {
    url: own,
    tags: tags.map(ownCopy),
    prefixes: prefixEnds(own).map((end) => own.slice(0, end)),
    hosts: hostsOf(own),
  };
}

/**
 * Under what a scope is looked up by targets of its kind: for a URL what `canonicalUrls` says, for both schemes where it has
 * none; the one empty probe for everything.
 */
export function probesOf(scope: Scope, canonicalUrls: (url: string) => readonly string[]): readonly string[] {
  switch (scope.kind) {
    case "url":
      return canonicalUrls(scope.url);
    case "prefix":
      return absoluteUrls(scope.prefix).map((prefix) => prefixProbe(purgeSpelling(prefix)));
    case "host":
      return [hostProbe(scope.host)];
    case "tag":
      return [scope.tag];
    case "everything":
      return [""];
  }
}

/** The form under which a prefix scope is looked up: cut at the depth that targets are. */
function prefixProbe(prefix: string): string {
  return prefix.slice(0, prefixEnds(prefix).at(-1));
}

/** The form under which a host scope is looked up: a `*.` host cut, from the left, at the depth that targets are. */
function hostProbe(host: string): string {
  if (!host.startsWith("*.")) return host;
  const labels = host.slice(2).split(".");
  return labels.length <= PURGE_LIMITS.scopeDepth ? host : `*.${labels.slice(-PURGE_LIMITS.scopeDepth).join(".")}`;
}

/** Where each prefix of a URL ends, shortest first: the root, then each segment without and with its closing slash. */
function prefixEnds(url: string): number[] {
  const pathStart = url.indexOf("/", url.indexOf("//") + 2);
  const query = url.indexOf("?", pathStart);
  const pathEnd = query < 0 ? url.length : query;
  const ends = [pathStart + 1];
  let start = pathStart + 1;
  for (let depth = 0; depth < PURGE_LIMITS.scopeDepth && start < pathEnd; depth++) {
    const slash = url.indexOf("/", start);
    const segmentEnd = slash < 0 || slash >= pathEnd ? pathEnd : slash;
    ends.push(segmentEnd);
    if (segmentEnd < pathEnd) ends.push(segmentEnd + 1);
    start = segmentEnd + 1;
  }
  return ends;
}

function hostsOf(url: string): string[] {
  const start = url.indexOf("//") + 2;
  const authority = url.slice(start, url.indexOf("/", start));
  const host = authority.replace(/:[0-9]+$/, "");
  if (host.startsWith("[")) return [host];
  const labels = host.split(".");
  const hosts = [host];
  for (let index = Math.max(1, labels.length - PURGE_LIMITS.scopeDepth); index < labels.length; index++) {
    hosts.push(`*.${labels.slice(index).join(".")}`);
  }
  return hosts;
}
