// Replaces too many scopes by hosts that cover them, so that a flood of purges of one site invalidates that site and no other. A
// fold may cover more than was purged, never less (purge-target.ts lists an entry's hosts), and each node folds independently:
// sets that differ in folds are both correct.
//
// **Decided**: a scope is folded into the narrowest host that covers a fair share of all scopes, the largest groups first, and of
// each group only the older half. So a token that is limited to hosts is folded within them, even where it names thousands
// of subdomains. Public suffixes are covered last: no site's fold reaches beyond its own names. Tags and what is left over have
// nothing that covers them but everything, which is the set's last resort.

import type { Scope } from "./event.ts";
import { PURGE_LIMITS } from "./limits.ts";

/** Scopes that a host takes the place of, by their places in the list that was given. */
export interface Fold {
  /** An exact host, or `*.` and a name. */
  readonly host: string;
  readonly members: readonly number[];
}

/** What scopes have been folded into. */
export type FoldedInto = "host" | "subdomains" | "everything";

export const foldedInto = (host: string): FoldedInto => (host.startsWith("*.") ? "subdomains" : "host");

/** Parts of all scopes that a host must cover to take the place of its own, tried one after the other. */
const SHARES = [1 / 64, 1 / 1024, 0];

/** The host scopes that cover all that `scope` does, the narrowest first; never one of a single label. */
export function coveringHosts(scope: Scope): readonly string[] {
  switch (scope.kind) {
    case "url":
      return withParents(hostOf(scope.url));
    case "prefix":
      return withParents(hostOf(scope.prefix));
    case "host":
      return parentsOf(scope.host.startsWith("*.") ? scope.host.slice(2) : scope.host);
    case "tag":
    case "everything":
      return [];
  }
}

/** Which of `scopes`, the oldest first, to fold so that about `wanted` fewer are left; none if no host covers two of them. */
export function planFolds(scopes: readonly Scope[], wanted: number): readonly Fold[] {
  const covering = scopes.map(coveringHosts);
  const present = new Set(scopes.flatMap((scope) => (scope.kind === "host" ? [scope.host] : [])));
  const counts = new Map<string, number>();
  for (const host of present) counts.set(host, 1);
  for (const hosts of covering) for (const host of hosts) counts.set(host, (counts.get(host) ?? 0) + 1);
  for (const share of SHARES) {
    const least = Math.max(2, Math.ceil(scopes.length * share));
    const groups = new Map<string, number[]>();
    for (const [index, hosts] of covering.entries()) {
      const host = hosts.find((candidate) => (counts.get(candidate) ?? 0) >= least);
      if (host === undefined) continue;
      const group = groups.get(host);
      if (group === undefined) groups.set(host, [index]);
      else group.push(index);
    }
    // What narrower hosts left over of a wide one is no group.
    const whole = [...groups].filter(([host, { length }]) => length + (present.has(host) ? 1 : 0) >= least);
    const folds = largest(whole.sort(bySize), present, wanted);
    if (folds.length > 0) return folds;
  }
  return [];
}

/** The older halves of the largest groups. What is much smaller than the largest is not what there is too much of. */
function largest(groups: readonly Group[], present: ReadonlySet<string>, wanted: number): readonly Fold[] {
  const folds: Fold[] = [];
  let freed = 0;
  for (const [host, members] of groups) {
    const much = (groups[0]?.[1].length ?? 0) / 2;
    if (folds.length > 0 && (freed >= wanted || members.length < much)) break;
    const older = members.slice(0, Math.floor(members.length / 2) + 1);
    folds.push({ host, members: older });
    freed += older.length - (present.has(host) ? 0 : 1);
  }
  return folds;
}

type Group = readonly [host: string, members: readonly number[]];

const bySize = ([, one]: Group, [, other]: Group): number => other.length - one.length;

/** The host of an absolute URL, or of one for both schemes, without its port: as purge-target.ts lists it. */
function hostOf(url: string): string {
  const start = url.indexOf("//") + 2;
  const end = url.indexOf("/", start);
  return url.slice(start, end < 0 ? url.length : end).replace(/:[0-9]+$/, "");
}

const withParents = (host: string): readonly string[] => [host, ...parentsOf(host)];

/** `*.` and each parent of two labels or more, as deep as entries are looked up. An address has none. */
function parentsOf(name: string): readonly string[] {
  if (name.startsWith("[") || /^[0-9.]+$/.test(name)) return [];
  const labels = name.split(".");
  const parents: string[] = [];
  for (let index = Math.max(1, labels.length - PURGE_LIMITS.scopeDepth); index <= labels.length - 2; index += 1) {
    parents.push(`*.${labels.slice(index).join(".")}`);
  }
  return parents;
}
