// The pure parts of the example origin: what tests elsewhere rely on when they ask it for something.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { allProducts, findProduct, PRODUCT_COUNT, validatorsOf } from "../../../origin/example/catalogue.ts";
import { fillBytes } from "../../../origin/example/large-file.ts";
import { conditional, type Reply, readRange } from "../../../origin/example/reply.ts";
import { RequestLog } from "../../../origin/example/request-log.ts";

describe("a product", () => {
  it("changes its validators and its price with its version, and no other product's", () => {
    const [before, after] = [allProducts(new Map()), allProducts(new Map([[7, 2]]))];
    for (const [index, product] of before.entries()) {
      const next = after[index];
      if (product.id !== 7) expect(next).toEqual(product);
      else {
        expect(validatorsOf(next ?? product).etag).not.toBe(validatorsOf(product).etag);
        expect(next?.priceCents).not.toBe(product.priceCents);
      }
    }
  });

  it.each(["0", "01", "-1", "1.5", "x", "", String(PRODUCT_COUNT + 1)])("%j names none", (text) => {
    expect(findProduct(text, new Map())).toBeUndefined();
  });
});

describe("the large file", () => {
  it("has the same bytes whichever part of it is asked for", () => {
    const whole = new Uint8Array(10_000);
    fillBytes(whole, 0);
    fc.assert(
      fc.property(fc.nat(9_999), fc.nat(9_999), (a, b) => {
        const [first, end] = [Math.min(a, b), Math.max(a, b)];
        const part = new Uint8Array(end - first);
        fillBytes(part, first);
        expect(part).toEqual(whole.slice(first, end));
      }),
    );
  });

  it("does not repeat itself from one piece to the next", () => {
    const [one, other] = [new Uint8Array(64), new Uint8Array(64)];
    fillBytes(one, 0);
    fillBytes(other, 64 * 1024);
    expect(one).not.toEqual(other);
  });
});

describe("a conditional request", () => {
  const page: Reply = {
    status: 200,
    fields: [
      ["Content-Type", "text/html"],
      ["ETag", '"v1"'],
      ["Last-Modified", "Mon, 05 Jan 2026 08:00:00 GMT"],
      ["Cache-Tag", "pages"],
    ],
    body: "text",
  };
  it.each([
    [{ "if-none-match": '"v1"' }, 304],
    [{ "if-none-match": '"v0", W/"v1"' }, 304],
    [{ "if-none-match": "*" }, 304],
    [{ "if-none-match": '"v2"' }, 200],
    [{ "if-modified-since": "Mon, 05 Jan 2026 08:00:00 GMT" }, 304],
    [{ "if-modified-since": "Mon, 05 Jan 2026 07:59:59 GMT" }, 200],
    // The entity tag decides when both are there (RFC 9110 section 13.2.2).
    [{ "if-none-match": '"v2"', "if-modified-since": "Mon, 05 Jan 2026 08:00:00 GMT" }, 200],
    [{ "if-modified-since": "yesterday" }, 200],
    [{}, 200],
  ])("with %j is answered %i", (fields, status) => {
    expect(conditional(page, fields).status).toBe(status);
  });

  it("keeps the validators and tags in a 304, and drops the body", () => {
    const reply = conditional(page, { "if-none-match": '"v1"' });
    expect(reply.fields.map(([name]) => name)).toEqual(["ETag", "Last-Modified", "Cache-Tag"]);
    expect(reply.body).toBe("");
  });
});

describe("a range", () => {
  it.each([
    ["bytes=0-0", { first: 0, last: 0 }],
    ["bytes=5-", { first: 5, last: 99 }],
    ["bytes=-5", { first: 95, last: 99 }],
    ["bytes=-500", { first: 0, last: 99 }],
    ["bytes=90-500", { first: 90, last: 99 }],
    ["bytes=99-99", { first: 99, last: 99 }],
    ["bytes=100-", "unsatisfiable"],
    ["bytes=-0", "unsatisfiable"],
    ["bytes=5-4", "all"],
    ["bytes=0-1,3-4", "all"],
    ["lines=0-1", "all"],
    ["bytes=-", "all"],
    [undefined, "all"],
  ])("%s of 100 bytes is %j", (range, expected) => {
    expect(readRange({ range }, 100, '"e"')).toEqual(expected);
  });

  it("is dropped when If-Range names another version", () => {
    expect(readRange({ range: "bytes=0-0", "if-range": '"old"' }, 100, '"e"')).toBe("all");
    expect(readRange({ range: "bytes=0-0", "if-range": '"e"' }, 100, '"e"')).toEqual({ first: 0, last: 0 });
  });
});

describe("the request log", () => {
  it("counts a path under every query, and one query alone", () => {
    const log = new RequestLog();
    log.count("/a?x=1", "GET");
    log.count("/a?x=2", "GET");
    log.count("/a", "HEAD");
    log.count("/ab", "GET");
    expect(log.of("/a")).toEqual({ path: "/a", total: 3, byMethod: { GET: 2, HEAD: 1 } });
    expect(log.of("/a?x=1").total).toBe(1);
    log.clear();
    expect(log.of("/a").total).toBe(0);
  });
});
