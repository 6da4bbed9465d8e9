// Limits of a prefetch.

import { MiB } from "../../config/units.ts";

export const PREFETCH_LIMITS = {
  /** Visits (a URL in a region) of one request: an invocation on the platform may ask others about a thousand times. */
  prefetchVisits: 500,
  /** After this long no visit is begun; what is left is handed back. */
  prefetchMillis: 240_000,
  /** Sitemaps of one prefetch, an index and those it names, and the bytes of each when unpacked. */
  sitemaps: 16,
  sitemapBytes: 8 * MiB,
  /** Elements within each other: a sitemap has three. */
  sitemapDepth: 8,
} as const;
