// Fields set and added towards the origin, and removed before anybody looks.

import { expect, test } from "vitest";
import { type ClientFacts, toOrigin, withoutRemoved } from "../../../edge/action/fields.ts";
import { Fields } from "../../../edge/http/fields.ts";

const FACTS: ClientFacts = { scheme: "https", host: "h.example", country: "DE", device: "bot", address: "192.0.2.1" };
const send = (rules: Parameters<typeof toOrigin>[1], facts: ClientFacts = FACTS) => {
  const fields = Fields.from([
    ["x-a", "old"],
    ["accept", "*/*"],
  ]);
  toOrigin(fields, rules, facts);
  return [...fields].map((line) => line.join(": "));
};

test.each([
  ["set replaces", { set: { "X-A": "new" } }, ["accept: */*", "x-a: new"]],
  ["add stands beside", { add: { "X-A": "new" } }, ["x-a: old", "accept: */*", "x-a: new"]],
  ["set comes before add", { add: { "X-A": "2" }, set: { "X-A": "1" } }, ["accept: */*", "x-a: 1", "x-a: 2"]],
  ["an empty value is a value", { set: { "X-A": "" } }, ["accept: */*", "x-a: "]],
  ["the country", { set: { "X-C": { client: "country" } } }, ["x-a: old", "accept: */*", "x-c: DE"]],
  ["the device", { set: { "X-C": { client: "device" } } }, ["x-a: old", "accept: */*", "x-c: bot"]],
  ["the address", { set: { "X-C": { client: "address" } } }, ["x-a: old", "accept: */*", "x-c: 192.0.2.1"]],
  ["scheme", { add: { "X-C": { client: "scheme" } } }, ["x-a: old", "accept: */*", "x-c: https"]],
  ["host", { add: { "X-C": { client: "host" } } }, ["x-a: old", "accept: */*", "x-c: h.example"]],
] as [string, Parameters<typeof toOrigin>[1], string[]][])("%s", (_, rules, expected) => {
  expect(send(rules)).toEqual(expected);
});

test("a fact that is not known sets nothing, and leaves nothing of that name that a client sent", () => {
  const nobody: ClientFacts = { scheme: "https", host: "h.example" };
  expect(send({ set: { "X-A": { client: "country" } } }, nobody)).toEqual(["accept: */*"]);
  expect(send({ add: { "X-A": { client: "country" } } }, nobody)).toEqual(["x-a: old", "accept: */*"]);
});

test("removed fields are gone in all their lines, and the others stay as they are", () => {
  const fields = Fields.from([
    ["cookie", "a=1"],
    ["accept", "x"],
    ["cookie", "b=2"],
    ["accept", "y"],
  ]);
  expect([...withoutRemoved(fields, ["cookie"])]).toEqual([
    ["accept", "x"],
    ["accept", "y"],
  ]);
});
