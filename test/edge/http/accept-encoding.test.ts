// RFC 9110 section 12.5.3: which clients are served the same coding, and that no preference is turned round on the way.

import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { ACCEPTED_FORMS, acceptedForm, CODINGS, chosenCoding } from "../../../edge/http/accept-encoding.ts";
import { normaliseSelecting } from "../../../edge/http/vary.ts";

describe("Accept-Encoding comes down to six forms", () => {
  test.each<[string, string, string | undefined]>([
    ["gzip, deflate, br, zstd", "br, gzip", "br"],
    ["gzip, deflate, br", "br, gzip", "br"],
    ["gzip, deflate", "gzip", "gzip"],
    ["br;q=1.0, gzip;q=0.8, *;q=0.1", "br, gzip", "br"],
    ["GZIP", "gzip", "gzip"],
    ["x-gzip", "gzip", "gzip"],
    ["br", "br", "br"],
    ["br;q=0, gzip", "gzip", "gzip"],
    ["br; q=0.000 , gzip", "gzip", "gzip"],
    ["br;q=0.001", "br", "br"],
    ["gzip;Q=0", "", undefined],
    ["*", "br, gzip", "br"],
    ["*;q=0", "", undefined],
    ["*, br;q=0", "gzip, zstd", "zstd"],
    ["gzip, *;q=0", "gzip", "gzip"],
    ["identity", "", undefined],
    ["deflate, zstd", "zstd", "zstd"],
    ["zstd, gzip", "gzip, zstd", "zstd"],
    ["brotli, gzipped", "", undefined],
    ["", "", undefined],
    // The client's own preference, where it is not ours.
    ["gzip, br;q=0.9", "gzip", "gzip"],
    ["zstd, br;q=0.5, gzip;q=0.5", "gzip, zstd", "zstd"],
    ["gzip;q=0.8, zstd;q=0.5", "gzip", "gzip"],
    ["identity, gzip;q=0.5", "", undefined],
    ["gzip;q=0.5, identity;q=0.5", "gzip", "gzip"],
    ["br;q=high, gzip", "br, gzip", "br"],
    // Who takes nothing at all gets what there is; who takes one coding and nothing else gets that where it can be had.
    ["identity;q=0", "", undefined],
    ["*;q=0, identity;q=0", "", undefined],
    ["gzip, identity;q=0", "gzip", "gzip"],
  ])("%j is %j, and text comes as %s", (value, form, coding) => {
    expect([acceptedForm(value), chosenCoding(acceptedForm(value))]).toEqual([form, coding]);
    expect(normaliseSelecting("accept-encoding", value)).toBe(form);
  });

  const weight = fc.constantFrom("", ";q=1", ";q=0.5", "; q=0.25", ";q=0", ";Q=0.000");
  const member = fc.tuple(fc.constantFrom("br", "gzip", "zstd", "identity", "deflate", "*", "BR"), weight);
  const value = fc.array(member, { maxLength: 6 }).map((members) => members.map((parts) => parts.join("")).join(", "));

  it("is always one of them, and its own form", () => {
    fc.assert(
      fc.property(fc.oneof(value, fc.string()), (text) => {
        const form = acceptedForm(text);
        expect(ACCEPTED_FORMS).toContain(form);
        expect(acceptedForm(form)).toBe(form);
      }),
    );
  });

  it("never offers what the client refuses, nor a coding that it wants less than another of ours", () => {
    const listed = fc.uniqueArray(fc.tuple(fc.constantFrom(...CODINGS), fc.integer({ min: 0, max: 10 })), {
      selector: ([coding]) => coding,
    });
    fc.assert(
      fc.property(listed, (weights) => {
        const coding = chosenCoding(acceptedForm(weights.map(([name, q]) => `${name};q=${q / 10}`).join(", ")));
        const most = Math.max(0, ...weights.map(([, q]) => q));
        expect(new Map<string, number>(weights).get(coding ?? "") ?? 0).toBe(most);
      }),
    );
  });
});
