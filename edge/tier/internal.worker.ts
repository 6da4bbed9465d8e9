// The door between processes: a peer's signed request goes to the node of this region that it names. Anything unsigned, old,
// repeated or addressed to no node is refused before a node sees it.

import type { Environment } from "../../config/node/environment.worker.ts";
import { NODE_FIELD, nodesOf, ownRegion } from "../../config/node/nodes.worker.ts";
import { verifyPeer } from "../../config/node/peer-signature.worker.ts";
import type { Node } from "../../config/node/ports.worker.ts";
import { STORAGE_FAILED_STATUS, storageFault, storageRefusal } from "../../config/storage-fault.ts";
import type { RegionId } from "../../config/world/regions.ts";

/** Answers a peer, or refuses: 401 without a good signature, 404 without such a node, 507 if its storage cannot be used. */
export async function answerPeer(request: Request, env: Environment): Promise<Response> {
  const region = ownRegion(env);
  if (region === undefined) return new Response("no such node\n", { status: 404 });
  const self = { region, startedAt: Number(env.MERIDIAN_STARTED_AT ?? 0) };
  const verified = await verifyPeer(env.CLUSTER_KEY, request, Date.now(), self);
  if (verified.kind === "refused") return new Response(`${verified.reason}\n`, { status: 401 });
  const node = nodeNamed(env, region, verified.request.headers.get(NODE_FIELD));
  if (node === undefined) return new Response("no such node\n", { status: 404 });
  const headers = new Headers(verified.request.headers);
  headers.delete(NODE_FIELD);
  try {
    return await node.fetch(verified.request.url, {
      method: verified.request.method,
      headers,
      body: verified.request.body,
      redirect: "manual",
      encodeResponseBody: "manual",
    });
  } catch (cause) {
    // The error itself does not cross to another process, which would see a bare 500.
    const fault = storageFault(cause);
    if (fault === undefined) throw cause;
    const refusal = storageRefusal(`the node of ${region}`, fault);
    return Response.json(refusal, { status: STORAGE_FAILED_STATUS });
  }
}

function nodeNamed(env: Environment, region: RegionId, name: string | null): Node | undefined {
  const match = /^(?:shard\/(\d{1,3})|(hub)|(meter))$/.exec(name ?? "");
  if (match === null) return undefined;
  const nodes = nodesOf(env);
  if (match[1] !== undefined) return nodes.shard(region, Number(match[1]));
  return match[2] === undefined ? nodes.meter(region) : nodes.hub(region);
}
