// How a shard gets an answer from the tier above: its shield's regions in their order, those that failed lately last, and the
// origin itself where this region is the one that may ask it. A shield that is behind the caller's purges is told them and
// asked once more; one that cannot be reached is left for the next of the list. It decides whom to ask and with what, never
// how a message travels: the platform, a test or the simulator does that. DESIGN section 4: a purge is sent once, because
// every question carries the vector that its answer may not be older than.

import { LIMITS } from "../../../config/limits.ts";
import type { Config, Route } from "../../../config/schema/schema.ts";
import type { EpochMillis } from "../../../config/units.ts";
import type { RegionId } from "../../../config/world/regions.ts";
import type { Vector } from "../../../control-plane/purge/vector.ts";
import type { PurgeNews } from "../../../control-plane/purge/wire.ts";
import { isIdempotent } from "../../http/invalidate.ts";
import { cacheKey } from "../../request/cache-key.ts";
import { ringOf } from "../../ring/owner.ts";
import { RegionHealth } from "../../route/region-health.ts";
import { shieldRegions } from "../../route/shields.ts";
import type { UpstreamAnswer, UpstreamFailure, UpstreamRequest } from "../../tier/tier.ts";
import type { RequestContext } from "../../tier/wire.ts";
import { routeNamed } from "../answer/release.ts";
import { ownedKey } from "../segments/segments.ts";

/** What came back from a shard that was asked as shield. */
export type ShieldReply =
  | { readonly kind: "answer"; readonly answer: UpstreamAnswer }
  /** It knows less of purges than the question, and could not catch up. */
  | { readonly kind: "behind"; readonly vector: Vector }
  /** It lives, but gave no answer in the time that the request has. */
  | { readonly kind: "late" }
  /** No connection, or no sign of life. `sent`: it may have begun to act on the question. */
  | { readonly kind: "unreachable"; readonly sent: boolean }
  /** It lives, but broke off, or answered something that is no tier's answer: a crash, or another version. */
  | { readonly kind: "refused" };

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
  /**
   * Sends a question; never rejects. One that must not arrive twice (`mustArriveOnce`) is sent only to a shard that has just
   * shown that it lives.
   */
  readonly request: (to: ShieldPlace, request: UpstreamRequest) => Promise<ShieldReply>;
  /** Tells purges, for a bounded time; answers whether they were taken. Never rejects. */
  readonly apply: (to: ShieldPlace, news: PurgeNews) => Promise<boolean>;
  /** Asks the origin. Never rejects. */
  readonly origin: (request: UpstreamRequest, route: Route) => Promise<UpstreamAnswer | UpstreamFailure>;
}

/** No answer. `sent`: the shield may have begun to act on the question; `lives`: it did, and failed at this one. */
interface Lost {
  readonly kind: "lost";
  readonly sent: boolean;
  readonly lives?: true;
}

/** Whether sending it twice could do what its client wants done once, or is not possible at all. */
export const mustArriveOnce = ({ method, upload }: Pick<UpstreamRequest, "method" | "upload">): boolean =>
  upload !== undefined || !isIdempotent(method);

/** The tier above one shard; it remembers which regions failed lately. */
export class ShieldAsker {
  readonly #ports: ShieldPorts;
  readonly #health: RegionHealth;

  /** `health` may be shared with others who call regions. */
  constructor(ports: ShieldPorts, health = new RegionHealth()) {
    this.#ports = ports;
    this.#health = health;
  }

  /** See `Upstream`. Throws for a route or origin that is not configured, which no admitted request has. */
  async ask(request: UpstreamRequest): Promise<UpstreamAnswer | UpstreamFailure> {
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
    let brokenOff = 0;
    for (const shield of inOrder.slice(0, LIMITS.shieldAttempts)) {
      if (shield === region) return origin(request, route);
      const answer = await this.#askShield(shield, request, route);
      if (answer.kind !== "lost") return answer;
      // It may have been carried out, and an upload has been read in part: neither is sent twice.
      if (answer.sent && mustArriveOnce(request)) return LOST_ON_THE_WAY;
      if (answer.lives) brokenOff += 1;
      // Each asks the origin anew (ask-regions.ts).
      if (brokenOff === LIMITS.brokenOff) break;
    }
    return brokenOff > 0 ? SHIELD_BROKE_OFF : SHIELD_LOST;
  }

  async #askShield(
    shield: RegionId,
    request: UpstreamRequest,
    route: Route,
  ): Promise<UpstreamAnswer | UpstreamFailure | Lost> {
    const { config, region, now } = this.#ports;
    const ring = ringOf(config, shield);
    const { url, client } = request.context;
    const { key } = cacheKey({ url, fields: request.fields, country: client.country }, route);
    const to: ShieldPlace = { region: shield, shard: ring.owner(ownedKey(key, request.context.segment)) };
    // mutant: no-vector-to-the-shield
    const { vector } = request;
    const visited = [...request.context.visited, region];
    const context: RequestContext = { ...request.context, tier: "shield", vector, ring: ring.version, visited };
    for (let attempt = 0; attempt < 2; attempt += 1) {
      const reply = await this.#ports.request(to, { ...request, context });
      if (reply.kind === "late") return SHIELD_LATE;
      if (reply.kind === "unreachable") {
        this.#health.failed(shield, now());
        return { kind: "lost", sent: reply.sent };
      }
      this.#health.succeeded(shield);
      if (reply.kind === "answer") return reply.answer;
      if (reply.kind === "refused") return { kind: "lost", sent: true, lives: true };
      if (request.upload !== undefined) return { kind: "lost", sent: true };
      if (!(await this.#ports.apply(to, this.#ports.newsSince(reply.vector)))) return { kind: "lost", sent: false };
    }
    return SHIELD_BEHIND;
  }
}

const SHIELD_LOST: UpstreamFailure = {
  kind: "failure",
  status: 502,
  code: "shield-unreachable",
  detail: "No region that may ask this origin can be reached.",
  proxyError: "destination_unavailable",
};
const SHIELD_BROKE_OFF: UpstreamFailure = {
  kind: "failure",
  status: 502,
  code: "shield-broke-off",
  detail: "The origin's shield lives, but broke this request off before it had answered.",
  proxyError: "connection_terminated",
};
const LOST_ON_THE_WAY: UpstreamFailure = {
  kind: "failure",
  status: 502,
  code: "lost-on-the-way",
  detail:
    "The origin's shield was lost while it had this request, which may have been carried out: it is not sent twice.",
  proxyError: "connection_terminated",
};
const SHIELD_LATE: UpstreamFailure = {
  kind: "failure",
  status: 504,
  code: "shield-timeout",
  detail: "The origin's shield did not answer in time.",
  proxyError: "http_response_timeout",
};
const SHIELD_BEHIND: UpstreamFailure = {
  kind: "failure",
  status: 503,
  code: "shield-behind",
  detail: "The origin's shield could not be told of a purge that this request knows of.",
  proxyError: "proxy_internal_error",
  retryAfterSeconds: 1,
};
