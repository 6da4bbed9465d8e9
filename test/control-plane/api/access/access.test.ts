// Who may do what with which token, scope by scope, and that a record which cannot be read lets nobody in.

import { describe, expect, test } from "vitest";
import {
  authorize,
  bearerToken,
  findToken,
  mayPurge,
  parseTokens,
  type TokenRecord,
} from "../../../../control-plane/api/access/access.ts";
import type { Scope } from "../../../../control-plane/purge/event.ts";

const digest = (character: string): string => character.repeat(64);
const record = (changes: Partial<TokenRecord> = {}): TokenRecord => ({
  name: "deploy",
  sha256: digest("a"),
  scopes: ["purge"],
  ...changes,
});

describe("the secret API_TOKENS", () => {
  test("is read whole when every record is right", () => {
    const tokens = [record(), record({ name: "ops", sha256: digest("b"), hosts: ["a.example", "*.b.example"] })];
    expect(parseTokens(JSON.stringify(tokens))).toEqual({ kind: "tokens", tokens });
  });

  test.each([
    ["no JSON", "{", "not JSON"],
    ["no list", "{}", "not a list"],
    ["more tokens than a request may be compared with", JSON.stringify(new Array(257).fill(record())), "at most 256"],
    ["a record that is no object", "[null]", "API_TOKENS[0]: not an object"],
    ["a name with a space", JSON.stringify([record({ name: "a b" })]), "name"],
    ["two of a name", JSON.stringify([record(), record()]), "API_TOKENS[1]: the name deploy occurs twice"],
    ["a token in place of its digest", JSON.stringify([record({ sha256: "secret" })]), "sha256"],
    ["a digest in upper case", JSON.stringify([record({ sha256: digest("A") })]), "sha256"],
    ["no scopes", JSON.stringify([record({ scopes: [] })]), "scopes"],
    ["an unknown scope", JSON.stringify([{ ...record(), scopes: ["all"] }]), "scopes"],
    ["an empty list of hosts", JSON.stringify([record({ hosts: [] })]), "hosts"],
    ["a host with a port", JSON.stringify([record({ hosts: ["a.example:80"] })]), "hosts"],
    ["a host that is a wildcard alone", JSON.stringify([record({ hosts: ["*"] })]), "hosts"],
  ])("with %s is refused whole", (_, json, detail) => {
    const parsed = parseTokens(json);
    expect(parsed.kind).toBe("invalid");
    expect(parsed.kind === "invalid" && parsed.detail).toContain(detail);
  });
});

describe("finding a token", () => {
  const tokens = [record({ name: "a", sha256: digest("a") }), record({ name: "b", sha256: digest("b") })];

  test("needs the whole digest", () => {
    expect(findToken(tokens, digest("b"))?.name).toBe("b");
    expect(findToken(tokens, digest("c"))).toBeUndefined();
    expect(findToken(tokens, `${digest("a").slice(1)}0`)).toBeUndefined();
    expect(findToken(tokens, `0${digest("a").slice(1)}`)).toBeUndefined();
    expect(findToken(tokens, digest("a").slice(0, 63))).toBeUndefined();
    expect(findToken(tokens, `${digest("a")}a`)).toBeUndefined();
    expect(findToken(tokens, "")).toBeUndefined();
    expect(findToken([], digest("a"))).toBeUndefined();
  });

  test.each([
    ["Bearer abc.DEF-1_~+/==", "abc.DEF-1_~+/=="],
    ["bearer abc", "abc"],
    ["Bearer  abc ", "abc"],
    ["Basic abc", undefined],
    ["Bearer", undefined],
    ["Bearer ", undefined],
    ["Bearer a b", undefined],
    ["", undefined],
    [null, undefined],
  ])("the field %j carries the token %j", (field, token) => {
    expect(bearerToken(field)).toBe(token);
  });
});

describe("what a token may do", () => {
  test("one of the scopes that are enough, or admin, is enough", () => {
    expect(authorize(record({ scopes: ["read"] }), ["read", "purge"])).toEqual({ kind: "allowed" });
    expect(authorize(record({ scopes: ["admin"] }), ["regions"])).toEqual({ kind: "allowed" });
    expect(authorize(record({ scopes: ["read"] }), ["regions"])).toEqual({ kind: "denied", missing: ["regions"] });
    expect(authorize(record({ scopes: ["regions", "read"] }), ["purge"])).toEqual({
      kind: "denied",
      missing: ["purge"],
    });
  });

  test("a token's hosts are compared in the spelling that purges have", () => {
    const parsed = parseTokens(JSON.stringify([record({ hosts: ["bücher.example", "*.a.example."] })]));
    const [token] = parsed.kind === "tokens" ? parsed.tokens : [];
    if (token === undefined) throw new Error("no token");
    expect(mayPurge(token, { kind: "url", url: "https://xn--bcher-kva.example/" })).toBe(true);
    expect(mayPurge(token, { kind: "host", host: "www.a.example" })).toBe(true);
    expect(mayPurge(token, { kind: "host", host: "b.example" })).toBe(false);
  });

  const limited = record({ hosts: ["a.example", "*.b.example"] });
  test.each<[Scope, boolean]>([
    [{ kind: "url", url: "https://a.example/x" }, true],
    [{ kind: "url", url: "//a.example:8443/x" }, true],
    [{ kind: "url", url: "https://www.a.example/x" }, false],
    [{ kind: "url", url: "https://other.example/a.example" }, false],
    [{ kind: "prefix", prefix: "https://www.b.example/img" }, true],
    [{ kind: "prefix", prefix: "https://b.example/img" }, false],
    [{ kind: "prefix", prefix: "https://evilb.example/img" }, false],
    [{ kind: "host", host: "a.example" }, true],
    [{ kind: "host", host: "*.a.example" }, false],
    [{ kind: "host", host: "*.b.example" }, true],
    [{ kind: "host", host: "*.c.b.example" }, true],
    [{ kind: "host", host: "*.example" }, false],
    [{ kind: "tag", tag: "a.example" }, false],
    [{ kind: "everything" }, false],
  ])("one limited to a.example and *.b.example and %j: %s", (scope, allowed) => {
    expect(mayPurge(limited, scope)).toBe(allowed);
    expect(mayPurge(record(), scope)).toBe(true);
  });
});
