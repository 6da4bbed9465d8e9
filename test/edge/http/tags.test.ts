// Tags from the fields of other CDNs and RFC 9875: bounded, exact, none lost in silence.

import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { LIMITS } from "../../../config/limits.ts";
import { hasTooManyTags, tagsOf, withoutControlFields } from "../../../edge/http/tags.ts";
import { EDGE_LIMITS } from "../../../edge/limits.ts";
import { fieldsOf } from "./exchange.ts";

describe("tags", () => {
  test.each<[string, Record<string, string | string[]>, string[]]>([
    ["none", {}, []],
    ["Cache-Tag, by commas", { "cache-tag": "a, b,c" }, ["a", "b", "c"]],
    ["Cache-Tag on several lines", { "cache-tag": ["a", "b"] }, ["a", "b"]],
    ["Surrogate-Key, by spaces", { "surrogate-key": "a b  c" }, ["a", "b", "c"]],
    ["Surrogate-Key on several lines", { "surrogate-key": ["a b", "c"] }, ["a", "b", "c"]],
    ["Edge-Cache-Tag", { "edge-cache-tag": "a,b" }, ["a", "b"]],
    ["Cache-Groups, as strings", { "cache-groups": '"a", "b";x=1' }, ["a", "b"]],
    ["Cache-Groups, but no other members", { "cache-groups": '"a", b, 3, ("c")' }, ["a"]],
    ["Cache-Groups that do not parse, not at all", { "cache-groups": '"a", "b' }, []],
    [
      "all of them, each once",
      { "cache-tag": "a,b", "surrogate-key": "b c", "cache-groups": '"c", "d"' },
      ["a", "b", "c", "d"],
    ],
    ["case as it is", { "cache-tag": "A,a" }, ["A", "a"]],
    ["no empty tag", { "cache-tag": ",, ,", "surrogate-key": "  ", "cache-groups": '""' }, []],
    ["no tag with a space, which no purge can name", { "cache-tag": "a b, c", "cache-groups": '"d e"' }, ["c"]],
    ["no tag beyond ASCII", { "cache-tag": "ä, b" }, ["b"]],
  ])("are read: %s", (_name, fields, expected) => {
    expect(tagsOf(fieldsOf(fields))).toEqual(expected);
  });

  it("are as long as a purge may name, and no longer", () => {
    const longest = "x".repeat(LIMITS.tagCharacters);
    expect(tagsOf(fieldsOf({ "cache-tag": `${longest},${longest}x` }))).toEqual([longest]);
  });

  it("are counted after duplicates are gone, and more than the limit are told", () => {
    const tags = Array.from({ length: EDGE_LIMITS.tags }, (_, index) => `t${index}`);
    expect(hasTooManyTags(fieldsOf({ "cache-tag": [...tags, ...tags].join(",") }))).toBe(false);
    const more = fieldsOf({ "cache-tag": [...tags, "one-more"].join(",") });
    expect(hasTooManyTags(more)).toBe(true);
    expect(tagsOf(more)).toHaveLength(EDGE_LIMITS.tags);
  });

  it("never make the reader throw, and each could be purged", () => {
    const name = fc.constantFrom("cache-tag", "surrogate-key", "edge-cache-tag", "cache-groups");
    fc.assert(
      fc.property(fc.dictionary(name, fc.string()), (fields) => {
        for (const tag of tagsOf(fieldsOf(fields))) expect(tag).toMatch(/^[!-+\--~]{1,1024}$/);
      }),
    );
  });
});

it("clients see no field that is for caches like this one alone", () => {
  const fields = fieldsOf({
    "cache-tag": "a",
    "edge-cache-tag": "a",
    "surrogate-key": "a",
    "surrogate-control": "max-age=1",
    "meridian-cdn-cache-control": "max-age=1",
    "cdn-cache-control": "max-age=1",
    "cache-groups": '"a"',
    "cache-control": "max-age=1",
  });
  expect([...withoutControlFields(fields)].map(([name]) => name)).toEqual([
    "cdn-cache-control",
    "cache-groups",
    "cache-control",
  ]);
});
