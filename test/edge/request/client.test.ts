// Who may say what about a client, in production and locally.

import { expect, test } from "vitest";
import { clientOf } from "../../../edge/request/client.ts";

const cf = {
  connectingIp: "2001:DB8::1",
  country: "FR",
  continent: "EU",
  latitude: "48.85",
  longitude: "2.35",
  scheme: "https",
} as const;

test("in production the platform is believed and the client's own word is not", () => {
  expect(clientOf({ cf, assertion: "192.0.2.1", meridianFrom: "JP", local: false })).toEqual({
    address: "2001:db8::1",
    scheme: "https",
    cf: { country: "FR", continent: "EU", latitude: "48.85", longitude: "2.35" },
  });
});

test("locally the front door and the client's claim are believed, and the runtime's invention is not", () => {
  expect(clientOf({ cf, assertion: "192.0.2.1", meridianFrom: "JP", local: true })).toEqual({
    address: "192.0.2.1",
    scheme: "http",
    from: "JP",
  });
});

test.each([
  ["nothing at all, in production", { local: false }, { scheme: "https" }],
  ["nothing at all, locally", { local: true }, { scheme: "http" }],
  ["an address that is none", { cf: { connectingIp: "evil, 1.2.3.4" }, local: false }, { scheme: "https", cf: {} }],
  ["an assertion that is none", { assertion: "localhost", local: true }, { scheme: "http" }],
  ["a plain connection", { cf: { scheme: "http" }, local: false }, { scheme: "http", cf: {} }],
  [
    "an IPv4 address written as IPv6",
    { assertion: "::ffff:192.0.2.1", local: true },
    { scheme: "http", address: "192.0.2.1" },
  ],
] as const)("%s", (_, input, expected) => {
  expect(clientOf(input)).toEqual(expected);
});
