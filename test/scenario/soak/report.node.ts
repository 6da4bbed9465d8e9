// What a soak came to, for people: a table of what happened, and for each answer that broke a promise all that is known of it.

import pc from "picocolors";
import { drawTable } from "../../../control-plane/cli/text/table.node.ts";
import type { Breach, Purge } from "./book.ts";
import type { SoakOutcome } from "./soak.node.ts";

/** The value below which this share of `values` lies; undefined of none. */
function quantile(values: readonly number[], share: number): number | undefined {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
}

const inSeconds = (values: readonly number[], share: number): string => {
  const value = quantile(values, share);
  return value === undefined ? "-" : `${(value / 1000).toFixed(1)} s`;
};

const spread = (values: readonly number[]): string =>
  `p50 ${inSeconds(values, 0.5)}, p90 ${inSeconds(values, 0.9)}, p99 ${inSeconds(values, 0.99)}, most ${inSeconds(values, 1)}`;

const told = (counts: ReadonlyMap<string, number>): string =>
  [...counts]
    .sort(([, a], [, b]) => b - a)
    .map(([what, count]) => `${count} ${what}`)
    .join(", ") || "none";

/** The table at a soak's end. */
export function soakTable(outcome: SoakOutcome): string {
  const { book, purger, clients, faults } = outcome;
  const complete = purger.purges.filter(({ completeAt }) => completeAt !== undefined);
  const healthy = complete.filter(({ wasPartial }) => !wasPartial);
  const partial = purger.purges.filter(({ wasPartial }) => wasPartial);
  const took = (purges: readonly Purge[]): readonly number[] =>
    purges.map(({ completeAfterMillis }) => completeAfterMillis ?? 0);
  const soft = purger.purges.filter(({ severity }) => severity === "soft").length;
  const rows: readonly (readonly [string, string])[] = [
    ["purges asked for", `${purger.asked} in ${outcome.seconds} s`],
    ["accepted", `${purger.accepted.size} (${soft} of them soft)`],
    ["not taken", told(purger.refused)],
    ["complete", `${complete.length}`],
    ["partial at first", `${partial.length}`],
    ["made twice under one key", `${purger.twice}`],
    ["complete after, if never partial", spread(took(healthy))],
    ["complete after, if partial at first", spread(took(complete.filter(({ wasPartial }) => wasPartial)))],
    ["requests", `${clients.sent}, origin asked ${outcome.originRequests} times`],
    ["pages checked", `${book.counts.checked}`],
    ["... of which a complete purge bounded", `${book.counts.bounded}`],
    ["... which named a purge to be read after", `${book.counts.demanding}`],
    ["answers without a page", told(clients.without)],
    ["served without a lease, and said so", `${book.counts.cutOff}`],
    ["links cut, processes killed, disks lost", `${faults.cuts}, ${faults.kills}, ${faults.disksLost}`],
    ["episodes", told(faults.counts)],
    ["old answers", `${book.breaches.length}`],
    ["other problems", `${outcome.problems.length}`],
  ];
  return drawTable([{ title: "soak" }, { title: "" }], rows, {
    colours: pc.createColors(process.stdout.isTTY === true),
  });
}

/** The evidence for one breach. */
export function breachText({ promise, seen, bound }: Breach): string {
  const lines = [
    `BROKEN: ${promise}`,
    `  ${seen.page.host}${seen.page.path} (whenCutOff ${seen.page.policy}) from ${seen.place}, answered by ${seen.region} with ${seen.status}`,
    `  version ${seen.version}${bound === undefined ? "" : `, though ${bound.version} or later was promised`}`,
    `  asked at ${seen.startedAt}, answered by ${seen.answeredAt}`,
    `  Cache-Status: ${seen.cacheStatus}`,
  ];
  if (bound === undefined) return lines.join("\n");
  const { id, scope, severity, via, askedAt, completeAt, wasPartial } = bound.purge;
  lines.push(
    `  receipt ${id}: ${severity}, ${JSON.stringify(scope)}, by ${via}`,
    `  asked for at ${askedAt}, complete at ${completeAt ?? "(not yet)"}${wasPartial ? ", after it was partial" : ""}`,
  );
  return lines.join("\n");
}
