// Reads a value from outside by its schema, whatever the value is. Zod asks a value that should be a list or a text for its
// `length` even where it has found that it is neither, and compares what it gets: of `{ "length": { "toString": 0 } }` the
// language can make no number, and throws. Such a value is not of any shape, so that is what is said of it.

import { z } from "zod";

export type ReadShape<Value> =
  | { readonly success: true; readonly data: Value }
  | { readonly success: false; readonly error: z.ZodError };

/** What the schema makes of a value, or what is wrong with it. Never throws for what a value holds. */
export function readShape<Schema extends z.ZodType>(schema: Schema, value: unknown): ReadShape<z.output<Schema>> {
  try {
    return schema.safeParse(value);
  } catch (problem) {
    if (!(problem instanceof TypeError)) throw problem;
    const message = "has a member that cannot be read";
    return { success: false, error: new z.ZodError([{ code: "custom", path: [], message, input: value }]) };
  }
}
