// What of foreign text a terminal gets to act on: nothing.

import pc from "picocolors";
import { describe, expect, test } from "vitest";
import { isPlain, printable } from "../../config/printable.ts";

const ESC = "\u001b";

describe("text for a terminal", () => {
  test.each([
    ["a window's title", `${ESC}]0;owned\u0007`, "\\u001b]0;owned\\u0007"],
    ["an emptied screen", `${ESC}[2J${ESC}[H`, "\\u001b[2J\\u001b[H"],
    ["hidden text", `${ESC}[8msecret`, "\\u001b[8msecret"],
    ["a cursor that goes back", "good\rbad", "good\\u000dbad"],
    ["a backspace", "a\b", "a\\u0008"],
    ["an escape of one byte", "\u009b2J", "\\u009b2J"],
    ["a deletion", "\u007f", "\\u007f"],
    ["a zero", "\0", "\\u0000"],
    ["a line that reads from the right", "\u202egnp.exe", "\\u202egnp.exe"],
    ["an isolated direction", "\u2066x\u2069", "\\u2066x\\u2069"],
    ["a line separator", "a\u2028b", "a\\u2028b"],
    ["a link", `${ESC}]8;;http://x${ESC}\\`, "\\u001b]8;;http://x\\u001b\\"],
  ])("shows %s as what it is", (_, text, shown) => {
    expect(printable(text)).toBe(shown);
    expect(isPlain(text)).toBe(false);
  });

  test("keeps lines, tabs, other scripts and pictures", () => {
    const text = "one\n\ttwo äöü 日本語 שלום 👩‍👩‍👧";
    expect(printable(text)).toBe(text);
    expect(isPlain("one two äöü 日本語 שלום 👩‍👩‍👧")).toBe(true);
    expect([isPlain("one\ntwo"), isPlain("one\ttwo")]).toEqual([false, false]);
  });

  test("keeps the colours that this command line writes", () => {
    const { red, green, yellow, bold, dim, underline, cyan, gray } = pc.createColors(true);
    for (const colour of [red, green, yellow, bold, dim, underline, cyan, gray]) {
      expect(printable(colour("text"))).toBe(colour("text"));
    }
  });

  test("that is JSON stays the same JSON", () => {
    const value = { reason: `${ESC}[2J\u009b\u007f\u202e"\\`, more: "\u2028" };
    const shown = printable(JSON.stringify(value));
    expect(JSON.parse(shown)).toEqual(value);
    expect(isPlain(shown)).toBe(true);
  });
});
