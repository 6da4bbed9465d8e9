// Networks are read strictly, hold exactly their addresses, and tell one client from another.

import { BlockList } from "node:net";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseIpAddress } from "../../../config/world/ip-address.ts";
import { clientNetwork, holds, parseIpNetwork } from "../../../config/world/ip-network.ts";

const read = (text: string) => {
  const parsed = parseIpNetwork(text);
  if (parsed.kind === "invalid") throw new Error(parsed.detail);
  return parsed.network;
};

test.each([
  ["203.0.113.0/24", "203.0.113.0", "203.0.113.255", "203.0.114.0"],
  ["203.0.113.7", "203.0.113.7", "203.0.113.7", "203.0.113.6"],
  ["10.0.0.0/8", "10.0.0.0", "10.255.255.255", "11.0.0.0"],
  ["0.0.0.0/0", "0.0.0.0", "255.255.255.255", "::1"],
  ["128.0.0.0/1", "128.0.0.0", "255.255.255.255", "127.255.255.255"],
  ["192.0.2.128/25", "192.0.2.128", "192.0.2.255", "192.0.2.127"],
  ["2001:db8::/32", "2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db9::"],
  ["2001:db8::1", "2001:db8::1", "2001:db8::1", "2001:db8::2"],
  ["2001:DB8:0:0:8000::/65", "2001:db8:0:0:8000::", "2001:db8::ffff:0:0:1", "2001:db8::7fff:0:0:1"],
  ["::/0", "::", "2001:db8::1", "1.2.3.4"],
])("%s holds %s and %s, and not %s", (network, first, last, outside) => {
  expect([first, last, outside].map((address) => holds(read(network), parseIpAddress(address)?.text ?? ""))).toEqual([
    true,
    true,
    false,
  ]);
});

describe("what is no network", () => {
  test.each([
    ["203.0.113.7/24", 'the first address of its network: "203.0.113.0/24"'],
    ["2001:db8::1/32", 'the first address of its network: "2001:db8::/32"'],
    ["10.0.0.0/33", "prefix length of 0 to 32"],
    ["2001:db8::/129", "prefix length of 0 to 128"],
    ["10.0.0.0/08", "prefix length"],
    ["10.0.0.0/", "prefix length"],
    ["10.0.0.0/-1", "prefix length"],
    ["10.0.0/8", "an IPv4 or IPv6 address"],
    ["::ffff:10.0.0.0/104", "an IPv4 or IPv6 address"],
    ["localhost", "an IPv4 or IPv6 address"],
    ["", "an IPv4 or IPv6 address"],
  ])("%s is told what it must be", (text, said) => {
    const parsed = parseIpNetwork(text);
    expect(parsed.kind === "invalid" && parsed.detail).toContain(said);
  });
});

test("networks hold the same addresses as in Node", () => {
  const address = fc.oneof(fc.ipV4(), fc.ipV6()).map((text) => parseIpAddress(text)?.text ?? "");
  fc.assert(
    fc.property(address, address, fc.integer({ min: 0, max: 128 }), (base, other, length) => {
      const family = base.includes(":") ? "ipv6" : "ipv4";
      const bits = family === "ipv4" ? length % 33 : length;
      const parsed = parseIpNetwork(`${base}/${bits}`);
      // The hint names the network that was meant, so every base is one way or the other a network.
      const text = parsed.kind === "network" ? `${base}/${bits}` : (/"(.*)"/.exec(parsed.detail)?.[1] ?? "");
      const list = new BlockList();
      list.addSubnet(text.split("/")[0] ?? "", bits, family);
      for (const asked of [base, other]) {
        const expected = asked.includes(":") === (family === "ipv6") && list.check(asked, family);
        expect(holds(read(text), asked)).toBe(expected);
      }
    }),
  );
});

test.each([
  ["203.0.113.9", "203.0.113.9"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
  ["2001:db8::1", "2001:db8::/64"],
  ["::1", "::/64"],
])("the client %s is told apart as %s", (address, network) => {
  expect(clientNetwork(address)).toBe(network);
});
