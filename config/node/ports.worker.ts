// The one port between nodes: an object that answers requests. In production a node is a Durable Object stub; locally another
// region's node is an HTTP service binding to that region's process. Callers do not depend on which.

import type { RegionId } from "../world/regions.ts";

/** A shard, hub or meter, wherever it is. `fetch` rejects when it cannot be reached. */
export interface Node {
  fetch(url: string, init?: RequestInit): Promise<Response>;
}

/** All nodes of the deployment, by region. Asking for one costs nothing; calling it does. */
export interface Nodes {
  shard(region: RegionId, index: number): Node;
  hub(region: RegionId): Node;
  meter(region: RegionId): Node;
}
