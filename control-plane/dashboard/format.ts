// Formats numbers and instants: at most three significant digits, a short unit, and a dash for unknown values (never a zero,
// which is a measurement). Widths stay steady from one refresh to the next, so that nothing jumps.

import type { EpochMillis } from "../../config/units.ts";

/** Stands for what was not measured. */
export const UNKNOWN = "–";

/** Three significant digits, without an exponent: `0.42`, `7.31`, `42.0`, `731`. */
function significant(value: number): string {
  if (value >= 99.95) return value.toFixed(0);
  if (value >= 9.995) return value.toFixed(1);
  return value.toFixed(2);
}

/** `value` in the largest unit in which it is at least 1; counts in the first unit stay whole. */
function scaled(value: number, kind: "count" | "measure", base: number, units: readonly string[]): string {
  let unit = 0;
  let scaledValue = value;
  // 999.5 would be written as 1000 of the smaller unit; the larger one is shorter.
  while (scaledValue >= base - 0.5 && unit < units.length - 1) {
    scaledValue /= base;
    unit += 1;
  }
  const digits = unit === 0 && kind === "count" ? String(value) : significant(scaledValue);
  return `${digits}${units[unit]}`;
}

/** A count: exact below a thousand, then `1.23k`, `4.56M`, `7.89G`. */
export function formatCount(value: number | undefined): string {
  return value === undefined ? UNKNOWN : scaled(Math.round(value), "count", 1000, ["", "k", "M", "G", "T"]);
}

/** A rate: `0` for nothing at all, else like `0.42`, `42.0`, `1.23k`. */
export function formatRate(value: number | undefined): string {
  if (value === undefined) return UNKNOWN;
  return value === 0 ? "0" : scaled(value, "measure", 1000, ["", "k", "M", "G", "T"]);
}

/** Bytes in binary units: `512 B`, `1.50 KiB`. */
export function formatBytes(value: number | undefined): string {
  return value === undefined
    ? UNKNOWN
    : scaled(Math.round(value), "count", 1024, [" B", " KiB", " MiB", " GiB", " TiB", " PiB"]);
}

/** A ratio from 0 to 1 in percent with one decimal. Only 1 is `100 %` and only 0 is `0 %`: rounding never yields them. */
export function formatRatio(ratio: number | null | undefined): string {
  if (ratio === undefined || ratio === null) return UNKNOWN;
  if (ratio <= 0) return "0 %";
  if (ratio >= 1) return "100 %";
  return `${Math.min(99.9, Math.max(0.1, ratio * 100)).toFixed(1)} %`;
}

/** A duration in milliseconds: `0.42 ms`, `17.0 ms`, `1.20 s`. */
export function formatMillis(value: number | null | undefined): string {
  if (value === undefined || value === null) return UNKNOWN;
  return value < 999.5 ? `${significant(value)} ms` : `${significant(value / 1000)} s`;
}

/** How long ago, in the largest whole unit: `now`, `12 s ago`, `3 min ago`, `2 h ago`, `5 d ago`. Instants ahead of our clock are `now`. */
export function formatAgo(at: EpochMillis, now: EpochMillis): string {
  return now - at < 2000 ? "now" : `${formatFor(at, now)} ago`;
}

/** For how long since `at`, in the largest whole unit: `12 s`, `3 min`, `2 h`, `5 d`. `0 s` for instants ahead of our clock. */
export function formatFor(at: EpochMillis, now: EpochMillis): string {
  const passed = Math.max(0, Math.floor((now - at) / 1000));
  if (passed < 60) return `${passed} s`;
  if (passed < 3600) return `${Math.floor(passed / 60)} min`;
  if (passed < 86_400) return `${Math.floor(passed / 3600)} h`;
  return `${Math.floor(passed / 86_400)} d`;
}

/** `1 region`, `3 regions`; `plural` for irregular plurals. */
export function formatPlural(count: number, noun: string, plural = `${noun}s`): string {
  return `${count} ${count === 1 ? noun : plural}`;
}
