// Formats sizes, times, shares and counts for people in a terminal. Exact values are in `--json`.

import type { Bytes, Millis } from "../../../config/units.ts";

/** `0 B`, `1.5 KiB`, `64 MiB`. */
export function formatBytes(value: Bytes): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let scaled: number = value;
  let unit = 0;
  while (scaled >= 1024 && unit < units.length - 1) {
    scaled /= 1024;
    unit++;
  }
  return `${unit === 0 || scaled >= 100 ? Math.round(scaled) : scaled.toFixed(1)} ${units[unit]}`;
}

/** `0.4 ms`, `12 ms`, `1.25 s`. */
export function formatDuration(value: Millis): string {
  if (value >= 1000) return `${(value / 1000).toFixed(2)} s`;
  return `${value < 10 ? Number(value.toFixed(1)) : Math.round(value)} ms`;
}

/** How long ago, in one unit: `3 s`, `12 min`, `5 h`, `2 d`. */
export function formatAge(value: Millis): string {
  const seconds = Math.max(0, Math.round(value / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  return seconds < 86_400 ? `${Math.floor(seconds / 3600)} h` : `${Math.floor(seconds / 86_400)} d`;
}

/** A share of 1 in per cent; a dash where there is none. */
export const formatShare = (value: number | null): string => (value === null ? "-" : `${(value * 100).toFixed(1)} %`);

/** 12345 as `12,345`. */
export const formatCount = (value: number): string => value.toLocaleString("en-US");

/** `35.7 N, 139.7 E`. */
export const formatPlace = ({ latitude, longitude }: { latitude: number; longitude: number }): string =>
  `${Math.abs(latitude).toFixed(1)} ${latitude < 0 ? "S" : "N"}, ${Math.abs(longitude).toFixed(1)} ${longitude < 0 ? "W" : "E"}`;
