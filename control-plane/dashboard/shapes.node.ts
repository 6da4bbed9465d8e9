// Generates, at build time, the schemas that the page checks from the API's own. It keeps the keywords that `check.ts`
// implements, and throws on an unknown one, so that no rule is dropped by oversight.

import { z } from "zod";
import { dryRunSchema, receiptPageSchema, receiptSchema, regionListSchema, statsSchema } from "../api/schemas.ts";
import type { Shape, Shapes } from "./check.ts";

const CHECKED = new Set(
  "$ref type enum const anyOf format minimum properties required additionalProperties items".split(" "),
);
/** Omitted keywords: descriptions, patterns (the page parses instants itself), and upper bounds, which the page does not need. */
const LEFT_OUT = new Set("$schema id title description example examples pattern maximum propertyNames".split(" "));

type Json = Readonly<Record<string, unknown>>;

/** The schemas of all answers that the page reads. */
export function answerShapes(): Shapes {
  const answers = z.object({
    regions: regionListSchema,
    stats: statsSchema,
    purges: receiptPageSchema,
    receipt: receiptSchema,
    dryRun: dryRunSchema,
  });
  const { $defs, properties } = z.toJSONSchema(answers) as unknown as { $defs: Json; properties: Json };
  return { $defs: mapped($defs), answers: mapped(properties) as Shapes["answers"] };
}

const mapped = (shapes: Json): Record<string, Shape> =>
  Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, reduced(shape as Json)]));

function reduced(schema: Json): Shape {
  const kept: Record<string, unknown> = {};
  for (const [keyword, value] of Object.entries(schema)) {
    if (LEFT_OUT.has(keyword)) continue;
    if (!CHECKED.has(keyword)) throw new Error(`the page cannot check the keyword ${keyword} of the API's schemas`);
    if (keyword === "properties") kept[keyword] = mapped(value as Json);
    else if (keyword === "anyOf") kept[keyword] = (value as Json[]).map(reduced);
    else if (keyword === "items") kept[keyword] = reduced(value as Json);
    // The page treats closed objects as open: a newer API may add members.
    else if (keyword !== "additionalProperties") kept[keyword] = value;
    else if (typeof value === "object") kept[keyword] = reduced(value as Json);
  }
  return kept;
}
