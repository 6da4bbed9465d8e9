// Signatures come off a URL without a trace, what is not whole and right is refused with its code, and each fact counts.

import { describe, expect, test } from "vitest";
import { epochMillis } from "../../../config/units.ts";
import { checkSignature, mayBeSigned, takeSignature } from "../../../edge/action/signed-url.ts";
import { Fields } from "../../../edge/http/fields.ts";

const MAC = "A".repeat(43);
const SIGNED = `meridian-expires=2000&meridian-key=k1&meridian-signature=${MAC}`;
const NOW = epochMillis(1_999_999);

describe("taking off", () => {
  const take = (query: string, cookie?: string) => {
    const taken = takeSignature(
      `https://h.example/a${query}`,
      Fields.from(cookie === undefined ? [] : [["cookie", cookie]]),
    );
    return [taken.url.slice("https://h.example/a".length), taken.fields.get("cookie"), taken.parameters.join("&")];
  };
  test.each([
    [`?${SIGNED}`, undefined, ["", undefined, SIGNED]],
    [`?x=1&${SIGNED}&y=2`, undefined, ["?x=1&y=2", undefined, SIGNED]],
    ["?x=1", undefined, ["?x=1", undefined, ""]],
    ["?meridian-keys=1", undefined, ["?meridian-keys=1", undefined, ""]],
    ["?meridian-key", undefined, ["", undefined, "meridian-key"]],
    ["?a", `lang=de; meridian-signature=${SIGNED}; b=1`, ["?a", "lang=de; b=1", SIGNED]],
    ["", `meridian-signature=${SIGNED}`, ["", undefined, SIGNED]],
    ["?meridian-key=k2", `meridian-signature=${SIGNED}`, ["", undefined, "meridian-key=k2"]],
    ["", "lang=de", ["", "lang=de", ""]],
  ])("%s with cookie %s", (query, cookie, expected) => {
    expect(take(query, cookie)).toEqual(expected);
  });
});

const check = (parameters: string, url = "https://h.example/films/7/a.ts?q=1", facts: object = {}) =>
  checkSignature(parameters === "" ? [] : parameters.split("&"), {
    url,
    hosts: new Set(["h.example"]),
    address: "192.0.2.1",
    now: NOW,
    ...facts,
  });
const codeOf = (checked: ReturnType<typeof check>) => (checked.kind === "refused" ? checked.code : "verify");

describe("refused", () => {
  const prefixed = (prefix: string) => `${SIGNED}&meridian-prefix=${prefix}`;
  test.each([
    ["nothing", "", "signature-missing"],
    ["no key", SIGNED.replace("meridian-key=k1&", ""), "signature-malformed"],
    ["a key twice", `${SIGNED}&meridian-key=k2`, "signature-malformed"],
    ["an expiry that is no number", SIGNED.replace("2000", "2e9"), "signature-malformed"],
    ["a negative expiry", SIGNED.replace("2000", "-1"), "signature-malformed"],
    ["a signature that is too short", SIGNED.slice(0, -1), "signature-malformed"],
    ["a signature in other letters", `${SIGNED.slice(0, -1)}+`, "signature-malformed"],
    ["a foreign parameter in the cookie", `${SIGNED}&x=1`, "signature-malformed"],
    ["a bind that is not 1", `${SIGNED}&meridian-address=0`, "signature-malformed"],
    ["a prefix that is no folder", prefixed("/films"), "signature-malformed"],
    ["a prefix without a slash before", prefixed("films/"), "signature-malformed"],
    ["a prefix that is elsewhere", prefixed("/films/8/"), "signature-elsewhere"],
  ])("%s", (_, parameters, code) => {
    expect(codeOf(check(parameters))).toBe(code);
  });

  test.each([
    [1_999_999, "verify"],
    [2_000_000, "signature-expired"],
    [2_000_001, "signature-expired"],
  ])("a signature until 2,000,000 at %i: %s", (now, code) => {
    expect(codeOf(check(SIGNED, undefined, { now: epochMillis(now) }))).toBe(code);
  });

  test("a bound signature where nobody knows the client's address", () => {
    expect(codeOf(check(`${SIGNED}&meridian-address=1`, undefined, { address: undefined }))).toBe(
      "signature-address-unknown",
    );
  });

  test.each([
    "/films/7/..%2F8/a.ts",
    "/films/7/%2e%2e%5c8",
    "/films/7/%5C",
    "/films/7/..;/8/a.ts",
    "/films/7/..;v=1/8/a.ts",
    "/films/7/%252e%252e%252f8/a.ts",
    "/films/7/%25252e%25252e%25252f8/a.ts",
    "/films/7/..%c0%af8/a.ts",
    "/films/7/..%u002f8/a.ts",
  ])("a way out of the folder: %s", (path) => {
    expect(codeOf(check(prefixed("/films/7/"), `https://h.example${path}`))).toBe("signature-elsewhere");
  });
});

