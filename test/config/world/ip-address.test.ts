// Addresses are read strictly, spelt in one way, and looked up only where they are somewhere.

import { isIP, isIPv4, SocketAddress } from "node:net";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseIpAddress } from "../../../config/world/ip-address.ts";

describe("reading", () => {
  test.each([
    ["1.2.3.4", 4, "1.2.3.4"],
    ["255.255.255.255", 4, "255.255.255.255"],
    ["2001:DB8:0:0:0:0:0:1", 6, "2001:db8::1"],
    ["2001:0db8::0001", 6, "2001:db8::1"],
    ["::", 6, "::"],
    ["::1", 6, "::1"],
    ["1::", 6, "1::"],
    ["1:0:0:2:0:0:0:3", 6, "1:0:0:2::3"],
    ["1:0:0:2:0:0:3:4", 6, "1::2:0:0:3:4"],
    ["1:0:2:3:4:5:6:7", 6, "1:0:2:3:4:5:6:7"],
    ["1:2:3:4:5:6:1.2.3.4", 6, "1:2:3:4:5:6:102:304"],
    ["::ffff:8.8.8.8", 4, "8.8.8.8"],
    ["::FFFF:0808:0808", 4, "8.8.8.8"],
  ] as const)("%s is IPv%i %s", (text, family, spelt) => {
    expect(parseIpAddress(text)).toMatchObject({ family, text: spelt });
  });

  test.each([
    "",
    "1.2.3",
    "1.2.3.4.5",
    "1.2.3.256",
    "01.2.3.4",
    "1.2.3.4:80",
    " 1.2.3.4",
    "0x7f.1",
    "2130706433",
    "[::1]",
    "fe80::1%eth0",
    ":::",
    ":",
    ":1",
    "1:",
    "1::2::3",
    "1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:8:9",
    "1:2:3:4:5:6:7::8:9",
    "12345::",
    "g::",
    "1.2.3.4::",
    "::1.2.3",
    "::1.2.3.4:5",
    "unknown",
  ])("%j is no address", (text) => {
    expect(parseIpAddress(text)).toBeUndefined();
  });

  test("agrees with Node about what is an address, and about its spelling", () => {
    const text = fc.oneof(fc.ipV4(), fc.ipV6(), fc.stringMatching(/^[0-9a-f:.]{0,20}$/));
    fc.assert(
      fc.property(text, (address) => {
        const parsed = parseIpAddress(address);
        expect(parsed !== undefined).toBe(isIP(address) !== 0);
        if (parsed === undefined) return;
        // Spelling is idempotent and keeps the address: Node reads both to the same one.
        expect(parseIpAddress(parsed.text)).toEqual(parsed);
        if (parsed.family === 6) {
          const canonical = (ip: string) => new SocketAddress({ address: ip, family: "ipv6" }).address;
          expect(canonical(parsed.text)).toBe(canonical(address));
        } else if (isIPv4(address)) expect(parsed.text).toBe(address);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe("looking up", () => {
  test.each([
    ["8.8.8.8", "8.8.8.8"],
    ["9.255.255.255", "9.255.255.255"],
    ["11.0.0.0", "11.0.0.0"],
    ["172.15.255.255", "172.15.255.255"],
    ["172.32.0.0", "172.32.0.0"],
    ["100.63.255.255", "100.63.255.255"],
    ["100.128.0.0", "100.128.0.0"],
    ["192.167.255.255", "192.167.255.255"],
    ["223.255.255.255", "223.255.255.255"],
    ["203.0.113.7", "203.0.113.7"],
    ["2001:4860::8888", "2001:4860::8888"],
    ["2002:808:808::1", "8.8.8.8"],
    ["64:ff9b::8.8.8.8", "8.8.8.8"],
    ["::ffff:8.8.8.8", "8.8.8.8"],
  ])("%s is looked up as %s", (text, lookup) => {
    expect(parseIpAddress(text)?.lookup).toBe(lookup);
  });

  test.each([
    "0.0.0.0",
    "10.0.0.1",
    "100.64.0.1",
    "127.0.0.1",
    "169.254.1.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.19.255.255",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::8.8.8.8",
    "fc00::1",
    "fd12::1",
    "fe80::1",
    "ff02::1",
    "::ffff:192.168.1.1",
    "2002:a00:1::1",
    "64:ff9b::10.0.0.1",
  ])("%s is nowhere in particular", (text) => {
    expect(parseIpAddress(text)).toBeDefined();
    expect(parseIpAddress(text)?.lookup).toBeUndefined();
  });
});
