// Executes a plan of probes: several lanes each take the next probe from one list, so that its order is kept as far as
// `concurrency` allows. Each lane has one connection to the CDN and one to the origin. It decides neither the order
// (`plan.ts`) nor what the answers mean (`observation.ts`, `summary.ts`, `notes.ts`).

import { randomBytes } from "node:crypto";
import type { ConnectionFault } from "../../config/connection-faults.ts";
import { epochMillis, millis } from "../../config/units.ts";
import { newHistogram } from "./histogram.node.ts";
import { notesOn } from "./notes.ts";
import type { ProbePlace } from "./places.ts";
import { type Probe, type ProbeKind, planProbes } from "./plan.ts";
import { Prober } from "./probe.node.ts";
import type { LatencyReport } from "./report.ts";
import { Collector, type ProbeResult } from "./summary.ts";

export interface MeasureOptions {
  /** Scheme, host and port of the CDN. */
  readonly origin: string;
  /** The same of the origin, when reached without the CDN. */
  readonly directOrigin?: string;
  /** Path with optional query, the same on both. */
  readonly path: string;
  readonly places: readonly ProbePlace[];
  /** Whether places are sent along; otherwise `places` holds the one that is "here". */
  readonly clients: "placed" | "here";
  readonly samples: number;
  /** Concurrent probes. More finish sooner but distort the measurement. */
  readonly concurrency: number;
  /** Called after every probe, those of round 0 included. */
  readonly onProgress: (done: number, total: number) => void;
}

/** The query parameter that makes a cold probe's URL unique. */
const PROBE_PARAMETER = "meridian-probe";

/** Measures. Failed probes are part of the report; it never rejects for them. */
export async function measure(options: MeasureOptions): Promise<LatencyReport> {
  const kinds: ProbeKind[] = options.directOrigin === undefined ? ["cold", "warm"] : ["cold", "warm", "direct"];
  const plan = planProbes({ places: options.places.length, kinds, samples: options.samples, random: Math.random });
  const collector = new Collector(options.places, newHistogram);
  const run = randomBytes(6).toString("hex");
  const startedAt = epochMillis(Date.now());
  let next = 0;
  let done = 0;

  const lane = async (): Promise<void> => {
    const cdn = new Prober(options.origin);
    const direct = options.directOrigin === undefined ? undefined : new Prober(options.directOrigin);
    const make = (probe: Probe): Promise<ProbeResult> => {
      const from = options.places[probe.place]?.from;
      const headers: Record<string, string> = { "user-agent": "meridian-latency" };
      if (options.clients === "placed" && from !== undefined) headers["meridian-from"] = from;
      if (probe.kind === "direct" && direct) return direct.probe(options.path, headers);
      const path = probe.kind === "cold" ? coldPath(options.path, `${run}-${probe.sequence}`) : options.path;
      return cdn.probe(path, headers);
    };
    for (let probe = plan[next++]; probe !== undefined; probe = plan[next++]) {
      collector.add(probe, await make(probe));
      options.onProgress(++done, plan.length);
    }
    await Promise.all([cdn.close(), direct?.close()]);
  };
  await Promise.all(Array.from({ length: Math.min(options.concurrency, plan.length) }, lane));

  const report = {
    v: 1 as const,
    url: new URL(options.path, options.origin).href,
    ...(options.directOrigin === undefined ? {} : { directUrl: new URL(options.path, options.directOrigin).href }),
    startedAt,
    tookMillis: millis(Date.now() - startedAt),
    samples: options.samples,
    concurrency: options.concurrency,
    clients: options.clients,
    places: collector.reports(),
  };
  return { ...report, notes: notesOn(report) };
}

/** `path` with the probe's parameter added to its query. */
const coldPath = (path: string, token: string): string =>
  `${path}${path.includes("?") ? "&" : "?"}${PROBE_PARAMETER}=${token}`;

/** Why a server answers no probe; undefined if the connection's fault has no name, or has cleared. */
export async function whyUnreachable(origin: string, path: string): Promise<ConnectionFault | undefined> {
  const prober = new Prober(origin);
  const result = await prober.probe(path, { "user-agent": "meridian-latency" });
  await prober.close();
  return result.kind === "failed" ? result.fault : undefined;
}

/**
 * Whether a deployment accepts a place from the client: probed from opposite sides of the earth, it answers from different
 * regions. A deployment with one region cannot be distinguished from one that uses addresses, and counts as `here`.
 */
export async function canPlaceClients(origin: string, path: string): Promise<"placed" | "here" | "unreachable"> {
  const prober = new Prober(origin);
  const regions = new Set<string>();
  let answers = 0;
  for (const from of ["35.68,139.69", "-26.2,28.05", "39.04,-77.49"]) {
    const result = await prober.probe(path, { "user-agent": "meridian-latency", "meridian-from": from });
    if (result.kind === "failed") continue;
    answers++;
    if (result.observation.region !== undefined) regions.add(result.observation.region);
  }
  await prober.close();
  if (answers === 0) return "unreachable";
  return regions.size > 1 ? "placed" : "here";
}
