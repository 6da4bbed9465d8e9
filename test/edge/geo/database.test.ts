// The real files: what they know is found, and what they would answer wrongly is not asked.

import { readFileSync } from "node:fs";
import { Reader, type Response } from "maxmind";
import { beforeAll, describe, expect, test } from "vitest";
import { countryReader, openDatabase } from "../../../edge/geo/database.worker.ts";

const load = (name: string): Buffer =>
  readFileSync(new URL(import.meta.resolve(`@ip-location-db/geo-whois-asn-country-mmdb/${name}.mmdb`)));
const toArrayBuffer = (file: Buffer): ArrayBuffer =>
  file.buffer.slice(file.byteOffset, file.byteOffset + file.byteLength) as ArrayBuffer;

describe("the file that comes along", () => {
  let countryOf: (address: string) => string | undefined;
  let raw: Reader<Response>;
  beforeAll(() => {
    const file = load("geo-whois-asn-country");
    countryOf = countryReader(toArrayBuffer(file));
    raw = new Reader(file);
  });

  test.each([
    ["133.11.0.1", "JP"],
    ["8.8.8.8", "US"],
    ["2001:4860:4860::8888", "US"],
    ["193.0.6.139", "NL"],
    ["200.160.0.8", "BR"],
    ["196.216.2.1", "ZA"],
    // The same addresses in the ways that IPv6 has of writing them.
    ["::ffff:133.11.0.1", "JP"],
    ["2002:850b:1::1", "JP"],
    ["64:ff9b::133.11.0.1", "JP"],
  ])("%s is in %s", (address, country) => {
    expect(countryOf(address)).toBe(country);
  });

  test.each(["192.168.1.1", "10.0.0.1", "127.0.0.1", "::1", "fe80::1", "fd00::1", "100.64.0.1", "224.0.0.1"])(
    "%s is nowhere, whatever the file has of it",
    (address) => {
      expect(countryOf(address)).toBeUndefined();
    },
  );

  test.each(["1.2.3", "1.2.3.4.5", "8.8.8.8:53", "[2001:4860:4860::8888]", "", "localhost"])(
    "%j is no address",
    (text) => {
      expect(countryOf(text)).toBeUndefined();
    },
  );

  test("the traps are real: the library itself answers half an address and a private one", () => {
    expect(raw.get("1.2.3")).not.toBeNull();
    expect(raw.get("192.168.1.1")).not.toBeNull();
    expect(raw.get("::ffff:133.11.0.1")).toBeNull();
  });

  test("a file of countries knows no points", () => {
    expect(
      openDatabase(toArrayBuffer(load("geo-whois-asn-country-ipv6"))).pointOf("2001:4860:4860::8888"),
    ).toBeUndefined();
  });
});

describe("a file of IPv4 addresses alone", () => {
  const file = load("geo-whois-asn-country-ipv4");
  const countryOf = countryReader(toArrayBuffer(file));

  test("says nothing of an IPv6 address, where the library would answer with some IPv4 network's country", () => {
    expect(new Reader<Response>(file).get("2001:200::1")).toEqual({ country_code: "US" });
    expect(countryOf("2001:200::1")).toBeUndefined();
  });

  test("knows IPv4 addresses, those within IPv6 ones as well", () => {
    expect(countryOf("133.11.0.1")).toBe("JP");
    expect(countryOf("::ffff:133.11.0.1")).toBe("JP");
    expect(countryOf("2002:850b:1::1")).toBe("JP");
  });
});

test("what is no MaxMind file is refused when it is opened", () => {
  expect(() => countryReader(new ArrayBuffer(64))).toThrow();
});
