// The small cases of which every order is tried, and which mutants each must catch. Larger ones take too long to be tried whole:
// three requests with bodies of their own, or two with two purges, have more than 100,000 orders.

import type { Scope } from "../../control-plane/purge/event.ts";
import type { Case } from "./interleavings.ts";
import { type LeasePlan, leaseRace } from "./lease-race.ts";
import { type RacePlan, race } from "./race.ts";

/** One case. */
export interface SmallCase {
  readonly name: string;
  readonly begin: () => Promise<Case>;
  /** Names of mutants of which some order tells. */
  readonly catches: readonly string[];
}

const URL: Scope = { kind: "url", url: "http://site.test/page" };
const TAG: Scope = { kind: "tag", tag: "page" };
const EVERYTHING: Scope = { kind: "everything" };

const hard = (scope: Scope, from: "shard" | "shield" = "shield") => ({ scope, severity: "hard", from }) as const;
const soft = (scope: Scope) => ({ scope, severity: "soft", from: "shield" }) as const;

const fills = (name: string, plan: Partial<RacePlan>, ...catches: string[]): SmallCase => ({
  name: `fills: ${name}`,
  begin: () => race({ stored: "nothing", bodies: "with-head", requests: 2, purges: [hard(TAG)], ...plan }),
  catches,
});

const leases = (name: string, plan: LeasePlan, ...catches: string[]): SmallCase => ({
  name: `leases: ${name}`,
  begin: () => leaseRace(plan),
  catches,
});

/** All of them. */
export const CASES: readonly SmallCase[] = [
  fills("two requests and a purge of the URL", { purges: [hard(URL, "shard")] }, "join-any-flight"),
  fills("two requests and a purge by tag", {}, "store-time-stamps", "no-check-at-release"),
  fills("three requests and a purge by tag", { requests: 3 }, "followers-check-no-tags"),
  fills("three requests and a purge of everything", { requests: 3, purges: [hard(EVERYTHING)] }, "join-any-flight"),
  fills("two requests for a stale page with a tag", { stored: "stale-by-tag" }, "no-vector-to-the-shield"),
  fills(
    "two requests for a stale page with a date",
    { stored: "stale-by-date" },
    "no-check-after-304",
    "304-by-unknown-purges",
  ),
  fills("two requests, bodies that come later", { bodies: "apart" }, "store-time-stamps"),
  fills("one request and two purges", { requests: 1, purges: [hard(TAG), hard(URL, "shard")] }, "no-check-at-release"),
  fills(
    "one request for a stale page, a hard and a soft purge",
    { stored: "stale-by-date", requests: 1, purges: [hard(URL, "shard"), soft(URL)] },
    "soft-revives-hard",
  ),
  // A lease is counted from before it was asked for, ends, is renewed, and may come too late to be of use.
  leases(
    "two hits, and leases that are long under way",
    { requests: 2, instants: [700, 1_400, 2_300, 2_600], stored: true, slow: ["lease"] },
    "lease-from-the-answer",
    "lease-for-ever",
    "complete-at-once",
  ),
  leases(
    "a fill that outlives the lease under which it began",
    { requests: 1, instants: [900, 1_800, 2_300, 3_000], stored: false, slow: ["fill", "lease"] },
    "lease-guards-hits-only",
  ),
  leases(
    "two answers that outlive their lease on their way to the edge",
    { requests: 2, instants: [900, 1_800, 2_400], stored: true, slow: ["relay"] },
    "relay-outlives-lease",
  ),
  leases(
    "an answer that an edge keeps a copy of",
    { requests: 2, instants: [1_500, 2_300, 2_700], stored: true, asked: true, slow: ["relay"] },
    "copies-from-the-answer",
  ),
  leases(
    "a hub that hears nobody, and messages from before",
    { requests: 2, instants: [5_000, 30_000, 69_000, 71_000], stored: true, slow: [], cutOff: true },
    "hearing-for-ever",
    "one-way-hearing",
  ),
  leases(
    "a hub that forgets whom it leased to, and a purge that becomes complete",
    { requests: 2, instants: [500, 1_000, 2_400], stored: true, slow: [], restarts: true },
    "complete-at-once",
  ),
];
