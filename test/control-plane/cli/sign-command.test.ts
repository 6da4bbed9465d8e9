// `meridian sign`: what it prints is what the edge accepts, for exactly what was signed; and what it cannot sign it says.

import { createHmac } from "node:crypto";
import { describe, expect, test } from "vitest";
import { epochMillis } from "../../../config/units.ts";
import { register } from "../../../control-plane/cli/commands/sign.node.ts";
import { checkSignature, takeSignature } from "../../../edge/action/signed-url.ts";
import { Fields } from "../../../edge/http/fields.ts";
import { runCommand } from "./run-command.ts";

const SECRET = "a secret of thirty-two bytes, more or less";
const UNTIL = ["--expires", "2026-12-31T00:00:00Z"];
const BEFORE = epochMillis(Date.UTC(2026, 11, 30));
const sign = (url: string, ...args: string[]) =>
  runCommand(register, ["sign", url, "--key", "2026", "--secret-name", "URL_KEY", ...args], {
    environment: { URL_KEY: SECRET },
  });

/** Whether the edge would answer this URL. */
function accepts(url: string, { cookie, address }: { cookie?: string; address?: string } = {}): boolean {
  const fields = Fields.from(cookie === undefined ? [] : [["cookie", `meridian-signature=${cookie}`]]);
  const taken = takeSignature(url, fields);
  const hosts = new Set([new URL(url).host]);
  const checked = checkSignature(taken.parameters, { url: taken.url, hosts, address, now: BEFORE });
  if (checked.kind === "refused") return false;
  return checked.texts.some(
    (text) => createHmac("sha256", SECRET).update(text).digest("base64url") === checked.signature,
  );
}

test("a signed URL is accepted, and no other", async () => {
  const { out, exit } = await sign("https://shop.example/files/a.pdf?page=2", ...UNTIL);
  expect(exit).toBe(0);
  expect(accepts(out)).toBe(true);
  for (const other of [
    out.replace("a.pdf", "b.pdf"),
    out.replace("page=2", "page=3"),
    out.replace("shop.example", "other.example"),
    out.replace(/expires=(\d)/, "expires=9"),
  ]) {
    expect(accepts(other)).toBe(false);
  }
});

test("a URL is signed in the one spelling that the edge gives it", async () => {
  const { out } = await sign("https://SHOP.example:443/x/../caf%c3%a9/%7ea", ...UNTIL);
  expect(out).toMatch(/^https:\/\/shop\.example\/caf%C3%A9\/~a\?meridian-expires=/);
  expect(accepts(out)).toBe(true);
});

test("a folder is signed with --prefix, by URL and by cookie", async () => {
  const { out } = await sign("https://shop.example/films/7/index.m3u8", ...UNTIL, "--prefix");
  const parameters = out.slice(out.indexOf("?"));
  expect(accepts(`https://shop.example/films/7/1080/4.ts${parameters}`)).toBe(true);
  expect(accepts(`https://shop.example/films/8/1080/4.ts${parameters}`)).toBe(false);
  const { out: cookie } = await sign(
    "https://shop.example/films/7/index.m3u8",
    ...UNTIL,
    "--prefix",
    "/films/",
    "--cookie",
  );
  expect(accepts("https://shop.example/films/8/4.ts", { cookie })).toBe(true);
  expect(accepts("https://shop.example/books/8", { cookie })).toBe(false);
});

test.each([
  ["203.0.113.9", "203.0.113.9", "203.0.113.10"],
  ["2001:db8:1:2::9", "2001:db8:1:2:ffff::1", "2001:db8:1:3::9"],
])("with --address %s the client %s may use it and %s may not", async (address, right, wrong) => {
  const { out } = await sign("https://shop.example/a", ...UNTIL, "--address", address);
  expect(accepts(out, { address: right })).toBe(true);
  expect(accepts(out, { address: wrong })).toBe(false);
  expect(accepts(out)).toBe(false);
});

test("a time to live counts from now, and --json says until when", async () => {
  const before = Date.now();
  const { out } = await sign("https://shop.example/a", "--expires", "90s", "--json");
  const { url, expires } = JSON.parse(out) as { url: string; expires: string };
  expect(Date.parse(expires) - before).toBeGreaterThanOrEqual(90_000);
  expect(Date.parse(expires) - Date.now()).toBeLessThanOrEqual(91_000);
  expect(url).toContain(`meridian-expires=${Date.parse(expires) / 1000}`);
});

describe("what cannot be signed is a usage error that says why", () => {
  test.each([
    [["/a"], "begin with http"],
    [["https://h.example/a#b"], "no fragment"],
    [["https://h.example/a?meridian-key=1"], "already has a parameter meridian-key"],
    [["https://h.example/a", "--prefix", "/b/"], "is not below"],
    [["https://h.example/a/b", "--prefix", "/a"], "begins and ends with a slash"],
    [["https://h.example/a;b/c", "--prefix"], "begins and ends with a slash"],
    [["https://h.example/a", "--secret-name", "NOWHERE"], "NOWHERE is not set"],
    [["https://h.example/a", "--address", "localhost"], "IPv4 or IPv6"],
    [["https://h.example/a", "--expires", "soon"], "1h"],
    [["https://h.example/a", "--expires", "0s"], "1h"],
    [["https://h.example/a", "--key", "a b"], "letters, digits"],
  ] as [string[], string][])("%j", async ([url = "", ...args], said) => {
    const run = await sign(url, ...(args.includes("--expires") ? [] : UNTIL), ...args);
    expect(run.exit).toBe(2);
    expect(run.err).toContain(said);
    expect(run.out).not.toContain("signature=");
  });
});
