// Two line charts: requests per second (clients and origin) and the hit ratio, over at most the last twenty minutes. uPlot draws
// them on a canvas: it is small, uses the style sheet's colours, and redraws in well under a millisecond. A canvas is opaque to
// screen readers, so each has a label with its latest value.

import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import { formatRate, formatRatio } from "../format.ts";
import { totalRates } from "../rates.ts";
import { aloneIn, type Point, pointsOf } from "../series.ts";
import type { PageState } from "../state.ts";

interface ChartLine {
  readonly name: string;
  /** The class that sets the line's colour, shared with the legend. */
  readonly tone: string;
  readonly filled: boolean;
  readonly value: (point: Point) => number | null;
}

interface ChartProps {
  readonly points: readonly Point[];
  readonly lines: readonly ChartLine[];
  readonly format: (value: number | undefined) => string;
  /** Fixed upper bound; otherwise derived from the data. */
  readonly most?: number;
  readonly label: string;
}

const REQUEST_LINES: readonly ChartLine[] = [
  { name: "clients", tone: "clients", filled: true, value: (point) => point.requestsPerSecond },
  { name: "origin", tone: "origin", filled: false, value: (point) => point.originPerSecond },
];
const RATIO_LINES: readonly ChartLine[] = [
  { name: "hit ratio", tone: "ratio", filled: true, value: (point) => point.hitRatio ?? null },
];

/** The two panels. */
export function chartPanels({ sample, rates }: PageState): readonly JSX.Element[] {
  const points = sample ? pointsOf(sample, totalRates(rates)) : [];
  const latest = points.at(-1);
  const [requests, ratio] = [formatRate(latest?.requestsPerSecond), formatRatio(latest?.hitRatio)];
  const quiet = sample !== undefined && points.every(({ requestsPerSecond }) => requestsPerSecond === 0);
  return [
    panel("requests", "Requests per second", REQUEST_LINES, quiet, {
      points,
      lines: REQUEST_LINES,
      format: formatRate,
      label: `Requests per second over time, now ${requests}`,
    }),
    panel("ratio", "Hit ratio", [], quiet, {
      points,
      lines: RATIO_LINES,
      format: formatRatio,
      most: 1,
      label: `Hit ratio over time, now ${ratio}`,
    }),
  ];
}

function panel(
  id: string,
  title: string,
  legend: readonly ChartLine[],
  quiet: boolean,
  chart: ChartProps,
): JSX.Element {
  return (
    <section key={id} class={`panel chart ${id}`} aria-labelledby={`${id}-title`}>
      <div class="title">
        <h2 id={`${id}-title`}>{title}</h2>
        <ul class="legend">
          {legend.map(({ name, tone }) => (
            <li class={tone}>
              <span class="line" />
              {name}
            </li>
          ))}
        </ul>
      </div>
      <LineChart {...chart} />
      {quiet && <p class="empty">No requests yet. Send one through the front door; it appears here within seconds.</p>}
    </section>
  );
}

function LineChart(props: ChartProps): JSX.Element {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const size = () => ({ width: element.clientWidth, height: element.clientHeight });
    const draw = () => {
      plot.current?.destroy();
      plot.current = new uPlot({ ...options(props, element), ...size() }, columns(props), element);
    };
    draw();
    const resized = new ResizeObserver(() => plot.current?.setSize(size()));
    resized.observe(element);
    // A chart reads its colours when it is created: a changed colour scheme needs a new chart.
    const scheme = matchMedia("(prefers-color-scheme: dark)");
    scheme.addEventListener("change", draw);
    return () => {
      resized.disconnect();
      scheme.removeEventListener("change", draw);
      plot.current?.destroy();
    };
  }, []);
  useEffect(() => plot.current?.setData(columns(props)), [props.points]);
  return <div class="plot" ref={box} role="img" aria-label={props.label} />;
}

function columns({ points, lines }: ChartProps): uPlot.AlignedData {
  return [points.map(({ at }) => at / 1000), ...lines.map(({ value }) => points.map(value))];
}

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });

function options({ lines, format, most }: ChartProps, element: HTMLElement): Omit<uPlot.Options, "width" | "height"> {
  const style = getComputedStyle(element);
  const font = `11px ${style.fontFamily}`;
  const axis = {
    stroke: style.color,
    font,
    grid: { stroke: style.borderColor, width: 1 },
    ticks: { show: false },
  };
  return {
    padding: [10, 20, 0, 0],
    legend: { show: false },
    cursor: { drag: { setScale: false, x: false, y: false }, y: false, points: { size: 6 } },
    scales: { y: { range: (_plot, _least, highest) => [0, most ?? roof(highest)] } },
    axes: [
      {
        ...axis,
        size: 28,
        // Labels show minutes, so ticks are whole minutes apart: closer ones would repeat.
        incrs: [60, 120, 300, 600, 1200],
        space: 80,
        grid: { show: false },
        values: (_plot, ats) => ats.map((at) => clock.format(at * 1000)),
      },
      { ...axis, size: 52, space: 36, values: (_plot, values) => values.map((value) => format(value)) },
    ],
    series: [{}, ...lines.map((line) => stroke(line, element))],
    plugins: [readout(lines, format)],
  };
}

/** An upper bound with a margin above the highest point; never zero. */
const roof = (highest: number | null): number => (highest && highest > 0 ? highest * 1.1 : 1);

function stroke({ tone, filled }: ChartLine, element: HTMLElement): uPlot.Series {
  const probe = document.createElement("span");
  probe.className = `tone ${tone}`;
  element.append(probe);
  const { color, backgroundColor } = getComputedStyle(probe);
  const alone: uPlot.Series.Points.Filter = (plot, index) => aloneIn([...(plot.data[index] ?? [])]);
  const series: uPlot.Series = {
    stroke: color,
    width: 1.75,
    spanGaps: false,
    points: { show: true, filter: alone, size: 4, fill: color },
  };
  probe.remove();
  return filled ? { ...series, fill: backgroundColor } : series;
}

/** The values under the pointer, in a corner of the chart where they cover nothing. */
function readout(lines: readonly ChartLine[], format: ChartProps["format"]): uPlot.Plugin {
  const box = document.createElement("div");
  box.className = "readout";
  return {
    hooks: {
      init: (plot) => plot.over.append(box),
      setCursor: (plot) => {
        const { idx } = plot.cursor;
        const at = idx === null || idx === undefined ? undefined : plot.data[0][idx];
        if (at === undefined || idx === null || idx === undefined) {
          box.textContent = "";
          return;
        }
        const values = lines.map(({ name }, index) => `${name} ${format(plot.data[index + 1]?.[idx] ?? undefined)}`);
        box.textContent = [clock.format(at * 1000), ...values].join("   ");
      },
    },
  };
}
