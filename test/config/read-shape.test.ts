// No value makes a schema throw.

import { expect, test } from "vitest";
import { z } from "zod";
import { readShape } from "../../config/read-shape.ts";
import { validate } from "../../config/schema/validate.ts";
import { readPurgeBody } from "../../control-plane/api/purges/purge-body.ts";
import { readPrefetchBody } from "../../control-plane/prefetch/body.ts";
import { CONFIGURATIONS } from "../fuzz/configurations.ts";

const UNREADABLE = { length: { toString: 0 }, size: { toString: 0 } };

test.each([z.array(z.string()).max(3), z.string().min(2), z.object({ a: z.array(z.int()).min(1) })])(
  "a value whose length is no number is not of the shape %#",
  (schema) => {
    for (const value of [UNREADABLE, { a: UNREADABLE }]) expect(readShape(schema, value).success).toBe(false);
  },
);

test("a value of the shape is read, and a fault elsewhere is said where it is", () => {
  const schema = z.strictObject({ a: z.array(z.string()).max(1) });
  expect(readShape(schema, { a: ["b"] })).toEqual({ success: true, data: { a: ["b"] } });
  expect(readShape(schema, { a: [1] })).toMatchObject({ success: false, error: { issues: [{ path: ["a", 0] }] } });
});

test("bodies and configurations with such values are refused like any others", () => {
  const [config] = CONFIGURATIONS;
  if (config === undefined) throw new Error("there is no configuration");
  expect(readPrefetchBody(JSON.stringify({ urls: UNREADABLE }), config).kind).toBe("problem");
  for (const member of ["urls", "tags", "reason", "idempotencyKey", "minVersion"]) {
    expect(readPurgeBody(JSON.stringify({ tags: ["a"], [member]: UNREADABLE }), {}).kind).toBe("problem");
  }
  expect(validate({ ...config, routes: UNREADABLE }).kind).toBe("invalid");
  expect(validate({ ...config, aliases: { a: UNREADABLE }, controlHost: UNREADABLE }).kind).toBe("invalid");
});
