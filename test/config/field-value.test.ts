// Control characters in field values: each of them, and their neighbours.

import { expect, test } from "vitest";
import { hasControl, withoutControls } from "../../config/field-value.ts";

test.each([0x00, 0x01, 0x08, 0x0a, 0x0b, 0x0d, 0x1f, 0x7f])(
  "the character %i is a control, and becomes a space",
  (code) => {
    const value = `a${String.fromCharCode(code)}b`;
    expect(hasControl(value)).toBe(true);
    expect(withoutControls(value)).toBe("a b");
  },
);

test.each([0x09, 0x20, 0x7e, 0x80, 0x9f, 0xe9, 0xff, 0x20ac])("the character %i passes as it is", (code) => {
  const value = `a${String.fromCharCode(code)}b`;
  expect(hasControl(value)).toBe(false);
  expect(withoutControls(value)).toBe(value);
});
