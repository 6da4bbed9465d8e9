// Builds the dashboard: one HTML file with its script, style, icon and map, so that it loads with one request and needs no
// other host. Its policy (CSP) allows exactly these two inline blocks, by hash, and no request to another origin; Trusted Types
// prevent turning a string into markup. What a `<meta>` cannot set (frame-ancestors) is in the API's header field.

import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { worldOutline } from "../../config/world/world-outline.node.ts";
import { answerShapes } from "./shapes.node.ts";

/** Where the page is written: ignored by git, bundled into the Worker as text. */
export const DASHBOARD_FILE = fileURLToPath(new URL("./dist/index.html", import.meta.url));

const MAP = { width: 960, height: 440 };

/** Escapes `</script`, which would close the inline script. */
const inScript = (code: string) => code.replaceAll("</script", "<\\/script");

const hashOf = (text: string) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

/** The page as text; writes nothing. Throws esbuild's errors if the sources do not bundle. */
export async function bundleDashboard(): Promise<string> {
  const { path, frame } = worldOutline(MAP.width, MAP.height);
  const { outputFiles } = await build({
    absWorkingDir: fileURLToPath(new URL(".", import.meta.url)),
    entryPoints: ["app.browser.ts", "style/index.css"],
    bundle: true,
    minify: true,
    write: false,
    outdir: "dist",
    format: "esm",
    target: "es2022",
    jsx: "automatic",
    jsxImportSource: "preact",
    legalComments: "none",
    logLevel: "silent",
    define: { WORLD: JSON.stringify({ path, frame, ...MAP }), SHAPES: JSON.stringify(answerShapes()) },
  });
  const output = (ending: string) => outputFiles.find(({ path: name }) => name.endsWith(ending))?.text.trim() ?? "";
  const [script, style] = [inScript(output(".js")), output(".css")];
  const policy = [
    "default-src 'none'",
    `script-src ${hashOf(script)}`,
    `style-src ${hashOf(style)}`,
    "img-src data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join("; ");
  return readFileSync(new URL("./page.html", import.meta.url), "utf8")
    .replace('content=""', () => `content="${policy}"`)
    .replace("<style></style>", () => `<style>${style}</style>`)
    .replace("></script>", () => `>${script}</script>`);
}

/** Builds and writes the page; returns its size. */
export async function buildDashboard(): Promise<{ readonly bytes: number; readonly gzippedBytes: number }> {
  const html = await bundleDashboard();
  mkdirSync(new URL("./dist/", import.meta.url), { recursive: true });
  writeFileSync(DASHBOARD_FILE, html);
  return { bytes: Buffer.byteLength(html), gzippedBytes: gzipSync(html, { level: 9 }).length };
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const { bytes, gzippedBytes } = await buildDashboard();
  const kilobytes = (count: number) => `${(count / 1000).toFixed(0)} kB`;
  console.log(`dashboard: ${kilobytes(bytes)}, ${kilobytes(gzippedBytes)} gzipped`);
}
