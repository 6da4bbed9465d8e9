// Asks the control API, and turns whatever happens into a value: an answer that was understood, or a problem. It never throws
// and never retries; when to ask again is decided by `app.browser.ts`. The token goes into the `Authorization` field only.

import { LIMITS } from "../../config/limits.ts";
import type { RegionId } from "../../config/world/regions.ts";
import {
  type Decoded,
  decodeDryRun,
  decodeProblem,
  decodePurges,
  decodeReceipt,
  decodeRegions,
  decodeStats,
} from "./decode.ts";
import type { DryRun, Problem, Purge, Region, Sample } from "./model.ts";
import type { PurgeBody } from "./purge-form.ts";

export type Answer<Value> =
  | { readonly kind: "value"; readonly value: Value }
  | { readonly kind: "problem"; readonly problem: Problem };

export interface ControlApi {
  regions(): Promise<Answer<readonly Region[]>>;
  stats(): Promise<Answer<Sample>>;
  purges(): Promise<Answer<readonly Purge[]>>;
  receipt(id: string): Promise<Answer<Purge>>;
  purge(body: PurgeBody): Promise<Answer<Purge>>;
  dryRun(body: PurgeBody): Promise<Answer<DryRun>>;
  setDrained(region: RegionId, drained: boolean): Promise<Answer<undefined>>;
}

/** The API of this page's own origin, for the holder of `token`. */
export function controlApi(token: string): ControlApi {
  const ask = <Value>(path: string, decode: (body: unknown) => Decoded<Value>, post?: object) =>
    request(path, token, decode, post);
  return {
    regions: () => ask("/v1/regions", decodeRegions),
    stats: () => ask("/v1/stats", decodeStats),
    purges: () => ask(`/v1/purges?limit=${LIMITS.dashboardPurges}`, decodePurges),
    receipt: (id) => ask(`/v1/purges/${encodeURIComponent(id)}`, decodeReceipt),
    purge: (body) => ask("/v1/purges", decodeReceipt, body),
    dryRun: (body) => ask("/v1/purges", decodeDryRun, { ...body, dryRun: true }),
    setDrained: (region, drained) =>
      ask(`/v1/regions/${region}/${drained ? "drain" : "undrain"}`, () => ({ kind: "value", value: undefined }), {}),
  };
}

async function request<Value>(
  path: string,
  token: string,
  decode: (body: unknown) => Decoded<Value>,
  post?: object,
): Promise<Answer<Value>> {
  let status = 0;
  try {
    const response = await fetch(path, {
      method: post ? "POST" : "GET",
      headers: {
        Authorization: `Bearer ${token}`,
        Accept: "application/json, application/problem+json",
        ...(post && { "Content-Type": "application/json" }),
      },
      ...(post && { body: JSON.stringify(post) }),
      cache: "no-store",
      credentials: "omit",
      redirect: "error",
      signal: AbortSignal.timeout(LIMITS.dashboardAnswerMillis),
    });
    status = response.status;
    const body: unknown = await response.json();
    if (!response.ok) return { kind: "problem", problem: decodeProblem(status, body) };
    const read = decode(body);
    if (read.kind === "value") return read;
    return unreadable(status, `The answer to ${path} does not fit this page (${read.fault}). Reload the page.`);
  } catch (error) {
    if (status === 0) return { kind: "problem", problem: { status, title: "No answer", errors: [] } };
    return unreadable(status, `The answer to ${path} is not JSON (${(error as Error).name}).`);
  }
}

const unreadable = (status: number, detail: string): { readonly kind: "problem"; readonly problem: Problem } => ({
  kind: "problem",
  problem: { status, title: "The answer was not understood", detail, errors: [] },
});
