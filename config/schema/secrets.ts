// The secrets that a configuration refers to: it contains only their names in the environment, never a secret itself. In
// production they are set with `wrangler secret put NAME`; a local run takes them from the launcher's own environment.

import type { Config } from "./schema.ts";

/** Every secret that the configuration names, each once: fields that origins are shown, and keys of signed URLs. */
export function secretNames(config: Config): string[] {
  const ofOrigins = Object.values(config.origins).flatMap(({ secretHeader }) => secretHeader?.secret ?? []);
  const ofRoutes = config.routes.flatMap(({ actions }) => Object.values(actions?.signed?.keys ?? {}));
  return [...new Set([...ofOrigins, ...ofRoutes])];
}

/** Names in the environment that mean something else: bindings, and secrets that sign Meridian's own messages. */
const TAKEN = /^(?:SHARD|HUB|METER|GEO|CLUSTER_KEY|API_TOKENS|MERIDIAN_.*|PEER_.*|ORIGIN_.*)$/;

/** Whether a secret of the user's may have this name. */
export const mayNameSecret = (name: string): boolean => /^[A-Z][A-Z0-9_]{0,63}$/.test(name) && !TAKEN.test(name);
