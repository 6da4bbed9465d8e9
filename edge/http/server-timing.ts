// `Server-Timing` (W3C): what each tier took, for the browser's own tools. Only measured values are given: a missing or
// impossible length is left out, never shown as zero. Milliseconds with one decimal, since finer is noise on any clock here.

import type { Millis } from "../../config/units.ts";
import { isToken } from "./list.ts";

/** The field's value, in the order of the keys; empty if nothing was measured. Names must be tokens; others are left out. */
export function serverTiming(timings: Readonly<Record<string, Millis | undefined>>): string {
  const metrics: string[] = [];
  for (const [name, took] of Object.entries(timings)) {
    if (took === undefined || !Number.isFinite(took) || took < 0 || !isToken(name)) continue;
    metrics.push(`${name};dur=${Math.round(took * 10) / 10}`);
  }
  return metrics.join(", ");
}
