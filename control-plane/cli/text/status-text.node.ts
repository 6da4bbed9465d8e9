// Formats the state of the whole deployment on one screen: its regions with their traffic, whether the hubs agree, and the
// latest purges.

import type { z } from "zod";
import { bytes, millis } from "../../../config/units.ts";
import type { receiptPageSchema, regionListSchema, statsSchema } from "../../api/schemas.ts";
import type { RegionStatus } from "../../local/admin.node.ts";
import { type CommandFailure, describeFailure } from "../failure.ts";
import type { Terminal } from "../terminal.node.ts";
import { formatAge, formatBytes, formatCount, formatDuration, formatShare } from "./measures.ts";
import { receiptListText } from "./receipt-text.node.ts";
import { drawTable } from "./table.node.ts";

/** The screen's data; a part that could not be fetched is its failure. */
export interface Status {
  readonly regions: z.output<typeof regionListSchema>;
  readonly stats: z.output<typeof statsSchema> | CommandFailure;
  readonly purges: z.output<typeof receiptPageSchema> | CommandFailure;
  /** The launcher's report of processes and links, for a run on this machine. */
  readonly local?: readonly RegionStatus[];
}

type ListedRegion = z.output<typeof regionListSchema>["regions"][number];

export function statusText({ regions, stats, purges, local = [] }: Status, now: number, terminal: Terminal): string {
  const traffic = "kind" in stats ? undefined : stats;
  const rows = regions.regions.map((region) => {
    const numbers = traffic?.regions.find((one) => one.region === region.id);
    const counts =
      numbers?.reachable === true
        ? [
            formatCount(numbers.requests),
            formatShare(numbers.hitRatio),
            numbers.timeToFirstByteMillis.p50 === null
              ? "-"
              : formatDuration(millis(numbers.timeToFirstByteMillis.p50)),
            formatCount(numbers.entries),
            formatBytes(bytes(numbers.entryBytes)),
          ]
        : ["-", "-", "-", "-", "-"];
    return [
      region.id,
      `${region.city}, ${region.country}`,
      stateText(region, terminal),
      String(region.shards),
      ...counts,
    ];
  });
  const right = (title: string) => ({ title, align: "right" as const });
  const table = drawTable(
    [
      { title: "REGION" },
      { title: "PLACE" },
      { title: "STATE" },
      right("SHARDS"),
      right("REQUESTS"),
      right("HITS"),
      right("P50"),
      right("ENTRIES"),
      right("HELD"),
    ],
    rows,
    terminal,
  );
  const lines = [table, ""];
  for (const region of regions.regions) if (region.reason !== undefined) lines.push(`${region.id}: ${region.reason}`);
  lines.push(...linkLines(regions, now, terminal), ...localLines(local, terminal));
  if (traffic) lines.push(...breakerLines(traffic, terminal));
  lines.push(traffic ? totalText(traffic.total) : `No numbers: ${describeFailure(stats as CommandFailure).join(" ")}`);
  lines.push(agreementText(regions.regions), "");
  lines.push(
    "kind" in purges ? `No purges: ${describeFailure(purges).join(" ")}` : receiptListText(purges, now, terminal),
  );
  return lines.join("\n");
}

/** Lost regions and cut links, as seen by the hubs that answer. */
function linkLines(
  { lostRegions = [], cutLinks = [] }: Status["regions"],
  now: number,
  { colours }: Terminal,
): readonly string[] {
  const age = (at: string): string => formatAge(millis(now - Date.parse(at)));
  return [
    ...lostRegions.map(({ region, heardAt, heardBy }) => {
      const last = heardAt === undefined ? "" : `; ${heardBy} last heard from it ${age(heardAt)} ago`;
      return colours.red(`${region} is lost: no other region can reach it${last}.`);
    }),
    ...cutLinks.map(({ from, to, since }) =>
      colours.yellow(`The link ${from} -> ${to} is cut: ${to} has not answered ${from} for ${age(since)}.`),
    ),
  ];
}

/** Processes that are not up, and cut links, which the regions themselves can only infer from silence. */
function localLines(local: readonly RegionStatus[], { colours }: Terminal): readonly string[] {
  const away: Partial<Record<RegionStatus["state"], string>> = {
    down: "was stopped; start it with: npx meridian region start",
    restarting: "crashed and is being restarted",
    failed: "crashed too often and is not restarted; start it with: npx meridian region start",
  };
  return local.flatMap(({ region, state, cut }) => {
    const words = away[state];
    const process =
      words === undefined
        ? []
        : [colours.red(`${region}: its process ${words}${words.endsWith("start") ? ` ${region}` : ""}`)];
    const links = cut.map((to) =>
      colours.yellow(`The link from ${region} to ${to} is cut; heal it with: npx meridian region heal ${region} ${to}`),
    );
    return [...process, ...links];
  });
}

const totalText = (total: z.output<typeof statsSchema>["total"]): string =>
  `${formatCount(total.requests)} requests in total, ${formatShare(total.hitRatio)} of the cacheable ones served without the origin; ` +
  `the origin answered ${formatCount(total.originRequests)} and failed ${formatCount(total.originFailures)}.`;

/** Origins with an open breaker. */
function breakerLines({ regions }: z.output<typeof statsSchema>, { colours }: Terminal): readonly string[] {
  return regions.flatMap(({ region, breakers }) => {
    const origins = [...new Set(breakers.map(({ origin }) => origin))];
    return origins.flatMap((origin) => {
      const all = breakers.filter((breaker) => breaker.origin === origin);
      const open = all.filter(({ state }) => state !== "closed").length;
      if (open === 0) return [];
      return [
        colours.red(
          `${region}: the breaker before ${origin} is open at ${open} of the ${all.length} shards that use it.`,
        ),
      ];
    });
  });
}

function stateText(region: ListedRegion, { colours }: Terminal): string {
  const drained = region.drained ? ", drained" : "";
  switch (region.status) {
    case "up":
      return region.drained ? colours.yellow("live, drained") : colours.green("live");
    case "joining":
      return colours.yellow(`joining${drained}`);
    case "unreachable":
      return colours.red(`unreachable${drained}`);
  }
}

/** Whether the hubs that answered have the same events, and which lack how many. */
export function agreementText(regions: readonly ListedRegion[]): string {
  const hubs = regions.flatMap((region) => (region.hub ? [{ id: region.id, vector: region.hub.vector }] : []));
  if (hubs.length === 0) return "No hub answered.";
  const greatest = new Map<string, number>();
  for (const { vector } of hubs) {
    for (const [hub, counter] of Object.entries(vector)) greatest.set(hub, Math.max(greatest.get(hub) ?? 0, counter));
  }
  const behind = hubs.flatMap(({ id, vector }) => {
    let missing = 0;
    for (const [hub, counter] of greatest) missing += counter - (vector[hub] ?? 0);
    return missing === 0 ? [] : [`${id} lacks ${missing} ${missing === 1 ? "event" : "events"}`];
  });
  if (behind.length > 0) return `The hubs do not have the same events yet: ${behind.join(", ")}.`;
  return hubs.length === 1 ? "One hub answered." : `The ${hubs.length} hubs that answered have the same events.`;
}
