// The page's data: the control API's answers, with the types of the API's own schemas. Only types are imported, so the page
// contains no schema library; `check.ts` validates answers against the same schemas. Values derived from an answer are here
// too. Instants in answers are from the answering region's clock, in ISO 8601.

import type { z } from "zod";
import { type EpochMillis, epochMillis } from "../../config/units.ts";
import type { dryRunSchema, receiptPageSchema, receiptSchema, regionListSchema, statsSchema } from "../api/schemas.ts";

/** `GET /v1/regions`. */
export type RegionList = z.output<typeof regionListSchema>;
export type Region = RegionList["regions"][number];
export type LostRegion = NonNullable<RegionList["lostRegions"]>[number];
export type CutLink = NonNullable<RegionList["cutLinks"]>[number];
/** `GET /v1/stats`: traffic at one instant. */
export type Sample = z.output<typeof statsSchema>;
/** One region's traffic since its counters started. */
export type RegionReport = Sample["regions"][number];
/** One span of the cluster's series, of `sampleSeconds`. */
export type Span = Sample["total"]["series"][number];
/** `GET /v1/purges`. */
export type PurgePage = z.output<typeof receiptPageSchema>;
/** A purge's receipt. */
export type Purge = z.output<typeof receiptSchema>;
export type DryRun = z.output<typeof dryRunSchema>;

/** `drained`: serves no clients, by command. `unreachable`: did not answer. `lost`: answers no other region either. */
export const HEALTHS = ["live", "drained", "unreachable", "lost"] as const;
export type PageHealth = (typeof HEALTHS)[number];

/** A region's health, given the lost regions. */
export function healthOf({ id, status, drained }: Region, lost: readonly LostRegion[] = []): PageHealth {
  if (lost.some(({ region }) => region === id)) return "lost";
  if (status === "unreachable") return "unreachable";
  return drained ? "drained" : "live";
}

/** An instant of an answer. */
export const instantOf = (text: string): EpochMillis => epochMillis(Date.parse(text));

/** The report of region `id`; undefined if it did not answer. */
export const reportOf = (sample: Sample | undefined, id: string): RegionReport | undefined =>
  sample?.regions.find(({ region, reachable }) => region === id && reachable);

/** A purge's scopes in one list, the broadest first; `everything` has no value. */
export function scopesOf({ scopes }: Purge): readonly { readonly kind: string; readonly value: string }[] {
  const listed = (kind: string, values: readonly string[]) => values.map((value) => ({ kind, value }));
  return [
    ...(scopes.everything ? [{ kind: "everything", value: "" }] : []),
    ...listed("host", scopes.hosts),
    ...listed("prefix", scopes.prefixes),
    ...listed("tag", scopes.tags),
    ...listed("url", scopes.urls),
  ];
}

/** A failed request, as an RFC 9457 problem. `status` 0: no answer came. */
export interface PageProblem {
  readonly status: number;
  readonly title: string;
  readonly detail?: string;
  /** Faults of single fields, by JSON pointer into the request body. */
  readonly errors: readonly { readonly pointer: string; readonly detail: string }[];
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Reads an `application/problem+json` body; anything else, such as a proxy's page, becomes a problem with only the status. */
export function problemOf(status: number, body: unknown): PageProblem {
  const entry = isObject(body) ? body : {};
  const errors = Array.isArray(entry.errors) ? entry.errors.filter(isObject) : [];
  return {
    status,
    title: typeof entry.title === "string" ? entry.title : `The answer was ${status}`,
    ...(typeof entry.detail === "string" && { detail: entry.detail }),
    errors: errors.flatMap(({ pointer, detail }) =>
      typeof pointer === "string" && typeof detail === "string" ? [{ pointer, detail }] : [],
    ),
  };
}
