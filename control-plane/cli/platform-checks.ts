// Settings of wrangler.toml under which Meridian's promises would not hold on the platform. Pure: deploy.node.ts reads the file.

import type { Config } from "../../config/schema/schema.ts";
import type { Finding } from "./deploy-checks.ts";

/** What is read of wrangler.toml for one environment. */
export interface PlatformSettings {
  readonly placement?: unknown;
  readonly cache?: { readonly enabled?: boolean | undefined } | undefined;
  readonly compatibility_flags?: readonly string[] | undefined;
  readonly routes?:
    | readonly (string | { readonly pattern: string; readonly custom_domain?: boolean | undefined })[]
    | undefined;
}

/** Requests for which one Durable Object may wait at once on the platform; two are left for its hub and its shield. */
const MOST_CONCURRENT = 4;

/** Errors about these settings, and about origins that the platform would answer otherwise than the local run does. */
export function checkPlatform(settings: PlatformSettings, config: Config): Finding[] {
  const findings: Finding[] = [];
  const refuse = (path: string, detail: string) => findings.push({ severity: "error", path, detail });
  if (settings.placement !== undefined) {
    refuse("wrangler.toml: placement", "moves the edge away from its clients, and every hit with it: remove it");
  }
  if (settings.cache?.enabled === true) {
    refuse(
      "wrangler.toml: cache.enabled",
      "lets the platform answer for Meridian, with responses that no purge reaches: remove it",
    );
  }
  if (settings.compatibility_flags?.includes("global_fetch_strictly_public")) {
    refuse(
      "wrangler.toml: compatibility_flags",
      '"global_fetch_strictly_public" sends origin fetches through the zone\'s own Workers and cache: remove it',
    );
  }
  const own = new Set(
    (settings.routes ?? []).flatMap((route) =>
      typeof route === "object" && route.custom_domain === true ? [route.pattern.toLowerCase()] : [],
    ),
  );
  for (const [name, origin] of Object.entries(config.origins)) {
    if (own.has(new URL(origin.url).hostname)) {
      refuse(
        `origins.${name}.url`,
        `${origin.url} is a custom domain of this Worker, which would call itself: name the origin's own host`,
      );
    }
    if (origin.maxConcurrent > MOST_CONCURRENT) {
      refuse(
        `origins.${name}.maxConcurrent`,
        `is ${origin.maxConcurrent}; a shard on the platform waits for at most six answers at once, two of them its own: ` +
          `${MOST_CONCURRENT} is the most, and more shards in the shield region take more`,
      );
    }
  }
  return findings;
}
