// The purge form as a value: what it sends, and where the API's complaints land.

import { describe, expect, it } from "vitest";
import {
  bodyOf,
  EMPTY_FORM,
  fieldErrors,
  linesOf,
  outcomeOf,
  type PurgeForm,
  summaryOf,
} from "../../../control-plane/dashboard/purge-form.ts";

const iso = (at: number): string => new Date(at).toISOString();

describe("the outcome", () => {
  const at = { acceptedAt: iso(1000), appliedAt: iso(1148) };
  it.each([
    ["accepted", {}, "accepted"],
    ["applied", at, "applied in 148 ms"],
    ["complete", at, "complete, applied in 148 ms"],
    ["complete", {}, "complete"],
    ["partial", at, "partial"],
    ["partial", { ...at, completeBy: iso(3_723_000) }, "partial, complete by 01:02:03 UTC"],
    ["accepted", { completeBy: iso(3_723_000) }, "accepted, complete by 01:02:03 UTC"],
    ["complete", { ...at, completeBy: iso(3_723_000) }, "complete, applied in 148 ms"],
  ] as const)(
    "of a purge that is %s never passes the time to applied off as that to complete",
    (state, times, text) => {
      expect(outcomeOf({ state, acceptedAt: iso(1000), ...times })).toBe(text);
    },
  );
});

const form = (change: Partial<PurgeForm>): PurgeForm => ({ ...EMPTY_FORM, ...change });
const text = { ...EMPTY_FORM.text };

describe("the body", () => {
  it("is none while nothing is filled in", () => {
    expect(bodyOf(EMPTY_FORM)).toBeUndefined();
    expect(bodyOf(form({ text: { ...text, urls: " \n\t\n" }, reason: "why" }))).toBeUndefined();
  });

  it("holds every list that has something, trimmed, whichever is shown", () => {
    const filled = form({ kind: "hosts", text: { ...text, urls: " https://a/1 \r\n\nhttps://a/2", tags: "x" } });
    expect(bodyOf(filled)).toEqual({ urls: ["https://a/1", "https://a/2"], tags: ["x"] });
  });

  it("is everything alone when that is chosen", () => {
    expect(bodyOf(form({ kind: "everything", text: { ...text, tags: "x" } }))).toEqual({ everything: true });
  });

  it("says soft, reason and key only if there are any", () => {
    const filled = { kind: "tags", text: { ...text, tags: "x" } } as const;
    expect(bodyOf(form({ ...filled, soft: true, reason: " new ", idempotencyKey: "k" }))).toEqual({
      tags: ["x"],
      soft: true,
      reason: "new",
      idempotencyKey: "k",
    });
    expect(bodyOf(form({ ...filled, reason: "  " }))).toEqual({ tags: ["x"] });
  });
});

describe("the summary", () => {
  it.each([
    [{}, ""],
    [{ text: { ...text, urls: "a" } }, "1 URL"],
    [{ text: { ...text, urls: "a\nb", tags: "x" } }, "2 URLs and 1 tag"],
    [{ text: { urls: "a", prefixes: "b\nc", tags: "", hosts: "h" } }, "1 URL, 2 prefixes and 1 host"],
    [{ kind: "everything" }, "everything"],
  ] as const)("of %o is %s", (change, summary) => expect(summaryOf(form(change))).toBe(summary));
});

describe("complaints", () => {
  const errorsAt = (...pointers: string[]) => ({
    status: 422,
    title: "",
    errors: pointers.map((pointer) => ({ pointer, detail: "wrong" })),
  });

  it("stand at the line on which the value was typed, empty lines counted", () => {
    const filled = form({ text: { ...text, urls: "\nhttps://a/1\n\n\nnope" } });
    expect(linesOf(filled.text.urls).map(({ line }) => line)).toEqual([2, 5]);
    expect(fieldErrors(filled, errorsAt("/urls/1"))).toEqual([
      { field: "urls", line: 5, pointer: "/urls/1", detail: "wrong" },
    ]);
  });

  it("go to their field, or else to the form, and none is lost", () => {
    const found = fieldErrors(EMPTY_FORM, errorsAt("/tags", "/reason", "/everything", "/settleSeconds", "", "/urls/9"));
    expect(found.map(({ field, line }) => [field, line])).toEqual([
      ["tags", undefined],
      ["reason", undefined],
      ["everything", undefined],
      ["form", undefined],
      ["form", undefined],
      ["urls", undefined],
    ]);
  });
});
