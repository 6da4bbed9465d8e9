// A region's edge in the simulation: it admits a client's request as production does, asks regions through the production
// module, and hands the body to a client who may go away. It counts what became of each client.

import type { Config } from "../../config/schema/schema.ts";
import type { RegionId } from "../../config/world/regions.ts";
import { Fields } from "../../edge/http/fields.ts";
import { RegionAsker, type ShardPlace } from "../../edge/regions/ask-regions.ts";
import { admit } from "../../edge/request/admit.ts";
import type { RegionReply } from "../../edge/route/ask-in-order.ts";
import type { TierRequest, UpstreamAnswer } from "../../edge/tier/tier.ts";
import type { ReleaseChecks } from "./checks/releases.ts";
import { Life } from "./links.ts";
import { urlOf } from "./origin.ts";
import { letGo, received, type ShardNode } from "./shard-node.ts";
import type { Site } from "./site.ts";

/** What a client asks for. */
export interface Wish {
  readonly object: number;
  readonly language: "en" | "de" | undefined;
  /** The id of a purge that the answer may not be older than. */
  readonly minPurge: string | undefined;
  readonly leavesAfter: number | undefined;
}

/** What became of it. */
export interface Client {
  readonly id: string;
  readonly askedAt: number;
  outcome: "waiting" | "answered" | "refused" | "broken" | "left";
  status: number | undefined;
  detail: string | undefined;
}

export interface EdgeSurroundings {
  config(): Config;
  readonly releases: ReleaseChecks;
  shard(region: RegionId, index: number): ShardNode;
}

export class EdgeNode {
  readonly site: Site;
  readonly clients: Client[] = [];
  readonly #around: EdgeSurroundings;
  readonly #life: Life;
  readonly #asker: RegionAsker;

  constructor(site: Site, around: EdgeSurroundings) {
    this.site = site;
    this.#around = around;
    this.#life = new Life(site.region, `edge:${site.region}`);
    this.#asker = new RegionAsker(site.now);
  }

  /** A client asks; what became of it is written into what this gives. */
  ask(wish: Wish): Client {
    const { scheduler } = this.site.around;
    const id = `${this.site.region}${this.clients.length + 1}`;
    const client: Client = { id, askedAt: scheduler.now, outcome: "waiting", status: undefined, detail: undefined };
    this.clients.push(client);
    this.site.around.findings.tell(
      () =>
        `client ${id} asks for ${urlOf(wish.object)}${wish.minPurge === undefined ? "" : ` since ${wish.minPurge}`}`,
    );
    if (wish.leavesAfter !== undefined) {
      scheduler.at(wish.leavesAfter, () => {
        if (client.outcome === "waiting") client.outcome = "left";
      });
    }
    void this.#serve(client, wish);
    return client;
  }

  async #serve(client: Client, wish: Wish): Promise<void> {
    const config = this.#around.config();
    const fields = new Fields();
    if (wish.language !== undefined) fields.set("accept-language", wish.language);
    if (wish.minPurge !== undefined) fields.set("meridian-min-purge", wish.minPurge);
    const arrivedAt = this.site.now();
    const admitted = admit({
      method: "GET",
      url: urlOf(wish.object),
      fields,
      cf: undefined,
      assertedAddress: undefined,
      local: true,
      region: this.site.region,
      countryOf: () => undefined,
      config,
    });
    if (admitted.kind === "refused") throw new Error(admitted.detail);
    const serving = { admitted, method: "GET", fields, requestId: client.id, arrivedAt };
    const served = await this.#asker.ask(config, serving, {
      request: (to, request) => this.#askShard(to, request),
      isAlive: async () => true,
    });
    if (served.kind === "refused") {
      if (client.outcome === "left") return;
      client.outcome = "refused";
      client.detail = served.code;
      return;
    }
    const { answer } = served;
    const releasedAt = this.site.around.scheduler.now;
    this.#asker.learnDrained(answer.facts?.drained);
    client.status = answer.status;
    client.detail = answer.facts?.answered.outcome === "error" ? answer.facts.cacheStatus.at(-1) : undefined;
    if (answer.body.kind !== "stream") {
      if (answer.body.kind === "bytes")
        this.#around.releases.delivered(client.id, answer, releasedAt, answer.body.bytes);
      if (client.outcome === "waiting") client.outcome = "answered";
      return;
    }
    const source = answer.body.open();
    try {
      let isFirst = true;
      for (;;) {
        // A client that goes away is noticed when the next piece should go to it.
        if (client.outcome === "left") {
          source.cancel();
          return;
        }
        const piece = await source.read();
        if (piece === undefined) break;
        if (isFirst) this.#around.releases.delivered(client.id, answer, releasedAt, piece);
        isFirst = false;
      }
      if (client.outcome === "waiting") client.outcome = "answered";
    } catch (cause) {
      if (client.outcome === "waiting") client.outcome = "broken";
      client.detail = String(cause);
    }
  }

  async #askShard({ region, shard }: ShardPlace, request: TierRequest): Promise<RegionReply<UpstreamAnswer>> {
    const target = this.#around.shard(region, shard).request(request);
    const requestAt = this.site.now();
    const reached = await this.site.reach(this.#life, "request", target, request.context.budgetMillis, letGo);
    if (reached.kind === "late") return reached;
    if (reached.kind === "unreachable") return { kind: "lost" };
    const { answer, from } = reached.value;
    if (!("status" in answer)) return { kind: "lost" };
    const body = this.site.around.links.carry(from, this.#life, answer.body);
    return { kind: "answer", answer: received(answer, body, requestAt, this.site.now()) };
  }
}
