// The production code with one safety mechanism taken out. `// mutant: NAME` in the code marks the statement that is the
// mechanism (tags.node.ts); here stands what becomes of it, without the names that the code gives things. Each says what it breaks
// and within how many seeds the simulation catches it (about ten times what was measured).

import type { Family } from "./families.ts";

/** What becomes of the statement after a mutant's tag. */
export interface Change {
  /** What is replaced: an `if`'s condition, what is returned or assigned, or all of it, with its semicolon. */
  readonly part: "condition" | "value" | "statement";
  /**
   * What stands there instead; without it, what the tag says. `$` is what stood there, `$1` and `$2` the operands of its
   * loosest operator.
   */
  readonly to?: string;
}

export interface Mutant {
  /** Also the name of its tag. */
  readonly name: string;
  /** What would go wrong in production. */
  readonly breaks: string;
  readonly change: Change;
  /** Seeds of `family`; 0 if only some order of a small case tells (cases.ts). */
  readonly caughtWithin: number;
  /** The kind of run that comes close to it; without one it is found by mixed runs. */
  readonly family?: Family;
}

export const MUTANTS: readonly Mutant[] = [
  {
    name: "store-time-stamps",
    breaks: "a fetch that was under way when a purge came is stored as if it had begun after it",
    change: { part: "value" },
    caughtWithin: 200,
  },
  {
    name: "no-vector-to-the-shield",
    breaks: "a shield that has not heard of a purge answers with what the purge has ended, again and again",
    change: { part: "value", to: "{ vector: {} }" },
    caughtWithin: 400,
  },
  {
    name: "no-check-at-release",
    breaks: "what a purge ended while it was fetched goes out all the same, to those who joined by its tag as well",
    change: { part: "condition" },
    caughtWithin: 200,
  },
  {
    name: "followers-check-no-tags",
    breaks: "a request that knows of a tag's purge takes what another request's fetch brought before it",
    change: { part: "condition" },
    caughtWithin: 400,
  },
  {
    name: "no-check-after-304",
    breaks: "a body that a purge has ended is confirmed by a timestamp that two versions share",
    change: { part: "value", to: "$1" },
    caughtWithin: 400,
  },
  {
    name: "304-by-unknown-purges",
    breaks: "a shield's 304 stamps an old body with purges that its holder has not heard of",
    change: { part: "value", to: "true" },
    caughtWithin: 400,
  },
  {
    name: "soft-revives-hard",
    breaks: "a soft purge after a hard one makes what was dead merely stale",
    change: { part: "condition" },
    caughtWithin: 400,
  },
  {
    name: "stale-from-the-shield",
    breaks: "a shard stores as fresh what its shield gave out stale",
    change: { part: "value", to: "true" },
    caughtWithin: 400,
  },
  {
    name: "ack-before-durable",
    breaks: "a purge is acknowledged that is lost with one disk",
    change: { part: "condition", to: "true" },
    caughtWithin: 200,
  },
  {
    name: "reused-dot",
    breaks: "a hub that lost its disk counts from one again under its old name",
    change: { part: "value", to: '$.fill("0")' },
    caughtWithin: 400,
  },
  {
    name: "knowledge-with-a-gap",
    breaks: "news that begin beyond what is known are taken as if nothing were missing",
    change: { part: "condition", to: "true" },
    caughtWithin: 400,
  },
  {
    name: "markers-for-ever",
    breaks: "a purge does not end what is known of an object that could not be shared, so its requests go on alone",
    change: { part: "condition", to: "$1" },
    caughtWithin: 600,
  },
  {
    name: "lease-from-the-answer",
    breaks: "a lease is counted from when it came, not from before it was asked for",
    change: { part: "value" },
    caughtWithin: 400,
    family: "last-lease",
  },
  {
    name: "lease-for-ever",
    breaks: "a shard goes on with what it once knew, whatever its hub has heard since",
    change: { part: "value" },
    caughtWithin: 400,
  },
  {
    name: "lease-guards-hits-only",
    breaks: "a fill that outlives the lease under which it began is released without one",
    change: { part: "condition", to: "true" },
    caughtWithin: 400,
    family: "last-lease",
  },
  {
    name: "relay-outlives-lease",
    breaks: "an answer that was under way for longer than its lease is handed to the client",
    change: { part: "value", to: "false" },
    caughtWithin: 400,
    family: "last-lease",
  },
  {
    name: "complete-at-once",
    breaks: "a purge is called complete as soon as all hubs hold it, while leases from before it still run",
    change: { part: "value", to: "0" },
    caughtWithin: 600,
  },
  {
    name: "hearing-for-ever",
    breaks: "a hub that once heard the others leases for ever, whatever they have accepted since",
    change: { part: "value", to: "$1 || $2" },
    caughtWithin: 200,
    family: "long-cut",
  },
  {
    name: "a-date-proves-without-a-lease",
    breaks: "a cut-off shard lets the origin confirm, by a date that two versions share, what a purge has ended",
    change: { part: "value", to: "$2" },
    caughtWithin: 200,
    family: "cut-off",
  },
  {
    name: "one-way-hearing",
    breaks: "a hub leases on messages that merely came in, however long they were under way",
    change: { part: "statement" },
    caughtWithin: 400,
    family: "long-cut",
  },
  {
    name: "hearsay-counts-anew",
    breaks: "hubs that reach each other keep telling each other that they have heard a third, long after either has",
    change: { part: "value", to: "$1" },
    caughtWithin: 100,
    family: "hearsay",
  },
  {
    name: "complete-by-acknowledgements",
    breaks: "a purge is complete once the shards that are known to hold leases have acknowledged it",
    change: { part: "condition" },
    caughtWithin: 200,
    family: "restart",
  },
  {
    name: "no-drift-margin",
    breaks: "a purge is complete when leases from before it end by the clock of the hub, not by the slowest clock",
    change: { part: "value", to: "$1" },
    caughtWithin: 400,
    family: "drift",
  },
  {
    name: "cut-off-without-end",
    breaks: "what a shard without a lease has just fetched is passed on however long it then is under way",
    change: { part: "value", to: "$1 ? $2 : undefined" },
    caughtWithin: 400,
    family: "cut-off",
  },
  {
    name: "the-store-as-an-origin",
    breaks: "a shard that has no lease, and so asks the origin, is answered from its own store in its place",
    change: { part: "value", to: "$2" },
    caughtWithin: 400,
    family: "cut-off",
  },
  {
    name: "cut-off-by-an-old-lease",
    breaks:
      "a shard without a lease passes on what a shield gave for a lease of its own, however little was left of the shield's",
    change: { part: "value", to: "$2" },
    caughtWithin: 400,
    family: "cut-off",
  },
  {
    name: "copies-from-the-answer",
    breaks: "an edge counts the life of its copy from when the answer came, not from before it asked",
    change: { part: "value" },
    caughtWithin: 600,
    family: "copies",
  },
  {
    name: "joins-what-is-spent",
    breaks: "without a lease, requests join again and again a fill that has become too old to be released, and fail",
    change: { part: "condition" },
    caughtWithin: 400,
  },
  {
    name: "joins-too-early",
    breaks: "a new hub accepts purges before the others have acknowledged that it is there",
    change: { part: "condition", to: "false" },
    caughtWithin: 600,
  },
  {
    name: "join-any-flight",
    breaks:
      "a request that knows of a purge waits for a fill that began before it, and is not answered by it in the end",
    change: { part: "value", to: "true" },
    // The check at release and the retry keep the promise; what is lost is time, of which only every order tells (cases.ts).
    caughtWithin: 0,
  },
  {
    name: "applied-by-a-restart",
    breaks: "a hub that was restarted calls purges of its earlier life applied, though shards hold leases from then",
    change: { part: "condition", to: "false" },
    caughtWithin: 400,
  },
  {
    name: "nobody-is-subscribed-at-first",
    breaks: "a hub that was restarted waits for no shard that holds a lease of its predecessor",
    change: { part: "statement", to: "" },
    caughtWithin: 400,
  },
  {
    name: "compaction-forgets",
    breaks: "a log that is cut drops its purges with the events that asked for them",
    change: { part: "statement" },
    caughtWithin: 100,
    family: "short-logs",
  },
  {
    name: "away-and-none-the-wiser",
    breaks: "a hub that lacks what nobody keeps any more goes on as if nothing had been purged meanwhile",
    change: { part: "statement" },
    caughtWithin: 100,
    family: "short-logs",
  },
  {
    name: "away-until-restarted",
    breaks: "a hub forgets with its memory that it lacked events, for its disk does not say so",
    change: { part: "statement" },
    caughtWithin: 100,
    family: "short-logs",
  },
  {
    name: "held-since-the-start",
    breaks: "what a hub learns by a base counts as held since it started, so it is complete while old leases run",
    change: { part: "statement", to: "" },
    caughtWithin: 400,
    family: "short-logs",
  },
  {
    name: "stamps-as-they-were",
    breaks:
      "a shard that knows old purges only as one of everything never keeps what its shield still holds, and fails",
    change: { part: "value", to: "$3" },
    caughtWithin: 200,
    family: "short-logs",
  },
];
