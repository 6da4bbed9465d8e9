// Every way in which no region answers a request, as its client sees it.

import type { RefusedRequest } from "../request/admit.ts";

const refused = (status: number, code: string, title: string, proxyError: string, detail: string): RefusedRequest => ({
  kind: "refused",
  status,
  code,
  title,
  detail,
  proxyError,
});

export const REGION_FAILURES = {
  noRegion: refused(
    503,
    "no-region",
    "Service unavailable",
    "destination_unavailable",
    "No region that may serve this request takes clients now.",
  ),
  allLost: refused(
    502,
    "regions-lost",
    "Bad gateway",
    "destination_unavailable",
    "The regions that may serve this request cannot be reached.",
  ),
  storageFailed: refused(
    503,
    "storage-failed",
    "Service unavailable",
    "destination_unavailable",
    "A region cannot use its storage, most often because its disk is full, and no other region could answer.",
  ),
  "broke-off": refused(
    502,
    "region-broke-off",
    "Bad gateway",
    "connection_terminated",
    "A region is running, but closed this request before it answered.",
  ),
  late: refused(
    504,
    "too-late",
    "Gateway timeout",
    "http_response_timeout",
    "The region did not answer within the time limit of a request.",
  ),
  "lost-on-the-way": refused(
    502,
    "lost-on-the-way",
    "Bad gateway",
    "connection_terminated",
    "The region was lost while it processed this request. It may have been carried out, so it is not sent again.",
  ),
} as const;
