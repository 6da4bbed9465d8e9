// Formats numbers and names for the table and the page, and escapes them for HTML.

import type { Millis } from "../../config/units.ts";
import { hitShare } from "./notes.ts";
import type { ProbeKind } from "./plan.ts";
import type { Series } from "./report.ts";

/** Safe as text and as a quoted attribute's value. */
export const escapeHtml = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

/** A time in milliseconds, with one decimal below 100: `0.4`, `12.3`, `204`; a dash for none. */
export const formatMillis = (value: Millis | undefined): string => {
  if (value === undefined) return "-";
  return value < 99.95 ? value.toFixed(1) : String(Math.round(value));
};

/** Hits of a series in per cent; `-` where there is no cache, `?` without Cache-Status. */
export function formatHits(kind: ProbeKind, series: Series): string {
  if (kind === "direct" || series.count === 0) return "-";
  const share = hitShare(series);
  return share === undefined ? "?" : `${Math.round(share * 100)} %`;
}

/** The tiers in the order in which a request passes them. */
const TIERS = ["edge", "route", "shard", "shield", "origin"];
/** Other tiers come last. */
const rank = (name: string): number => (TIERS.includes(name) ? TIERS.indexOf(name) : TIERS.length);

/** `edge 3.1, shield 80, origin 74`: each tier's median part, as the responses report it. */
export const formatTimings = (series: Series): string =>
  Object.entries(series.serverTimingP50)
    .sort(([a], [b]) => rank(a) - rank(b))
    .map(([tier, value]) => `${tier} ${formatMillis(value)}`)
    .join(", ");

/** The middle value (the mean of the two middle ones); undefined for none. */
export function median(values: readonly number[]): number | undefined {
  if (values.length === 0) return undefined;
  const sorted = [...values].sort((a, b) => a - b);
  const upper = Math.floor(sorted.length / 2);
  const lower = sorted.length % 2 === 0 ? upper - 1 : upper;
  return ((sorted[lower] as number) + (sorted[upper] as number)) / 2;
}
