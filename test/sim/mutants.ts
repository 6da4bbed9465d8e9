// The production code with one safety mechanism taken out, each as an exact piece of source and what stands there instead. A
// piece must occur exactly once in its file, else the run fails: no mutant can vanish because the code around it changed.
// Each says what it breaks and within how many seeds the simulation catches it (about ten times what was measured).

import type { Family } from "./families.ts";

export interface Mutant {
  readonly name: string;
  /** What would go wrong in production. */
  readonly breaks: string;
  readonly file: string;
  readonly from: string;
  readonly to: string;
  /** Seeds of `family`; 0 if only some order of a small case tells (cases.ts). */
  readonly caughtWithin: number;
  /** The kind of run that comes close to it; without one it is found by mixed runs. */
  readonly family?: Family;
}

export const MUTANTS: readonly Mutant[] = [
  {
    name: "store-time-stamps",
    breaks: "a fetch that was under way when a purge came is stored as if it had begun after it",
    file: "edge/shard/fill.ts",
    from: "  const seen = answer.facts?.seen ?? vector;\n",
    to: "  const seen = ports.knowledge.joined(answer.facts?.seen ?? vector);\n",
    caughtWithin: 200,
  },
  {
    name: "no-vector-to-the-shield",
    breaks: "a shield that has not heard of a purge answers with what the purge has ended, again and again",
    file: "edge/shard/ask-shield.ts",
    from: "    const { vector } = request;\n",
    to: "    const vector = {};\n",
    caughtWithin: 400,
  },
  {
    name: "no-check-at-release",
    breaks: "what a purge ended while it was fetched goes out all the same, to those who joined by its tag as well",
    file: "edge/shard/judge.ts",
    from: "    if (this.isSpent(asked, landed)) return false;\n",
    to: "    if (this.#isOver(asked, landed)) return false;\n",
    caughtWithin: 200,
  },
  {
    name: "followers-check-no-tags",
    breaks: "a request that knows of a tag's purge takes what another request's fetch brought before it",
    file: "edge/shard/judge.ts",
    from: "    if (this.isSpent(asked, landed)) return false;\n",
    to: '    if (this.#ports.knowledge.purges.verdict({ ...landed.entry.target, tags: [] }, landed.entry.seen) === "hard") return false;\n',
    caughtWithin: 400,
  },
  {
    name: "no-check-after-304",
    breaks: "a body that a purge has ended is confirmed by a timestamp that two versions share",
    file: "edge/shard/fill.ts",
    from: '  const ended = !isJudged || knowledge.purges.verdict(confirm.target, confirm.seen) === "hard";\n',
    to: "  const ended = !isJudged;\n",
    caughtWithin: 400,
  },
  {
    name: "304-by-unknown-purges",
    breaks: "a shield's 304 stamps an old body with purges that its holder has not heard of",
    file: "edge/shard/fill.ts",
    from: 'coversAll(knowledge.vector, seen) || (await knowledge.ensure(seen)).kind !== "behind";\n',
    to: "coversAll(seen, {}) || (await knowledge.ensure(seen)).kind !== undefined;\n",
    caughtWithin: 400,
  },
  {
    name: "soft-revives-hard",
    breaks: "a soft purge after a hard one makes what was dead merely stale",
    file: "control-plane/purge/purge-set.ts",
    from: '  if (!coversAll(seen, found.hard)) return "hard";\n',
    to: '  if (!coversAll(seen, found.hard)) return coversAll(seen, found.soft) ? "hard" : "soft";\n',
    caughtWithin: 400,
  },
  {
    name: "stale-from-the-shield",
    breaks: "a shard stores as fresh what its shield gave out stale",
    file: "edge/shard/judge.ts",
    from: 'const mayServeStale = request.context.tier === "shard";',
    to: 'const mayServeStale = request.context.tier !== "edge" as string;',
    caughtWithin: 400,
  },
  {
    name: "ack-before-durable",
    breaks: "a purge is acknowledged that is lost with one disk",
    file: "control-plane/hub/acceptance.ts",
    from: "if (await this.#condition.until(isSafe, millis(LIMITS.durableTimeoutMillis)))",
    to: "if (await this.#condition.until(() => true, millis(LIMITS.durableTimeoutMillis)))",
    caughtWithin: 200,
  },
  {
    name: "reused-dot",
    breaks: "a hub that lost its disk counts from one again under its old name",
    file: "control-plane/hub/ledger.ts",
    from: "Math.floor(this.#random() * 36).toString(36)",
    to: "Math.floor(this.#random() * 1).toString(36)",
    caughtWithin: 400,
  },
  {
    name: "knowledge-with-a-gap",
    breaks: "news that begin beyond what is known are taken as if nothing were missing",
    file: "control-plane/purge/purge-set.ts",
    from: "    if (!gap) this.#vector = join(this.#vector, news.vector);\n",
    to: "    this.#vector = join(this.#vector, news.vector);\n",
    caughtWithin: 400,
  },
  {
    name: "markers-for-ever",
    breaks: "a purge does not end what is known of an object that could not be shared, so its requests go on alone",
    file: "edge/shard/judge.ts",
    from: 'if (item.until > now() && knowledge.purges.verdict(item.target, item.seen) === "alive") {',
    to: "if (item.until > now()) {",
    caughtWithin: 600,
  },
  {
    name: "lease-from-the-answer",
    breaks: "a lease is counted from when it came, not from before it was asked for",
    file: "edge/shard/knowledge.ts",
    from: "after(askedAt, lease);",
    to: "after(this.#now(), lease);",
    caughtWithin: 400,
    family: "last-lease",
  },
  {
    name: "lease-for-ever",
    breaks: "a shard goes on with what it once knew, whatever its hub has heard since",
    file: "edge/shard/knowledge.ts",
    from: "    return millis(Math.max(0, (this.#leasedUntil ?? 0) - this.#now()));\n",
    to: "    return millis(this.#leasedUntil === undefined ? 0 : LIMITS.leaseMillis);\n",
    caughtWithin: 400,
  },
  {
    name: "lease-guards-hits-only",
    breaks: "a fill that outlives the lease under which it began is released without one",
    file: "edge/shard/judge.ts",
    from: '    if (asked.standing.kind === "leased" && knowledge.leaseLeft > 0) return asked;\n',
    to: "    if (knowledge !== undefined) return asked;\n",
    caughtWithin: 400,
    family: "last-lease",
  },
  {
    name: "relay-outlives-lease",
    breaks: "an answer that was under way for longer than its lease is handed to the client",
    file: "edge/ask-regions.ts",
    from: "    return this.#now() - requestAt > facts.validFor;\n",
    to: "    return this.#now() - requestAt > facts.validFor + 1_000_000;\n",
    caughtWithin: 400,
    family: "last-lease",
  },
  {
    name: "complete-at-once",
    breaks: "a purge is called complete as soon as all hubs hold it, while leases from before it still run",
    file: "control-plane/hub/receipts.ts",
    from: "const LEASES_END = LIMITS.leaseMillis + LIMITS.leaseMarginMillis;",
    to: "const LEASES_END = 0;",
    caughtWithin: 600,
  },
  {
    name: "hearing-for-ever",
    breaks: "a hub that once heard the others leases for ever, whatever they have accepted since",
    file: "control-plane/hub/hearing.ts",
    from: "now - askedAt > within;",
    to: "now - askedAt > within + 1_000_000;",
    caughtWithin: 200,
    family: "long-cut",
  },
  {
    name: "a-date-proves-without-a-lease",
    breaks: "a cut-off shard lets the origin confirm, by a date that two versions share, what a purge has ended",
    file: "edge/shard/judge.ts",
    from: "isProvenByConfirmation(found.entry.response.fields) ? found.entry : undefined;",
    to: "found.entry !== undefined ? found.entry : undefined;",
    caughtWithin: 200,
    family: "cut-off",
  },
  {
    name: "one-way-hearing",
    breaks: "a hub leases on messages that merely came in, however long they were under way",
    file: "control-plane/hub/peers.ts",
    from: "    this.#line(request.region).failedAt = undefined;\n",
    to: "    this.#line(request.region).failedAt = undefined;\n    this.listener.heard(request.region, this.#ports.now());\n",
    caughtWithin: 400,
    family: "long-cut",
  },
  {
    name: "complete-by-acknowledgements",
    breaks: "a purge is complete once the shards that are known to hold leases have acknowledged it",
    file: "control-plane/hub/receipts.ts",
    from: "const isComplete = completeAt <= this.#ports.now() &&",
    to: "const isComplete = (isApplied || completeAt <= this.#ports.now()) &&",
    caughtWithin: 200,
    family: "restart",
  },
  {
    name: "no-drift-margin",
    breaks: "a purge is complete when leases from before it end by the clock of the hub, not by the slowest clock",
    file: "control-plane/hub/receipts.ts",
    from: "const LEASES_END = LIMITS.leaseMillis + LIMITS.leaseMarginMillis;",
    to: "const LEASES_END = LIMITS.leaseMillis;",
    caughtWithin: 400,
    family: "drift",
  },
  {
    name: "cut-off-without-end",
    breaks: "what a shard without a lease has just fetched is passed on however long it then is under way",
    file: "edge/shard/judge.ts",
    from: "const ends = knowledge.leaseLeft > 0 ? after(now(), knowledge.leaseLeft) : until;",
    to: "const ends = knowledge.leaseLeft > 0 ? after(now(), knowledge.leaseLeft) : undefined;",
    caughtWithin: 400,
    family: "cut-off",
  },
  {
    name: "cut-off-by-an-old-lease",
    breaks:
      "a shard without a lease passes on what a shield gave for a lease of its own, however little was left of the shield's",
    file: "edge/shard/judge.ts",
    from: "answer.requestAt + (answer.facts?.validFor ?? LIMITS.leaseMillis)",
    to: "answer.requestAt + LIMITS.leaseMillis",
    caughtWithin: 400,
    family: "cut-off",
  },
  {
    name: "copies-from-the-answer",
    breaks: "an edge counts the life of its copy from when the answer came, not from before it asked",
    file: "edge/copies.ts",
    from: "const until = after(requestAt, validFor);",
    to: "const until = after(now, validFor);",
    caughtWithin: 600,
    family: "last-lease",
  },
  {
    name: "joins-what-is-spent",
    breaks: "without a lease, requests join again and again a fill that has become too old to be released, and fail",
    file: "edge/shard/shard.ts",
    from: "if (this.#judge.isSpent(asked, landed)) boarded",
    to: 'if (this.#judge.verdict(landed.entry) === "hard") boarded',
    caughtWithin: 400,
  },
  {
    name: "joins-too-early",
    breaks: "a new hub accepts purges before the others have acknowledged that it is there",
    file: "control-plane/hub/peers.ts",
    from: "    if (!isJoined(joinDot, this.quorum.active, (region) => this.#held.get(region)?.vector)) return false;\n",
    to: "    if (!isJoined(joinDot, [], () => undefined)) return false;\n",
    caughtWithin: 600,
  },
  {
    name: "join-any-flight",
    breaks:
      "a request that knows of a purge waits for a fill that began before it, and is not answered by it in the end",
    file: "edge/shard/flight.ts",
    from: '  return purges.verdict(target, flight.vector) === "alive";\n',
    to: "  return purges !== undefined && target !== undefined;\n",
    // The check at release and the retry keep the promise; what is lost is time, of which only every order tells (cases.ts).
    caughtWithin: 0,
  },
];
