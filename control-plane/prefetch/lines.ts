// A prefetch's output, one JSON object per line: its start and extent, each finished visit, and its end with the remaining URLs.
// The lines are the whole state of a prefetch: nothing of it is stored.

import { z } from "zod";
import { REGION_IDS } from "../../config/world/regions.ts";

const region = z.enum(REGION_IDS);
const count = z.int().min(0);

export const prefetchLineSchema = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("began"),
    /** URLs, those of sitemaps among them, each asked for in so many regions; `visits` are those that this request will make. */
    urls: count,
    regions: count,
    visits: count,
  }),
  /** A sitemap that was read, or why it could not be. */
  z.object({ kind: z.literal("sitemap"), url: z.string(), locations: count, omitted: count }),
  z.object({ kind: z.literal("no-sitemap"), url: z.string(), detail: z.string() }),
  z.object({
    kind: z.literal("visited"),
    url: z.string(),
    region,
    status: z.int(),
    outcome: z.string(),
    stored: z.boolean().optional(),
    bytes: count,
    millis: z.number().min(0),
  }),
  /** Nothing to warm there: the route stays in other regions, or stores nothing, or the URL is beyond the token's hosts or the sitemap's. */
  z.object({
    kind: z.literal("passed-over"),
    url: z.string(),
    region: region.optional(),
    reason: z.enum(["residency", "not-cached", "token", "other-host"]),
  }),
  z.object({ kind: z.literal("failed"), url: z.string(), region: region.optional(), detail: z.string() }),
  z.object({
    kind: z.literal("ended"),
    /** Visits by how they ended: `failed` had no answer or one from 400 on; `unstored` were answered, and not kept. */
    warm: count,
    unstored: count,
    passedOver: count,
    failed: count,
    bytes: count,
    /** URLs that were not come to: ask again with these. */
    left: z.array(z.string()),
    /** URLs of sitemaps beyond what one prefetch takes, or of sitemaps that could not be read. */
    omitted: count,
  }),
]);

export type PrefetchLine = z.output<typeof prefetchLineSchema>;
