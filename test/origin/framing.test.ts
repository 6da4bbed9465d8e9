// What an origin says of its answer's length: every way of saying it twice, wrongly or of nothing.

import { describe, expect, test } from "vitest";
import { framingOf } from "../../origin/framing.ts";

type Lines = [string, string][];
const other: [string, string] = ["etag", '"a"'];
const lengthSaid = (fields: readonly (readonly [string, string])[]) =>
  fields.filter(([name]) => name.toLowerCase() === "content-length").map(([, value]) => value);

describe("a length is said once and truly", () => {
  test.each<[string, number, Lines, string[]]>([
    ["as it is", 200, [["content-length", "5"]], ["5"]],
    ["of nothing", 200, [["content-length", "0"]], ["0"]],
    ["once where it was said twice", 200, [["content-length", "5, 5"]], ["5"]],
    [
      "once where it was said in two lines",
      200,
      [
        ["Content-Length", "5"],
        ["content-length", "5"],
      ],
      ["5"],
    ],
    ["without zeros before it", 200, [["content-length", "005"]], ["5"]],
    ["of what is not sent, after a 304", 304, [["content-length", "5"]], ["5"]],
    ["not where none is", 200, [], []],
    ["not of a 204", 204, [["content-length", "5"]], []],
    ["not of a 205", 205, [["content-length", "5"]], []],
    ...["chunked", "Chunked", "chunked, chunked", "identity", "nonsense"].flatMap((coding) =>
      ["3", "15", "0", "-5", "abc", "5, 6"].map((length): [string, number, Lines, string[]] => [
        `not beside Transfer-Encoding: ${coding} (${length})`,
        200,
        [
          ["content-length", length],
          ["transfer-encoding", coding],
        ],
        [],
      ]),
    ),
  ])("%s", (_name, status, lines, said) => {
    const framing = framingOf(status, [...lines, other]);
    if (framing.kind === "error") throw new Error(framing.error);
    expect(lengthSaid(framing.fields)).toEqual(said);
    expect(framing.length).toBe(said[0] === undefined ? undefined : Number(said[0]));
    expect(framing.fields).toContainEqual(other);
  });
});

describe("an answer cannot be used", () => {
  test.each(["-5", "+5", "5.0", "0x5", "", "five", "5, 6", "5;6", "9007199254740993", "9".repeat(30)])(
    "whose length is '%s'",
    (length) => {
      expect(framingOf(200, [["content-length", length]])).toEqual({ kind: "error", error: "http_protocol_error" });
    },
  );

  test.each(["gzip, chunked", "GZIP", "deflate", "x-gzip, chunked"])("in the transfer coding %s", (coding) => {
    expect(framingOf(200, [["transfer-encoding", coding]])).toEqual({
      kind: "error",
      error: "http_response_transfer_coding",
    });
  });
});

test("control characters in an origin's fields become spaces, and nothing else changes", () => {
  const framing = framingOf(200, [
    ["x-odd", "a\u0001b\u007fc"],
    ["x-plain", "a\tb\u00e9"],
  ]);
  expect(framing.kind === "framed" && framing.fields).toEqual([
    ["x-odd", "a b c"],
    ["x-plain", "a\tb\u00e9"],
  ]);
});
