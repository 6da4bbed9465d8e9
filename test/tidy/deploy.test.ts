// wrangler builds the deployable from wrangler.toml without a network or an account, for production and for staging, and
// what it builds is small and holds what it should. Also here: the local run has the same compatibility settings.

import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, expect, test } from "vitest";
import { COMPATIBILITY } from "../../control-plane/local/prepare/bundle.node.ts";
import { BUDGET_BYTES, type BundledFile, bundleFaults } from "./bundle-rules.ts";
import { ROOT } from "./source-tree.ts";

const folder = mkdtempSync(join(tmpdir(), "meridian-dry-run-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs a dry run; returns what wrangler said and what it built. */
async function dryRun(environment: string): Promise<{ readonly said: string; readonly files: BundledFile[] }> {
  const outdir = join(folder, environment || "production");
  const args = ["deploy", "--dry-run", "--env", environment, "--outdir", outdir];
  const { stdout, stderr } = await promisify(execFile)(
    process.execPath,
    [join(ROOT, "node_modules/wrangler/bin/wrangler.js"), ...args],
    {
      cwd: ROOT,
      env: { ...process.env, CLOUDFLARE_CF_FETCH_ENABLED: "false", WRANGLER_SEND_METRICS: "false", NO_COLOR: "1" },
    },
  );
  const built = readdirSync(outdir).filter((name) => name !== "README.md" && !name.endsWith(".map"));
  return {
    said: stdout + stderr,
    files: built.map((name) => ({ name, content: readFileSync(join(outdir, name)) })),
  };
}

test.each(["", "staging"])(
  "wrangler deploys the environment %j in a dry run",
  { timeout: 120_000 },
  async (environment) => {
    const { said, files } = await dryRun(environment);
    for (const binding of ["SHARD", "HUB", "METER"]) expect(said).toContain(`env.${binding}`);
    expect(said).not.toMatch(/warning/i);
    expect(bundleFaults(files)).toEqual([]);
    const script = files.find(({ name }) => name === "worker.js")?.content.toString() ?? "";
    expect(script).toMatch(/export \{[^}]*\bHub\b[^}]*\}/);
  },
);

test("the local run has the compatibility of the deployment", () => {
  const settings = readFileSync(join(ROOT, "wrangler.toml"), "utf8");
  expect(/^compatibility_date = "(.+)"$/m.exec(settings)?.[1]).toBe(COMPATIBILITY.date);
  const flags = /^compatibility_flags = \[(.+)\]$/m
    .exec(settings)?.[1]
    ?.split(",")
    .map((flag) => flag.trim().slice(1, -1));
  expect(flags).toEqual([...COMPATIBILITY.flags]);
});

test("a script that is too large, holds a database or is not there at all is found", () => {
  const small = { name: "worker.js", content: Buffer.from("export {}") };
  expect(bundleFaults([small])).toEqual([]);
  expect(bundleFaults([])).toHaveLength(1);
  expect(bundleFaults([small, { name: "geo.mmdb", content: Buffer.from("x") }])).toHaveLength(1);
  const hidden = Buffer.concat([randomBytes(100), Buffer.from([0xab, 0xcd, 0xef]), Buffer.from("MaxMind.com")]);
  expect(bundleFaults([{ name: "abc.bin", content: hidden }])).toHaveLength(1);
  expect(bundleFaults([{ name: "worker.js", content: randomBytes(BUDGET_BYTES) }])).toHaveLength(1);
});
