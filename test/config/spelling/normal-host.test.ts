// One spelling for each host, wherever it is written, and aliases that are the configuration's own.

import { describe, expect, test } from "vitest";
import { joinAliases, sitesOfHost, sitesOfUrl, withoutAlias } from "../../../config/spelling/host-aliases.ts";
import { hostNameOf, normalHost } from "../../../config/spelling/normal-host.ts";

describe("a host is spelt", () => {
  test.each([
    ["Control.Example.COM", "control.example.com"],
    ["control.example.com.", "control.example.com"],
    ["h.example:443", "h.example"],
    ["h.example:80", "h.example"],
    ["H.example:8443", "h.example:8443"],
    ["Bücher.example", "xn--bcher-kva.example"],
    ["[2001:DB8::0:1]:8080", "[2001:db8::1]:8080"],
    ["constructor", "constructor"],
    ["__proto__", "__proto__"],
  ])("%s as %s", (text, host) => {
    expect(normalHost(text)).toMatchObject({ kind: "host", host });
    expect(normalHost(host)).toMatchObject({ kind: "host", host });
  });

  test.each(["", "https://h", "h/a", "u@h", "h?x", "a b", "::1", "a..b", "h:port", "*.h"])("%j not at all", (text) => {
    expect(normalHost(text).kind).toBe("invalid");
  });
});

test.each([
  "https://control.example.com/v1/purges",
  "https://CONTROL.example.com./",
  "http://control.example.com:8443/",
  "https://control.example.com%2e/",
  "https://ｃontrol.example.com/",
])("%s names the host control.example.com", (url) => {
  expect(hostNameOf(url)).toBe("control.example.com");
});

describe("aliases", () => {
  const aliases = { "www.h.example": "h.example", "localhost:8787": "127.0.0.1:8787", "h.example:8080": "h.example" };

  test.each(["constructor", "__proto__", "toString", "hasOwnProperty", "valueOf"])("%s is nobody's alias", (host) => {
    expect(withoutAlias(aliases, `http://${host}/a`)).toBe(`http://${host}/a`);
    expect(sitesOfHost(aliases, host)).toEqual([host]);
    expect(sitesOfUrl(aliases, `//${host}/a`)).toEqual([`//${host}/a`]);
  });

  test("a host is purged as the sites that it stands for, on any port", () => {
    expect(sitesOfHost(aliases, "www.h.example")).toEqual(["h.example"]);
    expect(sitesOfHost(aliases, "localhost")).toEqual(["localhost", "127.0.0.1"]);
    expect(sitesOfHost(aliases, "*.h.example")).toEqual(["*.h.example"]);
  });

  test("a URL of both schemes with a scheme's own port is purged under each, as its alias", () => {
    expect(sitesOfUrl(aliases, "//www.h.example:443/a?b")).toEqual([
      "https://h.example/a?b",
      "http://www.h.example:443/a?b",
    ]);
  });

  test("lists are joined so that none stands for another", () => {
    expect(joinAliases({ "localhost:1": "127.0.0.1:1" }, { "127.0.0.1:1": "shop.example" })).toEqual({
      "localhost:1": "shop.example",
      "127.0.0.1:1": "shop.example",
    });
    expect(joinAliases({ "localhost:1": "127.0.0.1:1" }, { "shop.example": "localhost:1" })).toEqual({
      "localhost:1": "127.0.0.1:1",
      "shop.example": "127.0.0.1:1",
    });
  });
});
