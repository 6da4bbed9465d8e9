// Receipts as the API signs them: with one key for a whole deployment, over a text that does not depend on how JSON is written.
// Verified here as a client would, with the public key alone.

import { createPublicKey, verify } from "node:crypto";
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { EXAMPLES } from "../../../control-plane/api/examples.ts";
import { canonicalJson } from "../../../control-plane/api/purges/canonical-json.ts";
import { receiptSigner } from "../../../control-plane/api/purges/receipt-signer.worker.ts";
import { checkSignature } from "../../../control-plane/cli/purge/receipt-signature.node.ts";
import { Deployment } from "./deployment.ts";

describe("canonical JSON", () => {
  test.each([
    [{ b: 1, a: [true, null, { d: "x", c: 1.5e300 }] }, '{"a":[true,null,{"c":1.5e+300,"d":"x"}],"b":1}'],
    // The order of RFC 8785 section 3.2.3 is that of UTF-16 code units: a surrogate comes before U+FB33.
    [{ "\u20ac": 1, "\ufb33": 2, "\ud83d\ude00": 3, "1": 4 }, '{"1":4,"\u20ac":1,"\ud83d\ude00":3,"\ufb33":2}'],
    [{ "a\n": '\u000f"\\/' }, '{"a\\n":"\\u000f\\"\\\\/"}'],
    [{ a: undefined, b: [] }, '{"b":[]}'],
  ])("writes %j", (value, text) => {
    expect(canonicalJson(value)).toBe(text);
  });

  test("is the same for all orders of members, tells all values apart, and reads back", () => {
    const shuffled = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(shuffled);
      if (typeof value !== "object" || value === null) return value;
      return Object.fromEntries(
        Object.entries(value)
          .reverse()
          .map(([name, member]) => [name, shuffled(member)]),
      );
    };
    const json = fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value)) as unknown);
    fc.assert(
      fc.property(json, (value) => {
        expect(canonicalJson(shuffled(value))).toBe(canonicalJson(value));
        expect(JSON.parse(canonicalJson(value))).toEqual(value);
      }),
    );
  });
});

describe("a deployment's key", () => {
  test("is the same wherever it is derived, and another for another cluster key", async () => {
    const one = await receiptSigner("k1").keys();
    expect(await receiptSigner("k1").keys()).toEqual(one);
    expect(await receiptSigner("k2").keys()).not.toEqual(one);
  });

  test("is shown to anybody, without its secret half", async () => {
    const world = await Deployment.start();
    const response = await world.request("/v1/keys");
    expect(response.status).toBe(200);
    const { keys } = (await response.json()) as { keys: Record<string, string>[] };
    expect(keys.map((key) => Object.keys(key).sort())).toEqual([["alg", "crv", "kid", "kty", "use", "x"]]);
  });
});

describe("every receipt that the API answers is signed", () => {
  test("when it is made, asked for, and listed", async () => {
    const world = await Deployment.start();
    const keys = await receiptSigner("k".repeat(43)).keys();
    // A name that JSON escapes, and half a surrogate pair, which UTF-8 cannot say.
    const made = await (await world.purge({ tags: ["a"], wait: "applied", reason: 'é "\ud800' })).json();
    const shown = await (await world.request("/v1/purges/weur.abcd12.1", { as: "read" })).json();
    const { purges } = (await (await world.request("/v1/purges", { as: "read" })).json()) as { purges: unknown[] };
    const receipts = [made, shown, ...purges] as Parameters<typeof checkSignature>[0][];
    expect(receipts.map((receipt) => checkSignature(receipt, keys).kind)).toEqual(["signed", "signed", "signed"]);
    // What is said only to the one who waited is signed as well.
    expect(made).toHaveProperty("detail");
    const [first] = receipts as [(typeof receipts)[0]];
    expect(checkSignature({ ...first, detail: "it is done" }, keys).kind).toBe("not-signed");
  });

  test("and the document's example is a true one", () => {
    const example = EXAMPLES as unknown as Record<"receipt" | "keySet", never>;
    expect(checkSignature(example.receipt, example.keySet)).toMatchObject({ kind: "signed" });
  });
});

test("the README's ten lines verify a receipt, and refuse another", () => {
  const readme = readFileSync(new URL("../../../control-plane/api/README.md", import.meta.url), "utf8");
  const code = /```js\n([\s\S]*?)```/.exec(readme)?.[1] ?? "";
  const body = code.replaceAll(/^import .*\n/gm, "").replaceAll(/JSON\.parse\(readFileSync\("(\w+)\.json"\)\)/g, "$1");
  const run = new Function("createPublicKey", "verify", "receipt", "keys", `${body}; return genuine;`);
  const keySet = EXAMPLES.keySet;
  expect(run(createPublicKey, verify, EXAMPLES.receipt, keySet)).toBe(true);
  expect(run(createPublicKey, verify, { ...EXAMPLES.receipt, state: "complete" }, keySet)).toBe(false);
});
