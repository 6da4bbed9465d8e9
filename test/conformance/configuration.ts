// The configuration that the suite is run against: two regions, so that every request passes edge, shard and shield. Each
// setting that is not the default stands here with its reason.

import type { ConfigInput } from "../../config/schema/schema.ts";

/** The region whose edge the suite's client asks, and the one that talks to the suite's origin. */
export const CLIENT_REGION = "weur";
const SHIELD_REGION = "enam";

/** The configuration for an origin at this URL. */
export const conformanceConfig = (originUrl: string): ConfigInput => ({
  origins: {
    suite: {
      url: originUrl,
      shield: SHIELD_REGION,
      // Several hundred tests run at once, and many of them break their connection on purpose.
      maxConcurrent: 256,
      maxQueued: 10_000,
      breakerFailures: 1_000,
      retryBudget: 0,
    },
  },
  regions: { [CLIENT_REGION]: {}, [SHIELD_REGION]: {} },
  routes: [
    {
      name: "suite",
      origin: "suite",
      // The suite varies by fields of its own, which are no part of any key.
      forward: "all",
      // It asks for what RFC 9111 allows, where Meridian asks for the route's word first.
      storeSetCookie: "always",
      storePersonal: "explicit",
      storePost: "explicit",
      // One of its origins confirms a tag with another one, and it wants the origin believed.
      notModified: "lenient",
    },
  ],
});
