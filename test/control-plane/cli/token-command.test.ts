// `meridian token` on a folder of its own: tokens are shown once, kept as digests that the API's own reader takes, and a
// damaged file is never overwritten.

import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { bearerToken, findToken, parseTokens } from "../../../control-plane/api/access/access.ts";
import { register } from "../../../control-plane/cli/commands/token.node.ts";
import { runCommand } from "./run-command.ts";

let folder: string;
const file = () => join(folder, ".meridian", "tokens.json");
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "meridian-"));
  mkdirSync(join(folder, ".meridian"));
});
const token = (...args: string[]) => runCommand(register, ["token", ...args], { folder });
const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

describe("meridian token create", () => {
  it("shows the token once and keeps only its digest, for the owner alone", async () => {
    const run = await token(
      "create",
      "--name",
      "ci",
      "--scopes",
      "purge,read",
      "--hosts",
      "shop.example,*.img.example",
    );
    expect(run.exit).toBe(0);
    const kept = readFileSync(file(), "utf8");
    expect(kept).not.toContain(run.out);
    expect(statSync(file()).mode & 0o077).toBe(0);
    const parsed = parseTokens(kept);
    if (parsed.kind !== "tokens") throw new Error(parsed.detail);
    expect(findToken(parsed.tokens, sha256(run.out))).toEqual({
      name: "ci",
      sha256: sha256(run.out),
      scopes: ["purge", "read"],
      hosts: ["shop.example", "*.img.example"],
    });
  });

  it("makes tokens that an Authorization field can carry", async () => {
    const { out } = await token("create", "--name", "ci", "--scopes", "purge");
    expect(bearerToken(`Bearer ${out}`)).toBe(out);
  });

  it("is found from a folder below", async () => {
    const below = join(folder, "a", "b");
    mkdirSync(below, { recursive: true });
    await runCommand(register, ["token", "create", "--name", "ci", "--scopes", "read"], { folder: below });
    expect(readFileSync(file(), "utf8")).toContain('"ci"');
  });

  it("keeps nothing with --print-record, and prints a record that the API takes", async () => {
    const run = await token("create", "--name", "ci", "--scopes", "purge", "--print-record");
    expect(parseTokens(`[${run.out}]`)).toMatchObject({ kind: "tokens" });
    expect(() => statSync(file())).toThrow();
    const shown = /shown only once: (\S+)/.exec(run.err)?.[1] ?? "";
    expect(JSON.parse(run.out).sha256).toBe(sha256(shown));
  });

  it("prints token and record with --json", async () => {
    const made = JSON.parse((await token("create", "--name", "ci", "--scopes", "purge", "--json")).out);
    expect(made.record.sha256).toBe(sha256(made.token));
  });

  it.each([
    ["an unknown scope", ["--name", "ci", "--scopes", "purge,fly"]],
    ["no scope", ["--name", "ci", "--scopes", ","]],
    ["a name with spaces", ["--name", "c i", "--scopes", "purge"]],
    ["a host with a port", ["--name", "ci", "--scopes", "purge", "--hosts", "h:80"]],
    ["no name", ["--scopes", "purge"]],
  ])("is a usage error for %s, and keeps nothing", async (_name, args) => {
    expect((await token("create", ...args)).exit).toBe(2);
    expect(() => statSync(file())).toThrow();
  });

  it.each(["ci", "admin"])("refuses a second token named %s", async (name) => {
    await token("create", "--name", "ci", "--scopes", "purge");
    const before = readFileSync(file(), "utf8");
    expect((await token("create", "--name", name, "--scopes", "purge")).exit).toBe(1);
    expect(readFileSync(file(), "utf8")).toBe(before);
  });

  it("never overwrites a file that it cannot read", async () => {
    writeFileSync(file(), "{ damaged");
    await expect(token("create", "--name", "ci", "--scopes", "purge")).rejects.toThrow(
      "tokens.json is damaged: it is not JSON",
    );
    expect(readFileSync(file(), "utf8")).toBe("{ damaged");
  });
});

describe("meridian token list and revoke", () => {
  it("lists names, scopes and hosts, and forgets one by its name", async () => {
    await token("create", "--name", "ci", "--scopes", "purge");
    await token("create", "--name", "ops", "--scopes", "admin", "--hosts", "shop.example");
    expect((await token("list")).out).toMatch(/ci +purge +any\nops +admin +shop\.example/);
    expect((await token("revoke", "ci")).exit).toBe(0);
    expect(JSON.parse((await token("list", "--json")).out)).toMatchObject([{ name: "ops" }]);
  });

  it("fails to forget one that is not there", async () => {
    expect(await token("revoke", "nobody")).toMatchObject({ exit: 1, err: expect.stringContaining("nobody") });
  });
});
