// Builds the page of a latency report: bundles the chart's code with Chart.js, reads the style, draws the land. It runs when a
// report is written and needs the project's development dependencies, but no network.

import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { worldOutline } from "../../config/world/world-outline.node.ts";
import { drawPage } from "./page.ts";
import type { LatencyReport } from "./report.ts";

const MAP = { width: 1060, height: 500 };

/** The report as one self-contained HTML page of about 250 kB. */
export async function reportHtml(report: LatencyReport): Promise<string> {
  const sheet = (name: string): Promise<string> => readFile(new URL(name, import.meta.url), "utf8");
  const [page, table, script] = await Promise.all([sheet("./page.css"), sheet("./table.css"), bundleChart()]);
  const style = `${page}${table}`;
  return drawPage(report, { style, script, outline: worldOutline(MAP.width, MAP.height), map: MAP });
}

async function bundleChart(): Promise<string> {
  const bundle = await build({
    entryPoints: [fileURLToPath(new URL("./chart.browser.ts", import.meta.url))],
    bundle: true,
    minify: true,
    write: false,
    format: "iife",
    target: "es2022",
    // The licence is named in the page's footer; the comments would only add addresses that look like requests.
    legalComments: "none",
    logLevel: "silent",
  });
  const script = bundle.outputFiles[0]?.text;
  if (script === undefined) throw new Error("esbuild gave no output for chart.browser.ts");
  return script;
}
