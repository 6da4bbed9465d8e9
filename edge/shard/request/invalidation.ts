// Invalidation by unsafe methods (RFC 9111 section 4.4, RFC 9875): which URLs and groups an answer invalidates, under the key rules of
// the routes that GET them. On routes that opt in, the tier that talked to the origin also sends the change everywhere as a purge.
// A rate limits that, so that a client's requests cannot fill every hub's log.

import type { Route } from "../../../config/schema/schema.ts";
import { type Bucket, takeFrom } from "../../../config/token-bucket.ts";
import type { EpochMillis } from "../../../config/units.ts";
import type { Scope } from "../../../control-plane/purge/event.ts";
import type { PurgeTarget } from "../../../control-plane/purge/purge-set.ts";
import { invalidatedGroups, invalidatedUrls } from "../../http/invalidate.ts";
import { canonicalUrls } from "../../request/cache-key.ts";
import type { UpstreamAnswer } from "../../tier/tier.ts";
import { SHARD_LIMITS } from "../limits.ts";

/** What an unsafe request has invalidated. */
export interface Change {
  /** In the canonical form that entries use. */
  readonly urls: readonly string[];
  /** Groups of one site (its scheme, host, port and a trailing slash), compared with entries' tags. */
  readonly site: string;
  readonly groups: readonly string[];
}

/** What an answer to a request for `url` (normalised, absolute) invalidates; undefined if nothing. */
export function changeOf(
  method: string,
  url: string,
  answer: Pick<UpstreamAnswer, "status" | "fields">,
  routes: readonly Route[],
): Change | undefined {
  const urls = invalidatedUrls(method, answer.status, url, answer.fields).flatMap(canonicalUrls(routes));
  const groups = invalidatedGroups(method, answer.status, answer.fields);
  if (urls.length === 0 && groups.length === 0) return undefined;
  return { urls: [...new Set(urls)], site: `${new URL(url).origin}/`, groups };
}

/** A change of the one resource that is stored under this canonical URL. */
export const changeTo = (url: string): Change => ({ urls: [url], site: `${new URL(url).origin}/`, groups: [] });

/** Whether a change invalidates a response by one of its groups. The store finds URLs by itself. */
export const endsByGroup = ({ site, groups }: Change, target: PurgeTarget): boolean =>
  groups.length > 0 && target.url.startsWith(site) && target.tags.some((tag) => groups.includes(tag));

export interface ChangePorts {
  readonly now: () => EpochMillis;
  /** Invalidates what this region's shards hold of a changed resource. */
  readonly invalidate: (change: Change) => Promise<void>;
  /** Submits a purge to a hub; `by` names the requester. Never rejects. */
  readonly purgeEverywhere: (scopes: readonly Scope[], by: string) => Promise<"accepted" | "failed">;
}

const RATE = { burst: SHARD_LIMITS.invalidationBurst, perSecond: SHARD_LIMITS.invalidationsPerSecond };

/** Carries out changes. There is one for each shard, because it counts how many it has sent everywhere. */
export class Changes {
  readonly #ports: ChangePorts;
  #bucket: Bucket | undefined;

  constructor(ports: ChangePorts) {
    this.#ports = ports;
  }

  /**
   * Carries out a change: in this region, and everywhere if the route says so and the answer comes from the origin (a shield has
   * already done so itself). Returns undefined, or what failed as a word for `Cache-Status`.
   */
  async end(change: Change, route: Route, answer: Pick<UpstreamAnswer, "facts">): Promise<string | undefined> {
    await this.#ports.invalidate(change);
    if (route.invalidation !== "everywhere" || answer.facts !== undefined) return undefined;
    const { kind, bucket } = takeFrom(this.#bucket, RATE, this.#ports.now());
    this.#bucket = bucket;
    if (kind === "refused") return "invalidation-limited";
    const told = await this.#ports.purgeEverywhere(scopesOf(change), `route:${route.name}`);
    return told === "accepted" ? undefined : "invalidation-failed";
  }
}

/**
 * The change as a purge. A group becomes a tag, which purges other sites' responses with that tag as well: an unneeded purge costs
 * a refetch. A scope for groups of one site would be unknown to nodes of the previous version, which run side by side with
 * this one during a deploy, so they would purge too little.
 */
const scopesOf = ({ urls, groups }: Change): Scope[] => [
  ...urls.map((url) => ({ kind: "url", url }) as const),
  ...groups.map((tag) => ({ kind: "tag", tag }) as const),
];
