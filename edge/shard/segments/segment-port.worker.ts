// The way to the owners of segments: shards of the same region, chosen by the segment's own key. The shard itself is asked
// without a message. A segment that came by is handed over in one message; one that does not arrive is fetched again.

import type { Environment } from "../../../config/node/environment.worker.ts";
import { configOf, nodesOf } from "../../../config/node/nodes.worker.ts";
import type { Node } from "../../../config/node/ports.worker.ts";
import { epochMillis } from "../../../config/units.ts";
import type { RegionId } from "../../../config/world/regions.ts";
import { ringOf } from "../../ring/owner.ts";
import { NODE_URL, readNodeAnswer, readTierRequest, toNodeInit } from "../../tier/message.worker.ts";
import { reach } from "../../tier/reach.worker.ts";
import type { KeyedRequest, TierRequest } from "../../tier/tier.ts";
import { FACTS_FIELD, type ResponseFacts } from "../../tier/wire.ts";
import { SEGMENT_FAILURES } from "../answer/failures.ts";
import { SHARD_LIMITS } from "../limits.ts";
import type { ShardCore } from "../shard.ts";
import type { LargePorts } from "./passing-bodies.ts";
import { ownedKey } from "./segments.ts";

const now = () => epochMillis(Date.now());

/** The ports of one shard; `self` is its own core. */
export function segmentPorts(
  env: Environment,
  region: RegionId,
  shard: number,
  self: () => ShardCore,
): Pick<LargePorts, "segment" | "keepSegment" | "held"> {
  const ownerOf = ({ context, keyed }: KeyedRequest): number =>
    ringOf(configOf(env), region).owner(ownedKey(keyed.key, context.segment));
  const nodeOf = (owner: number): Node => nodesOf(env).shard(region, owner);
  return {
    async segment(request) {
      const owner = ownerOf(request);
      const requestAt = now();
      if (owner === shard) {
        const answer = await self().handle(request);
        if (!("status" in answer)) return SEGMENT_FAILURES.lost;
        return { kind: "answer", ...answer, requestAt, responseAt: now(), timings: answer.facts.timings };
      }
      const { budgetMillis } = request.context;
      const reached = await reach(() => nodeOf(owner), "/request", toNodeInit(request), budgetMillis);
      if (reached.kind !== "response") return SEGMENT_FAILURES.lost;
      return readNodeAnswer(reached.response, requestAt, now()) ?? SEGMENT_FAILURES.lost;
    },
    async held(request, indexes) {
      const { segment } = request.context;
      if (segment === undefined) return new Set();
      const byOwner = Map.groupBy(indexes, (index) =>
        ownerOf({ ...request, context: { ...request.context, segment: { ...segment, index } } }),
      );
      const answers = await Promise.all(
        [...byOwner].map(([owner, theirs]) =>
          owner === shard ? self().segments.held(request, theirs) : askHeld(nodeOf(owner), request, theirs),
        ),
      );
      return new Set(answers.flat());
    },
    async keepSegment(request, facts, bytes) {
      const owner = ownerOf(request);
      if (owner === shard) return self().segments.keep(request, facts, bytes);
      const init = toNodeInit({ ...request, method: "PUT" });
      const headers = new Headers(init.headers);
      headers.set(FACTS_FIELD, JSON.stringify(facts));
      try {
        const answer = await nodeOf(owner).fetch(`${NODE_URL}/segment`, { ...init, headers, body: bytes });
        await answer.body?.cancel();
      } catch {
        // What is not kept is fetched again by its next reader.
      }
    },
  };
}

/** Asks another shard which segments it holds; of one that does not say, none is taken to be. */
async function askHeld(node: Node, request: TierRequest, indexes: readonly number[]): Promise<readonly number[]> {
  const signal = AbortSignal.timeout(SHARD_LIMITS.heldTimeoutMillis);
  const init = { ...toNodeInit({ ...request, method: "PUT" }), body: JSON.stringify(indexes), signal };
  try {
    const answer = await node.fetch(`${NODE_URL}/held`, init);
    return answer.ok ? await answer.json<number[]>() : [];
  } catch {
    // It is asked for the segments themselves in any case, and what fails there counts.
    return [];
  }
}

/** Says which segments this shard holds. */
export async function sayHeld(request: Request, self: ShardCore): Promise<Response> {
  const asked = readTierRequest(request);
  if (asked === undefined) return new Response("no request context\n", { status: 400 });
  return Response.json(self.segments.held(asked, await request.json<number[]>()));
}

/** Takes a segment that another shard hands over. */
export async function takeSegment(request: Request, self: ShardCore): Promise<Response> {
  const asked = readTierRequest(request);
  const facts = request.headers.get(FACTS_FIELD);
  if (asked?.context.segment === undefined || facts === null) return new Response("no segment\n", { status: 400 });
  self.segments.keep(asked, JSON.parse(facts) as ResponseFacts, new Uint8Array(await request.arrayBuffer()));
  return new Response(null, { status: 204 });
}
