// The control API's client: every outcome is a value, a valid answer or a problem. It never throws and never retries;
// `app.browser.ts` decides when to repeat a request. The token is sent in the `Authorization` field only.

import type { RegionId } from "../../config/world/regions.ts";
import { type AnswerName, faultIn, type Shapes } from "./check.ts";
import { DASHBOARD_LIMITS } from "./limits.ts";
import {
  type DryRun,
  type PageProblem,
  type Purge,
  type PurgePage,
  problemOf,
  type RegionList,
  type Sample,
} from "./model.ts";
import type { FormBody } from "./purge-form.ts";

export type PageAnswer<Value> =
  | { readonly kind: "value"; readonly value: Value }
  | { readonly kind: "problem"; readonly problem: PageProblem };

/** Filled in by the build. */
declare const SHAPES: Shapes;

export interface ControlApi {
  regions(): Promise<PageAnswer<RegionList>>;
  stats(): Promise<PageAnswer<Sample>>;
  purges(): Promise<PageAnswer<PurgePage>>;
  receipt(id: string): Promise<PageAnswer<Purge>>;
  purge(body: FormBody): Promise<PageAnswer<Purge>>;
  dryRun(body: FormBody): Promise<PageAnswer<DryRun>>;
  setDrained(region: RegionId, drained: boolean): Promise<PageAnswer<unknown>>;
}

/** The API of this page's own origin, used with `token`. */
export function controlApi(token: string): ControlApi {
  const ask = <Value>(path: string, name?: AnswerName, post?: object) => request<Value>(path, token, name, post);
  return {
    regions: () => ask("/v1/regions", "regions"),
    stats: () => ask("/v1/stats", "stats"),
    purges: () => ask(`/v1/purges?limit=${DASHBOARD_LIMITS.dashboardPurges}`, "purges"),
    receipt: (id) => ask(`/v1/purges/${encodeURIComponent(id)}`, "receipt"),
    purge: (body) => ask("/v1/purges", "receipt", body),
    dryRun: (body) => ask("/v1/purges", "dryRun", { ...body, dryRun: true }),
    setDrained: (region, drained) => ask(`/v1/regions/${region}/${drained ? "drain" : "undrain"}`, undefined, {}),
  };
}

/** `name` selects the expected answer; without one the answer's content is not used. */
async function request<Value>(
  path: string,
  token: string,
  name?: AnswerName,
  post?: object,
): Promise<PageAnswer<Value>> {
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
      signal: AbortSignal.timeout(DASHBOARD_LIMITS.dashboardAnswerMillis),
    });
    status = response.status;
    const body: unknown = await response.json();
    if (!response.ok) return { kind: "problem", problem: problemOf(status, body) };
    const fault = name && faultIn(body, name, SHAPES);
    if (fault === undefined) return { kind: "value", value: body as Value };
    return unreadable(status, `The answer to ${path} does not match this page's version (${fault}). Reload the page.`);
  } catch (error) {
    if (status === 0) return { kind: "problem", problem: { status, title: "No answer", errors: [] } };
    return unreadable(status, `The answer to ${path} is not JSON (${(error as Error).name}).`);
  }
}

const unreadable = (status: number, detail: string): { readonly kind: "problem"; readonly problem: PageProblem } => ({
  kind: "problem",
  problem: { status, title: "The answer is invalid", detail, errors: [] },
});
