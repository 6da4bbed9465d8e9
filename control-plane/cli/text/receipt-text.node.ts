// A purge's receipt for people: what was purged, how far it is, and what each region has done and when. It says what the
// receipt says and no more: `applied` is never written as "done everywhere for good".

import type { z } from "zod";
import { bytes, type Millis, millis } from "../../../config/units.ts";
import type { dryRunSchema, receiptPageSchema, receiptSchema } from "../../api/schemas.ts";
import type { PurgeProof } from "../purge/purge-proof.ts";
import { describeScopes } from "../purge/purge-scopes.ts";
import type { Terminal } from "../terminal.node.ts";
import { formatAge, formatBytes, formatCount, formatDuration } from "./measures.ts";
import { drawTable } from "./table.node.ts";

export type Receipt = z.output<typeof receiptSchema>;

/** Milliseconds between two of the receipt's instants. They are different hubs' clocks, so it can be off by their skew. */
const elapsed = (from: string, to: string): Millis => millis(Math.max(0, Date.parse(to) - Date.parse(from)));

/** The receipt in full. */
export function receiptText(receipt: Receipt, terminal: Terminal): string {
  const { colours } = terminal;
  const lines = [
    `${colours.bold(receipt.id)}  ${stateText(receipt.state, terminal)}  ${receipt.soft ? "soft" : "hard"} purge of ${describeScopes(receipt.scopes)}`,
    `accepted ${receipt.acceptedAt} by the hub of ${receipt.hub}, asked by ${receipt.by}${receipt.reason === undefined ? "" : ` (${receipt.reason})`}`,
    ...settleText(receipt),
    "",
    drawTable(
      [
        { title: "REGION" },
        { title: "STATE" },
        { title: "APPLIED AFTER", align: "right" },
        { title: "ENTRIES", align: "right" },
        { title: "" },
      ],
      receipt.regions.map((region) => [
        region.region,
        stateText(region.state, terminal),
        region.appliedAt === undefined ? "" : formatDuration(elapsed(receipt.acceptedAt, region.appliedAt)),
        region.entries === undefined ? "" : formatCount(region.entries),
        region.reason ?? "",
      ]),
      terminal,
    ),
  ];
  if (receipt.missing.length > 0)
    lines.push("", colours.yellow(`Not known to hold it yet: ${receipt.missing.join(", ")}.`));
  if (receipt.completeBy !== undefined && receipt.state !== "complete")
    lines.push("", `Complete by ${receipt.completeBy}, whatever happens until then.`);
  if (receipt.detail !== undefined) lines.push("", receipt.detail);
  return lines.join("\n");
}

/** What is not kept for a while, if the purge waits for its origin. */
function settleText({ settleSeconds, minVersion }: Receipt): readonly string[] {
  if (!settleSeconds) return [];
  const { notEtags = [], lastModified } = minVersion ?? {};
  const kept = [
    ...(notEtags.length === 0 ? [] : [`has another entity tag than ${notEtags.join(", ")}`]),
    ...(lastModified === undefined ? [] : [`was modified since ${lastModified}`]),
  ];
  const unless = kept.length === 0 ? "" : `, unless it ${kept.join(" and ")}`;
  return [`what is fetched in the first ${settleSeconds} s is passed on and not kept${unless}`];
}

/** Receipts, one a line. */
export function receiptListText(page: z.output<typeof receiptPageSchema>, now: number, terminal: Terminal): string {
  if (page.purges.length === 0) return "No purges.";
  const table = drawTable(
    [
      { title: "PURGE" },
      { title: "STATE" },
      { title: "AGO", align: "right" },
      { title: "APPLIED IN", align: "right" },
      { title: "BY" },
      { title: "WHAT" },
    ],
    page.purges.map((receipt) => [
      receipt.id,
      stateText(receipt.state, terminal) + (receipt.soft ? " (soft)" : ""),
      formatAge(millis(now - Date.parse(receipt.acceptedAt))),
      receipt.appliedAt === undefined ? "-" : formatDuration(elapsed(receipt.acceptedAt, receipt.appliedAt)),
      receipt.by,
      shorten(describeScopes(receipt.scopes), 60),
    ]),
    terminal,
  );
  return page.cursor === undefined ? table : `${table}\n\nMore: meridian purge list --cursor ${page.cursor}`;
}

/** What a dry run would have hit. */
export function dryRunText(dryRun: z.output<typeof dryRunSchema>, terminal: Terminal): string {
  const size = formatBytes(bytes(dryRun.bytes));
  const lines = [
    `Nothing was purged. A ${dryRun.soft ? "soft" : "hard"} purge of ${describeScopes(dryRun.scopes)} would hit ${formatCount(dryRun.entries)} ${dryRun.entries === 1 ? "entry" : "entries"} (${size}).`,
    "",
    drawTable(
      [{ title: "REGION" }, { title: "ENTRIES", align: "right" }, { title: "SIZE", align: "right" }, { title: "" }],
      dryRun.regions.map((region) => [
        region.region,
        region.entries === undefined ? "-" : formatCount(region.entries),
        region.bytes === undefined ? "-" : formatBytes(bytes(region.bytes)),
        region.reason ?? "",
      ]),
      terminal,
    ),
  ];
  if (dryRun.missing.length > 0) {
    lines.push("", terminal.colours.yellow(`Not counted, since they did not answer: ${dryRun.missing.join(", ")}.`));
  }
  return lines.join("\n");
}

/** What is proven of a purge, and what is not. */
export function proofText(proof: PurgeProof, terminal: Terminal): string {
  const { colours } = terminal;
  const hub = { "has it": colours.green, "lacks it": colours.red, silent: colours.yellow };
  const table = drawTable(
    [{ title: "REGION" }, { title: "ITS HUB" }, { title: "RECEIPT SAYS" }],
    proof.regions.map((one) => [one.region, hub[one.hub](one.hub), stateText(one.receipt, terminal)]),
    terminal,
  );
  return [
    `${colours.bold(proof.id)}  ${stateText(proof.state, terminal)}`,
    "",
    ...(proof.regions.length === 0 ? [] : [table, ""]),
    "Proven:",
    ...(proof.proven.length === 0 ? ["  nothing"] : proof.proven.map((line) => `  ${line}`)),
    "Not proven:",
    ...proof.notProven.map((line) => `  ${line}`),
  ].join("\n");
}

function stateText(state: string, { colours }: Terminal): string {
  if (state === "applied" || state === "complete") return colours.green(state);
  return state === "partial" || state === "pending" ? colours.yellow(state) : state;
}

const shorten = (text: string, length: number): string =>
  text.length <= length ? text : `${text.slice(0, length - 3)}...`;
