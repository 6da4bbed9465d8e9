// What one answered request adds to the metrics. Decides the numbers alone; who sends them where is the shell's affair.

import type { Tally } from "../config/metrics/tally.ts";
import { type Millis, toSeconds } from "../config/units.ts";
import type { Body } from "./body/source.ts";
import type { Answered } from "./tier/wire.ts";

export interface CountedResponse {
  readonly route: string;
  readonly status: number;
  readonly answered: { readonly outcome: Answered["outcome"] | "refused"; readonly by: Answered["by"] } | undefined;
  readonly body: Body;
  /** Its shard counts where its bytes came from. */
  readonly inSegments?: true | undefined;
  /** From the request's arrival to the head of its answer. */
  readonly took: Millis;
  /** Request fields that the origin varies on and is not sent on shared fills, as they are to be counted. */
  readonly withheld?: readonly string[];
}

/** Adds a request to `tally`. Bytes are counted where the length is announced; a stream without one counts none. */
export function count(tally: Tally, counted: CountedResponse): void {
  const { route, status, answered, body, inSegments, took, withheld = [] } = counted;
  const tier = answered?.by ?? "none";
  const outcome = answered?.outcome ?? "error";
  const statusClass = `${Math.floor(status / 100)}xx` as "2xx";
  tally.count("meridian_requests_total", { tier, outcome, status: statusClass, route });
  tally.observe("meridian_time_to_first_byte_seconds", { tier }, toSeconds(took));
  if (outcome === "collapsed") tally.count("meridian_coalesced_followers_total", { tier: "shard" });
  for (const field of withheld) tally.count("meridian_vary_withheld_total", { route, field });
  const length = body.kind === "bytes" ? body.bytes.byteLength : body.kind === "stream" ? body.length : 0;
  if (length === undefined) return;
  tally.count("meridian_client_bytes_total", { route }, length);
  const source = inSegments ? undefined : sourceOf(outcome);
  if (source !== undefined) tally.count("meridian_body_bytes_total", { route, source }, length);
}

/** Where the bytes of an answer came from; undefined where they are our own. */
function sourceOf(outcome: Answered["outcome"] | "refused"): "stored" | "fetched" | undefined {
  switch (outcome) {
    case "hit":
    case "stale":
    case "revalidated":
      return "stored";
    case "miss":
    case "partial":
    case "collapsed":
    case "bypass":
      return "fetched";
    case "refused":
    case "error":
      return undefined;
  }
}
