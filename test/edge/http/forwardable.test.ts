// RFC 9110 section 7.6 and RFC 8586: what goes on to the next node, and the marks that we leave.

import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { loopOf, via, withLoop, withoutHopByHop, withoutInternal } from "../../../edge/http/forwardable.ts";
import { fieldsOf } from "./exchange.ts";

const namesAfter = (fields: Record<string, string | string[]>): string[] =>
  [...withoutHopByHop(fieldsOf(fields))].map(([name]) => name);

describe("RFC 9110 section 7.6.1: fields of one connection", () => {
  test.each([
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authentication-info",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
  ])("%s goes no further", (name) => {
    expect(namesAfter({ [name]: "x", kept: "1" })).toEqual(["kept"]);
  });

  it("nor does what Connection names, in any case and on any line", () => {
    expect(namesAfter({ connection: ["close, X-Foo", "b"], "x-foo": "1", b: "2", c: "3" })).toEqual(["c"]);
  });

  test.each(["authorization", "cache-control", "cdn-cache-control", "cookie", "host", "set-cookie", "vary"])(
    "but Connection cannot take away %s",
    (name) => {
      expect(namesAfter({ connection: name, [name]: "x" })).toEqual([name]);
    },
  );

  it("keeps everything else as it is, in its order, with all its lines", () => {
    const fields = fieldsOf({ "set-cookie": ["a=1", "b=2"], "cache-control": "x" });
    expect([...withoutHopByHop(fields)]).toEqual([...fields]);
  });

  it("changes nothing the second time", () => {
    const line = fc.tuple(
      fc.constantFrom("connection", "te", "a", "b", "vary"),
      fc.constantFrom("a", "b, vary", "close"),
    );
    fc.assert(
      fc.property(fc.array(line), (lines) => {
        const once = withoutHopByHop(fieldsOf(Object.fromEntries(lines)));
        expect([...withoutHopByHop(once)]).toEqual([...once]);
      }),
    );
  });
});

it("internal fields stay inside", () => {
  const fields = fieldsOf({ "Meridian-Internal-Context": "{}", "meridian-internal-x": "1", "meridian-region": "weur" });
  expect([...withoutInternal(fields)]).toEqual([["meridian-region", "weur"]]);
});

describe("RFC 9110 section 7.6.3 and RFC 8586: our marks", () => {
  test.each<[string | undefined, string]>([
    [undefined, "1.1 meridian"],
    ["", "1.1 meridian"],
    ["1.0 fred, 1.1 p.example", "1.0 fred, 1.1 p.example, 1.1 meridian"],
  ])("Via %j becomes %j", (existing, expected) => {
    expect(via(existing)).toBe(expected);
  });

  test.each<[string | undefined, number]>([
    [undefined, 0],
    ["", 0],
    ["other.example", 0],
    ["meridian", 1],
    ["meridian, other; a=b, Meridian;x=y", 2],
    ['other; note="meridian, meridian"', 0],
    ["meridian.example, notmeridian", 0],
  ])("CDN-Loop %j names us %d times", (value, expected) => {
    expect(loopOf(value)).toBe(expected);
  });

  it("each pass adds one", () => {
    expect(withLoop(undefined)).toBe("meridian");
    expect(loopOf(withLoop(withLoop("other; a=b")))).toBe(2);
    expect(withLoop("other; a=b")).toBe("other; a=b, meridian");
  });
});
