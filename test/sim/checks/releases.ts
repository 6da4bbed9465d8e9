// What a tier releases, checked at the moment of release against what that tier knows of purges then:
// - a request never gets content whose fetch began before a hard purge that the tier, or the request itself, knew of;
// - a soft purge never gives back what a hard one ended;
// - a shield never answers stale, and says so itself;
// - what one client may see goes to no second one;
// - nobody is told "purged while filling" unless purges really kept coming;
// - a hit that does not say `cut-off` rests on everything that the region's hub knew one lease ago.
// And at the edge, when the first byte goes to a client: nothing older than a purge that somebody was told to be complete.

import { LIMITS } from "../../../config/limits.ts";
import { purgeTarget } from "../../../control-plane/purge/purge-set.ts";
import { covers, join, type Vector } from "../../../control-plane/purge/vector.ts";
import type { Body, ByteSource } from "../../../edge/body/source.ts";
import { SHARD_LIMITS } from "../../../edge/shard/limits.ts";
import type { TierRequest, TierResponse, UpstreamAnswer } from "../../../edge/tier/tier.ts";
import type { Findings } from "../findings.ts";
import { type Content, type Origin, objectAt, pathOf } from "../origin.ts";
import { MOST_DRIFT } from "../plan.ts";
import type { Scheduler } from "../scheduler.ts";
import type { HubChecks } from "./hubs.ts";
import type { ObservedShard } from "./observed.ts";
import { matches, type PurgeChecks } from "./purges.ts";

/** A request at the door of a tier. */
export interface Arrival {
  readonly instance: ObservedShard;
  readonly request: TierRequest;
  readonly at: number;
  readonly vector: Vector;
}

/** An answer at the moment of its release. */
interface Release extends Arrival {
  readonly answer: TierResponse;
  /** What the tier knows then, and what the request came with. */
  readonly known: Vector;
}

export class ReleaseChecks {
  readonly #findings: Findings;
  readonly #scheduler: Scheduler;
  readonly #origin: Origin;
  readonly #purges: PurgeChecks;
  readonly #hubs: HubChecks;
  readonly #servesWhenCutOff: boolean;
  /** Which client's request got what a fetch of one client's own content brought. */
  readonly #ownedBy = new Map<number, string>();

  constructor(
    findings: Findings,
    scheduler: Scheduler,
    origin: Origin,
    purges: PurgeChecks,
    hubs: HubChecks,
    servesWhenCutOff: boolean,
  ) {
    this.#servesWhenCutOff = servesWhenCutOff;
    this.#findings = findings;
    this.#scheduler = scheduler;
    this.#origin = origin;
    this.#purges = purges;
    this.#hubs = hubs;
  }

  arrived(instance: ObservedShard, request: TierRequest): Arrival {
    return { instance, request, at: this.#scheduler.now, vector: instance.knowledge.vector };
  }

  /** Checks a release, and gives its body, whose first piece is checked when it is sent. */
  released(arrival: Arrival, answer: TierResponse): Body {
    const known = join(arrival.instance.knowledge.vector, arrival.request.context.vector);
    const release: Release = { ...arrival, answer, known };
    this.#findings.tell(() => this.#line(release));
    this.#checkShield(release);
    this.#checkGivenUp(release);
    this.#checkAge(release);
    const { body } = answer;
    if (body.kind === "bytes") this.#content(release, body.bytes);
    if (body.kind !== "stream") return body;
    return {
      kind: "stream",
      length: body.length,
      open: () => watched(body.open(), (bytes) => this.#content(release, bytes)),
    };
  }

  /** A client has got the head of its answer at `at`, and now its first bytes. */
  delivered(client: string, answer: UpstreamAnswer, at: number, bytes: Uint8Array): void {
    const content = this.#origin.contentOf(bytes);
    if (content?.fetch.audience === "all") this.#checkComplete(client, answer, at, content);
    if (content?.fetch.audience !== "one") return;
    const owner = this.#ownedBy.get(content.fetch.id);
    this.#ownedBy.set(content.fetch.id, client);
    if (owner !== undefined && owner !== client) {
      this.#findings.report("private-shared", `fetch ${content.fetch.id} went to ${owner} and ${client}`);
    }
  }

  /**
   * The promise itself. A route that chose to serve while it is cut off says so; one that chose to revalidate may release what
   * the origin has just confirmed, if that is no older than what it had when the purge came.
   */
  #checkComplete(client: string, { facts }: UpstreamAnswer, at: number, { fetch, object, version }: Content): void {
    const isCutOff = facts?.cacheStatus.some((member) => member.includes("detail=cut-off")) === true;
    if (isCutOff && this.#servesWhenCutOff) return;
    for (const { event, issuedAt, completeAt, versions } of this.#purges.all()) {
      if (event.severity !== "hard" || completeAt === undefined || completeAt > at) continue;
      if (fetch.startedAt >= issuedAt || !matches(event, object)) continue;
      if (isCutOff && (this.#origin.lags || version >= (versions[object] ?? 0))) continue;
      this.#findings.report(
        "old-after-complete",
        `${client} gets ${pathOf(object)} v${version} of fetch ${fetch.id}, begun at ${fetch.startedAt}, at ${at}; ` +
          `${event.dot.hub}.${event.dot.counter} of ${issuedAt} was complete at ${completeAt}`,
      );
      return;
    }
  }

  #content(release: Release, bytes: Uint8Array): void {
    const content = this.#origin.contentOf(bytes);
    // Our own problems are no content, and what is one client's own is outside the promise.
    if (content?.fetch.audience !== "all") return;
    const { fetch, object, version } = content;
    for (const { event, issuedAt, versions } of this.#purges.within(release.known)) {
      if (event.severity !== "hard" || !matches(event, object)) continue;
      const isOld = fetch.startedAt < issuedAt || (!this.#origin.lags && version < (versions[object] ?? 0));
      if (!isOld) continue;
      const demanded = covers(release.request.context.vector, event.dot);
      const check = this.#hasLaterSoft(release, object, issuedAt)
        ? "soft-revives-hard"
        : demanded
          ? "older-than-demanded"
          : "older-than-purge";
      this.#findings.report(
        check,
        `${release.instance.life.name} releases ${pathOf(object)} v${version} of fetch ${fetch.id}, begun at ` +
          `${fetch.startedAt}, though it knows ${event.dot.hub}.${event.dot.counter} of ${issuedAt}`,
      );
      return;
    }
  }

  #hasLaterSoft({ known }: Release, object: number, after: number): boolean {
    for (const { event, issuedAt } of this.#purges.within(known)) {
      if (event.severity === "soft" && issuedAt > after && matches(event, object)) return true;
    }
    return false;
  }

  #checkShield({ request, answer, instance }: Release): void {
    if (request.context.tier !== "shield" || answer.facts.answered.outcome !== "stale") return;
    this.#findings.report("stale-from-shield", `${instance.life.name} answers ${request.context.url} stale`);
  }

