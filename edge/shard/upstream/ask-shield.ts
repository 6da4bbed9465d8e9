// How a shard gets an answer from the tier above: it asks the regions of its shield in order (ask-in-order.ts), those that failed
// recently last, and the origin itself where this region is the one that may ask it. A shield that knows of fewer purges than the
// request gets the missing ones and is asked once more: so a purge needs to be sent only once, because every request carries the
// vector that its answer may not be older than. It decides whom to ask and with what, never how a message travels.

import type { Config, Route } from "../../../config/schema/schema.ts";
import type { EpochMillis } from "../../../config/units.ts";
import type { RegionId } from "../../../config/world/regions.ts";
import type { Vector } from "../../../control-plane/purge/vector.ts";
import type { PurgeNews } from "../../../control-plane/purge/wire.ts";
import { ringOf } from "../../ring/owner.ts";
import { askInOrder, mustArriveOnce, type RegionReply } from "../../route/ask-in-order.ts";
import { routeNamed } from "../../route/match-route.ts";
import { RegionHealth } from "../../route/region-health.ts";
import { shieldRegions } from "../../route/shields.ts";
import type { UpstreamAnswer, UpstreamRequest, UpstreamResult } from "../../tier/tier.ts";
import type { RequestContext } from "../../tier/wire.ts";
import { SHIELD_FAILURES } from "../answer/failures.ts";
import { SHARD_LIMITS } from "../limits.ts";
import { ownedKey } from "../segments/segments.ts";

/** What came back from a shard that was asked as shield. */
export type ShieldReply =
  | RegionReply<UpstreamAnswer>
  /** It knows of fewer purges than the request, and could not catch up. */
  | { readonly kind: "behind"; readonly vector: Vector };

/** A shard of another region. */
export interface ShieldPlace {
  readonly region: RegionId;
  readonly shard: number;
}

export interface ShieldPorts {
  readonly config: Config;
  /** Where the asking shard is. */
  readonly region: RegionId;
  readonly now: () => EpochMillis;
  /** What someone at `vector` lacks of what this shard knows. */
  readonly newsSince: (vector: Vector) => PurgeNews;
  /** Whether a shard answers at all, within a bounded time. Never rejects. */
  readonly isAlive: (place: ShieldPlace) => Promise<boolean>;
  /** Sends a request. Never rejects. */
  readonly request: (to: ShieldPlace, request: UpstreamRequest) => Promise<ShieldReply>;
  /** Tells purges, for a bounded time; answers whether they were taken. Never rejects. */
  readonly apply: (to: ShieldPlace, news: PurgeNews) => Promise<boolean>;
  /** Asks the origin. Never rejects. */
  readonly origin: (request: UpstreamRequest, route: Route) => Promise<UpstreamResult>;
}

/** The tier above one shard; it remembers which regions failed recently. */
export class ShieldAsker {
  readonly #ports: ShieldPorts;
  readonly #health: RegionHealth;

  /** `health` may be shared with others who call regions. */
  constructor(ports: ShieldPorts, health = new RegionHealth()) {
    this.#ports = ports;
    this.#health = health;
  }

  /** See `Upstream`. Throws for a route or origin that is not configured, which no admitted request has. */
  async ask(request: UpstreamRequest): Promise<UpstreamResult> {
    const { config, region, now, origin } = this.#ports;
    const route = routeNamed(config, request.context.route);
    const ours = route && config.origins[route.origin];
    if (route === undefined || ours === undefined) throw new Error(`no origin for route ${request.context.route}`);
    if (request.context.tier === "shield") return origin(request, route);
    const shields = shieldRegions(ours, config, route.residency);
    const unhealthy = this.#health.unhealthy(now());
    const inOrder = [
      ...shields.filter((shield) => !unhealthy.has(shield)),
      ...shields.filter((shield) => unhealthy.has(shield)),
    ];
    const outcome = await askInOrder<UpstreamResult>(
      {
        regions: inOrder.slice(0, SHARD_LIMITS.shieldAttempts),
        once: mustArriveOnce(request),
        isAlive: async (shield) => shield === region || this.#ports.isAlive(this.#ownerIn(shield, request)),
        ask: async (shield) =>
          shield === region
            ? { kind: "answer", answer: await origin(request, route) }
            : this.#askShield(this.#ownerIn(shield, request), request),
      },
      { health: this.#health, now },
    );
    return outcome.kind === "answer" ? outcome.answer : SHIELD_FAILURES[outcome.kind];
  }

  #ownerIn(shield: RegionId, { keyed, context }: UpstreamRequest): ShieldPlace {
    const ring = ringOf(this.#ports.config, shield);
    return { region: shield, shard: ring.owner(ownedKey(keyed.key, context.segment)) };
  }

  async #askShield(to: ShieldPlace, request: UpstreamRequest): Promise<RegionReply<UpstreamResult>> {
    const { config, region } = this.#ports;
    // mutant: no-vector-to-the-shield
    const { vector } = request;
    const visited = [...request.context.visited, region];
    const ring = ringOf(config, to.region).version;
    const context: RequestContext = { ...request.context, tier: "shield", vector, ring, visited };
    for (let attempt = 0; attempt < 2; attempt += 1) {
      const reply = await this.#ports.request(to, { ...request, context });
      if (reply.kind !== "behind") return reply;
      // An upload has been read in part, so it cannot be sent again.
      if (request.upload !== undefined) return { kind: "refused" };
      if (!(await this.#ports.apply(to, this.#ports.newsSince(reply.vector)))) return { kind: "lost", unsent: true };
    }
    return { kind: "answer", answer: SHIELD_FAILURES.behind };
  }
}
