// What a request that no cache takes part in does to what is stored (RFC 9111 section 4.4, RFC 9875): which URLs and groups its
// answer ends, under the key rules of the routes that GET them. On routes that opt in the change also goes everywhere, as a
// purge by the tier that talked to the origin, within a rate: whoever may send such requests must not fill every hub's log.

import type { Route } from "../../../config/schema/schema.ts";
import { type Bucket, takeFrom } from "../../../config/token-bucket.ts";
import type { EpochMillis } from "../../../config/units.ts";
import type { Scope } from "../../../control-plane/purge/event.ts";
import type { PurgeTarget } from "../../../control-plane/purge/purge-set.ts";
import { invalidatedGroups, invalidatedUrls } from "../../http/invalidate.ts";
import { canonicalUrls } from "../../request/cache-key.ts";
import type { UpstreamAnswer } from "../../tier/tier.ts";
import { SHARD_LIMITS } from "../limits.ts";

/** What an unsafe request has ended. */
export interface Change {
  /** In the canonical form of entries. */
  readonly urls: readonly string[];
  /** Groups of this one site (scheme, host and port, with the slash behind them), compared with entries' tags. */
  readonly site: string;
  readonly groups: readonly string[];
}

/** What an answer to a request for `url` (normalised, absolute) ends; undefined if nothing. */
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

/** That one resource is another than the one stored under this canonical URL. */
export const changeTo = (url: string): Change => ({ urls: [url], site: `${new URL(url).origin}/`, groups: [] });

/** Whether a change ends a response by one of its groups; by URL the store finds them itself. */
export const endsByGroup = ({ site, groups }: Change, target: PurgeTarget): boolean =>
  groups.length > 0 && target.url.startsWith(site) && target.tags.some((tag) => groups.includes(tag));

export interface ChangePorts {
  readonly now: () => EpochMillis;
  /** Ends what this region's shards hold of what has changed. */
  readonly invalidate: (change: Change) => Promise<void>;
  /** Has a hub accept a purge; `by` says who asks for it. Never rejects. */
  readonly purgeEverywhere: (scopes: readonly Scope[], by: string) => Promise<"accepted" | "failed">;
}

const RATE = { burst: SHARD_LIMITS.invalidationBurst, perSecond: SHARD_LIMITS.invalidationsPerSecond };

/** Lets changes take effect. One for each shard, since it counts how many it sent everywhere. */
export class Changes {
  readonly #ports: ChangePorts;
  #bucket: Bucket | undefined;

  constructor(ports: ChangePorts) {
    this.#ports = ports;
  }

  /**
   * Ends what has changed: in this region, and everywhere if the route says so and the answer comes from the origin, not from
   * a shield, which has seen to it then. Undefined, or what did not work, in a word for `Cache-Status`.
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
 * The change as a purge. A group becomes a tag, which is purged wherever it occurs, on other sites as well: too much costs a
 * refetch. A scope of its own for a group of one site would be unknown to nodes of the version before, which run beside this
 * one during a deploy: they would purge too little.
 */
const scopesOf = ({ urls, groups }: Change): Scope[] => [
  ...urls.map((url) => ({ kind: "url", url }) as const),
  ...groups.map((tag) => ({ kind: "tag", tag }) as const),
];
