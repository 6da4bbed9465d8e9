// The edge's name for the port between nodes, which config holds because hubs use it too.

export type { Node, Nodes } from "../config/ports.worker.ts";
