// Fields on their way to the platform.

import { expect, test } from "vitest";
import { Fields } from "../../edge/http/fields.ts";
import { headersOf } from "../../edge/message.worker.ts";

test.each(["constructor", "__proto__", "toString", "x-plain"])("a field named %s arrives as it was sent", (name) => {
  const headers = headersOf(
    Fields.from([
      [name, "one"],
      ["x", "y"],
      [name, "two"],
    ]),
  );
  expect(Object.keys(headers).sort()).toEqual([name.toLowerCase(), "x"].sort());
  expect(new Map(Object.entries(headers)).get(name.toLowerCase())).toBe("one, two");
});
