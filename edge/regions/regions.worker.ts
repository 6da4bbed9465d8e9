// The regions as the platform reaches them: a question to a region's shard becomes a message, and what comes back a value. Whom
// to ask, in which order and with what is decided in ask-regions.ts. What is remembered of regions is the isolate's.

import type { Environment } from "../../config/node/environment.worker.ts";
import { configOf, nodesOf } from "../../config/node/nodes.worker.ts";
import { STORAGE_FAILED_STATUS, storageFault } from "../../config/storage-fault.ts";
import { type EpochMillis, epochMillis } from "../../config/units.ts";
import type { RegionId } from "../../config/world/regions.ts";
import type { Admitted } from "../request/admit.ts";
import type { RegionReply } from "../route/ask-in-order.ts";
import type { RegionChoice } from "../route/choose-region.ts";
import { readNodeAnswer, toNodeInit } from "../tier/message.worker.ts";
import { isAlive, reach } from "../tier/reach.worker.ts";
import type { TierRequest, UpstreamAnswer } from "../tier/tier.ts";
import { RegionAsker, type Served, type ShardPlace } from "./ask-regions.ts";
import { lostRegions } from "./lost-regions.worker.ts";
import type { Serving } from "./serving.ts";

const now = (): EpochMillis => epochMillis(Date.now());
const asker = new RegionAsker(now, lostRegions);

/** Takes what a shard knew of drained regions: a hint for the next choices of this isolate. */
export const learnDrained = (regions: readonly RegionId[] | undefined): void => asker.learnDrained(regions);

/** The regions that may serve an admitted request, best first. */
export const regionsFor = (env: Environment, admitted: Pick<Admitted, "place" | "route">): RegionChoice[] =>
  asker.regionsFor(configOf(env), admitted);

/**
 * The first answer that a region gives, or why there is none. `only` this region is asked, if one is named; `gone` fires when the
 * client goes away.
 */
export const askRegions = (
  env: Environment,
  serving: Serving,
  { only, gone }: { readonly only?: RegionId; readonly gone?: AbortSignal } = {},
): Promise<Served> =>
  asker.ask(
    configOf(env),
    serving,
    {
      request: (to, request) => askShard(env, to, request, gone),
      isAlive: ({ region, shard }) => isAlive(nodesOf(env).shard(region, shard)),
    },
    only,
  );

async function askShard(
  env: Environment,
  { region, shard }: ShardPlace,
  request: TierRequest,
  gone: AbortSignal | undefined,
): Promise<RegionReply<UpstreamAnswer>> {
  const requestAt = now();
  const node = () => nodesOf(env).shard(region, shard);
  const reached = await reach(node, "/request", toNodeInit(request), request.context.budgetMillis, gone);
  if (reached.kind === "late") return reached;
  if (reached.kind === "unreachable") return lost(reached.cause);
  if (reached.kind === "broken") return { kind: "refused" };
  const answer = readNodeAnswer(reached.response, requestAt, now());
  if (answer !== undefined) return { kind: "answer", answer };
  await reached.response.body?.cancel();
  if (reached.response.status === STORAGE_FAILED_STATUS) return { kind: "lost", storage: true };
  return { kind: "refused" };
}

/** A shard whose database cannot be opened does not start: it is there, and gives no sign of life. */
const lost = (cause: string): RegionReply<never> =>
  storageFault(cause) === undefined ? { kind: "lost" } : { kind: "lost", storage: true };
