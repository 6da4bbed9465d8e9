// Parses a foreign value by a schema without throwing. Zod reads the `length` of a value that should be a list or a text even if
// it is neither, and compares it: `{ "length": { "toString": 0 } }` cannot be converted to a number, and the comparison throws.
// Such a value is reported as invalid.

import { z } from "zod";

export type ReadShape<Value> =
  | { readonly success: true; readonly data: Value }
  | { readonly success: false; readonly error: z.ZodError };

/** The parsed value, or its faults. Never throws, for any value. */
export function readShape<Schema extends z.ZodType>(schema: Schema, value: unknown): ReadShape<z.output<Schema>> {
  try {
    return schema.safeParse(value);
  } catch (problem) {
    if (!(problem instanceof TypeError)) throw problem;
    const message = "has a member that cannot be read";
    return { success: false, error: new z.ZodError([{ code: "custom", path: [], message, input: value }]) };
  }
}
