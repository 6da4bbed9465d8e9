// The edge's name for the bindings of the deployed script, which config holds because hubs use them too.

export type { Environment } from "../config/environment.worker.ts";