  /** Purges that match must have become known since the request came, one for each attempt, else it gave up for nothing. */
  #checkGivenUp({ request, answer, instance, vector, known, at }: Release): void {
    // Without a lease only what was just fetched may go out: fills that take as long as one come to the same end.
    const isSlow = this.#scheduler.now - at > LIMITS.leaseMillis / 2;
    if (!isFailure(answer, "purged-while-filling") || (isSlow && hasNoLease(instance, at))) return;
    const object = objectAt(new URL(request.context.url).pathname);
    let count = 0;
    for (const { event } of this.#purges.within(known)) {
      if (event.severity === "hard" && matches(event, object) && !covers(vector, event.dot)) count++;
    }
    // A set that had to fold, or a region that had to empty, ends what nobody purged, but not again and again.
    if (instance.knowledge.purges.verdict(ELSEWHERE, vector) === "hard") return;
    // One attempt may go to a flight whose tags told only at the end that a purge it knew had ended it.
    if (count >= SHARD_LIMITS.fillAttempts - 1) return;
    this.#findings.report(
      "gave-up-for-nothing",
      `${instance.life.name} gave up ${request.context.url} of ${at} after ${count} purges that match`,
    );
  }

  #checkAge({ request, answer, instance, known }: Release): void {
    const said = answer.facts.cacheStatus.at(-1) ?? "";
    if (answer.facts.answered.outcome !== "hit" || said.includes("cut-off")) return;
    if (answer.facts.answered.by !== request.context.tier) return;
    const longest = LIMITS.leaseMillis * (1 + 2 * MOST_DRIFT) + 2;
    const missing = this.#hubs.missingSince(instance.life.region, known, this.#scheduler.now - longest);
    if (missing !== undefined)
      this.#findings.report("knowledge-too-old", `${instance.life.name} hits without ${missing}`);
  }

  #line({ instance, request, answer, known }: Release): string {
    const { context } = request;
    const vector = Object.entries(known).map(([hub, counter]) => `${hub}.${counter}`);
    return (
      `${instance.life.name} as ${context.tier} answers ${new URL(context.url).pathname} for ${context.requestId}: ` +
      `${answer.status} ${answer.facts.cacheStatus.at(-1)} knowing ${vector.join(" ")}`
    );
  }
}

/** Something that only a purge of everything ends. */
const ELSEWHERE = purgeTarget("http://elsewhere.test/", []);

/** Whether a shard is without a lease now, or was at some time since `at`. */
const hasNoLease = ({ knowledge, unleasedAt }: ObservedShard, at: number): boolean =>
  knowledge.leaseLeft === 0 || unleasedAt >= at;

/** Whether a tier answered with an error of its own of this code. */
const isFailure = (answer: TierResponse, code: string): boolean =>
  answer.facts.answered.outcome === "error" && (answer.facts.cacheStatus.at(-1) ?? "").includes(code);

/** A source whose first piece is looked at. */
function watched(source: ByteSource, look: (bytes: Uint8Array) => void): ByteSource {
  let isFirst = true;
  return {
    read: async () => {
      const piece = await source.read();
      if (isFirst && piece !== undefined) look(piece);
      isFirst = false;
      return piece;
    },
    cancel: () => source.cancel(),
  };
}
