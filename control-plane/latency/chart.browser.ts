// Draws the report's chart in the page: for each place one bar each for cold, warm and direct, solid up to p50, lighter up
// to p90, lightest up to p99. It reads the report from the page itself, makes no request, and redraws in the
// page's own colours when the light or dark preference changes.

import { BarController, BarElement, CategoryScale, Chart, LinearScale, Tooltip } from "chart.js";
import type { ProbeKind } from "./plan.ts";
import type { LatencyDistribution, LatencyReport } from "./report.ts";

Chart.register(BarController, BarElement, CategoryScale, LinearScale, Tooltip);

const KINDS: readonly ProbeKind[] = ["cold", "warm", "direct"];
/** The opacity of each part of a bar: up to p50, from there to p90, from there to p99. */
const STRENGTHS = ["ff", "90", "45"] as const;

const report = JSON.parse(document.getElementById("report")?.textContent ?? "") as LatencyReport;
const canvas = document.getElementById("chart") as HTMLCanvasElement;
const kinds = KINDS.filter((kind) => report.places.some((place) => place.series[kind]?.timeToFirstByte));

const timesOf = (kind: ProbeKind): (LatencyDistribution | undefined)[] =>
  report.places.map((place) => place.series[kind]?.timeToFirstByte);
const colour = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const rounded = (value: number): string => (value < 99.95 ? value.toFixed(1) : String(Math.round(value)));

let chart: Chart<"bar", (number | null)[]> | undefined;

function draw(): void {
  chart?.destroy();
  const text = colour("--muted");
  Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
  chart = new Chart(canvas, {
    type: "bar",
    data: {
      labels: report.places.map((place) => place.name),
      datasets: kinds.flatMap((kind) =>
        STRENGTHS.map((strength, part) => ({
          label: kind,
          stack: kind,
          backgroundColor: `${colour(`--${kind}`)}${strength}`,
          borderRadius: 2,
          borderSkipped: "start" as const,
          barPercentage: 0.86,
          categoryPercentage: 0.72,
          data: timesOf(kind).map((times) => {
            if (!times) return null;
            return [times.p50, times.p90 - times.p50, times.p99 - times.p90][part] ?? null;
          }),
        })),
      ),
    },
    options: {
      indexAxis: "y",
      maintainAspectRatio: false,
      animation: false,
      interaction: { mode: "index", axis: "y", intersect: false },
      scales: {
        x: {
          stacked: true,
          beginAtZero: true,
          title: { display: true, text: "time to first byte, milliseconds", color: text },
          ticks: { color: text },
          grid: { color: colour("--line") },
          border: { display: false },
        },
        y: { stacked: true, ticks: { color: colour("--text"), font: { size: 13 } }, grid: { display: false } },
      },
      plugins: {
        tooltip: {
          // One line for each bar, though a bar is made of three parts.
          filter: (item) => item.datasetIndex % STRENGTHS.length === 0,
          callbacks: {
            label: (item) => {
              const kind = kinds[Math.floor(item.datasetIndex / STRENGTHS.length)];
              const times = kind && report.places[item.dataIndex]?.series[kind]?.timeToFirstByte;
              if (!times) return "";
              return ` ${kind}: p50 ${rounded(times.p50)}, p90 ${rounded(times.p90)}, p99 ${rounded(times.p99)} ms`;
            },
          },
        },
      },
    },
  });
}

draw();
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
