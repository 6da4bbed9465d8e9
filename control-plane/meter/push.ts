// Validates an isolate's push. One of another format or a later version is refused as a whole: counting half of it would be
// permanently wrong, since its number could not be sent again.

import { z } from "zod";
import type { MeterPush } from "../../config/metrics/tally.ts";
import { readShape } from "../../config/read-shape.ts";
import { REGION_IDS } from "../../config/world/regions.ts";

const values = z.record(z.string(), z.number());

const pushSchema = z.object({
  v: z.literal(1),
  region: z.enum(REGION_IDS),
  source: z.string().regex(/^[\w-]{8,64}$/),
  sequence: z.int().min(1),
  deltas: z.object({
    counters: values,
    distributions: z.record(z.string(), z.object({ buckets: z.array(z.number()).max(64), sum: z.number() })),
    gauges: values,
  }),
});

/** The push in `text`, or why it is none. */
export type DecodedPush =
  | { readonly kind: "push"; readonly push: MeterPush }
  | { readonly kind: "invalid"; readonly detail: string };

/** Decodes the JSON of `POST /add`. */
export function decodePush(text: string): DecodedPush {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (problem) {
    if (problem instanceof SyntaxError) return { kind: "invalid", detail: "not JSON" };
    throw problem;
  }
  const result = readShape(pushSchema, value);
  if (result.success) return { kind: "push", push: result.data };
  const issue = result.error.issues[0];
  return { kind: "invalid", detail: `${issue?.path.join(".")}: ${issue?.message}` };
}
