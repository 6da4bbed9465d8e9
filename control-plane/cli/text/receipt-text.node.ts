// Formats a purge's receipt: its scopes, its state, and each region's progress. It claims no more than the receipt: `applied`
// is never written as "done everywhere for good".

import type { z } from "zod";
import { bytes, type Millis, millis } from "../../../config/units.ts";
import type { dryRunSchema, receiptPageSchema, receiptSchema } from "../../api/schemas.ts";
import type { PurgeProof } from "../purge/purge-proof.ts";
import { describeScopes } from "../purge/purge-scopes.ts";
import type { Terminal } from "../terminal.node.ts";
import { formatAge, formatBytes, formatCount, formatDuration } from "./measures.ts";
import { drawTable } from "./table.node.ts";

export type ApiReceipt = z.output<typeof receiptSchema>;

/** Milliseconds between two of the receipt's instants. They come from different hubs' clocks, so it can be off by their skew. */
const elapsed = (from: string, to: string): Millis => millis(Math.max(0, Date.parse(to) - Date.parse(from)));

/** The receipt in full. */
export function receiptText(receipt: ApiReceipt, terminal: Terminal): string {
  const { colours } = terminal;
  const lines = [
    `${colours.bold(receipt.id)}  ${stateText(receipt.state, terminal)}  ${receipt.soft ? "soft" : "hard"} purge of ${describeScopes(receipt.scopes)}`,
    `accepted ${receipt.acceptedAt} by the hub of ${receipt.hub}, requested by ${receipt.by}${receipt.reason === undefined ? "" : ` (${receipt.reason})`}`,
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
    lines.push("", colours.yellow(`Not known to have it yet: ${receipt.missing.join(", ")}.`));
  if (receipt.completeBy !== undefined && receipt.state !== "complete")
    lines.push("", `Complete by ${receipt.completeBy} at the latest.`);
  if (receipt.detail !== undefined) lines.push("", receipt.detail);
  return lines.join("\n");
}

/** Which responses are not stored for a while, if the purge waits for its origin. */
function settleText({ settleSeconds, minVersion }: ApiReceipt): readonly string[] {
  if (!settleSeconds) return [];
  const { notEtags = [], lastModified } = minVersion ?? {};
  const kept = [
    ...(notEtags.length === 0 ? [] : [`has an ETag other than ${notEtags.join(", ")}`]),
    ...(lastModified === undefined ? [] : [`was modified since ${lastModified}`]),
  ];
  const unless = kept.length === 0 ? "" : `, unless the response ${kept.join(" and ")}`;
  return [`responses fetched in the first ${settleSeconds} s are forwarded without being stored${unless}`];
}

/** Receipts, one per line. */
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

/** The entries that a dry run matched. */
export function dryRunText(dryRun: z.output<typeof dryRunSchema>, terminal: Terminal): string {
  const size = formatBytes(bytes(dryRun.bytes));
  const lines = [
    `Nothing was purged. A ${dryRun.soft ? "soft" : "hard"} purge of ${describeScopes(dryRun.scopes)} would invalidate ${formatCount(dryRun.entries)} ${dryRun.entries === 1 ? "entry" : "entries"} (${size}).`,
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
    lines.push("", terminal.colours.yellow(`Not counted, because they did not answer: ${dryRun.missing.join(", ")}.`));
  }
  return lines.join("\n");
}

/** Formats what is proven of a purge, and what is not. */
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