test.each([
  "/films/7/a;v=1/b.ts",
  "/films/7/100%25.ts",
  "/films/7/a%20b.ts",
  "/films/7//a.ts",
  "/films/7/%C3%A9",
  "/films/7/..a",
])("a signature for a folder is one for %s", (path) => {
  expect(codeOf(check(`${SIGNED}&meridian-prefix=/films/7/`, `https://h.example${path}`))).toBe("verify");
});

test("of the spellings of one signature only the canonical one is read", () => {
  const read = (last: string) => codeOf(check(`${SIGNED.slice(0, -1)}${last}`));
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const taken = [...letters].filter((last) => read(last) === "verify");
  expect(taken).toHaveLength(16);
  for (const last of taken) {
    const text = `${"A".repeat(42)}${last}`;
    expect(Buffer.from(text, "base64url").toString("base64url")).toBe(text);
  }
});

test.each([
  ["GET", undefined, true],
  ["HEAD", undefined, true],
  ["POST", undefined, false],
  ["DELETE", undefined, false],
  ["OPTIONS", undefined, false],
  ["get", undefined, false],
  ["PUT", ["GET", "PUT"], true],
  ["DELETE", ["GET", "PUT"], false],
])("%s on a signed route for the methods %j: %s", (method, methods, allowed) => {
  expect(mayBeSigned(method, methods)).toBe(allowed);
});

describe("the text that must have been signed", () => {
  const textsOf = (checked: ReturnType<typeof check>) => (checked.kind === "verify" ? checked.texts : []);
  const HEAD = "meridian-signed-url-v1\nh.example";
  test("names the host, the path with its query, and the time", () => {
    expect(textsOf(check(SIGNED))).toEqual([`${HEAD}\nurl /films/7/a.ts?q=1\n2000\n-`]);
  });

  test("names brackets of a query by their escapes, or as they were written", () => {
    const texts = (query: string) =>
      textsOf(check(SIGNED, `https://h.example/a?${query}`)).map((text) => text.split("\n")[2]);
    expect(texts("f[]=1")).toEqual(["url /a?f%5B%5D=1", "url /a?f[]=1"]);
    expect(texts("f%5B%5D=1")).toEqual(["url /a?f%5B%5D=1"]);
  });

  test("names the folder in place of the path", () => {
    expect(textsOf(check(`${SIGNED}&meridian-prefix=/films/`))).toEqual([`${HEAD}\nprefix /films/\n2000\n-`]);
    expect(textsOf(check(`${SIGNED}&meridian-prefix=/`))).toEqual([`${HEAD}\nprefix /\n2000\n-`]);
  });

  test.each([
    ["192.0.2.1", "192.0.2.1"],
    ["2001:db8:1:2:3::4", "2001:db8:1:2::/64"],
  ])("of the client %s names %s", (address, network) => {
    expect(textsOf(check(`${SIGNED}&meridian-address=1`, undefined, { address }))).toEqual([
      `${HEAD}\nurl /films/7/a.ts?q=1\n2000\n${network}`,
    ]);
  });

  test("may name any host that the site goes by", () => {
    const hosts = new Set(["h.example", "www.h.example:8443"]);
    expect(textsOf(check(SIGNED, undefined, { hosts })).map((text) => text.split("\n")[1])).toEqual([...hosts]);
  });
});
