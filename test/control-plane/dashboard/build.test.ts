// The built page: one file, small, whose policy admits its own two blocks and nothing else.

import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { bundleDashboard } from "../../../control-plane/dashboard/build.node.ts";

const html = await bundleDashboard();
const policy = /http-equiv="Content-Security-Policy" content="([^"]+)"/.exec(html)?.[1] ?? "";
const blocks = (tag: string) =>
  [...html.matchAll(new RegExp(`<${tag}[^>]*>([\\s\\S]*?)</${tag}>`, "g"))].map((match) => match[1]);
const hash = (text = "") => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

describe("the built page", () => {
  it("stays below 120 kB gzipped", () => {
    expect(gzipSync(html).length).toBeLessThan(120_000);
  });

  it("has one script and one style, and its policy names their hashes", () => {
    const [scripts, styles] = [blocks("script"), blocks("style")];
    expect([scripts.length, styles.length]).toEqual([1, 1]);
    expect(policy).toContain(`script-src ${hash(scripts[0])};`);
    expect(policy).toContain(`style-src ${hash(styles[0])};`);
  });

  it("allows no eval, no inline exception, no other origin and no way from text to markup", () => {
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("require-trusted-types-for 'script'");
    expect(policy).not.toMatch(/unsafe|https?:|\*/);
  });

  it("loads nothing: no element refers to another file", () => {
    const markup = html.replace(/<(script|style)([^>]*)>[\s\S]*?<\/\1>/g, "<$1$2>");
    expect(markup).not.toMatch(/\ssrc=|@import|url\(/);
    expect([...markup.matchAll(/href="([^":]+):/g)].map((match) => match[1])).toEqual(["data"]);
    expect(blocks("style")[0]).not.toMatch(/url\(|@import/);
  });

  it("is the same for the same sources", async () => {
    expect(await bundleDashboard()).toBe(html);
  });
});
