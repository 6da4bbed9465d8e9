// The launcher's own requests to a region's control API: its health, and the drained regions. Failures are values, since regions
// are stopped and started.

import { isRegionId, type RegionId } from "../../config/world/regions.ts";

/** Whether the region behind a control port is healthy: its API answers, and its hub accepts purges. Otherwise the reason. */
export async function askHealth(controlPort: number): Promise<"well" | { readonly lacks: string }> {
  try {
    const answer = await fetch(`http://127.0.0.1:${controlPort}/v1/health`);
    const said = await answer.text();
    if (answer.status >= 500) return { lacks: `its control API answers ${answer.status}` };
    const { status, detail } = JSON.parse(said) as { readonly status?: string; readonly detail?: string };
    return status === "degraded" ? { lacks: detail ?? "its hub accepts no purges" } : "well";
  } catch (error) {
    // No answer, or not the API's: the caller retries.
    return { lacks: `its control API does not answer (${(error as Error).message})` };
  }
}

/** The drained regions according to the control API behind `port`; undefined if it does not answer. */
export async function askDrained(port: number, token: string): Promise<ReadonlySet<RegionId> | undefined> {
  try {
    const answer = await fetch(`http://127.0.0.1:${port}/v1/regions`, {
      headers: { Authorization: `Bearer ${token}` },
    });
    const { regions } = (await answer.json()) as { regions?: { id?: string; drained?: boolean }[] };
    if (!Array.isArray(regions)) return undefined;
    const ids = regions.flatMap(({ id, drained }) => (drained === true && id !== undefined ? [id] : []));
    return new Set(ids.filter(isRegionId));
  } catch {
    // The region is stopping, or its API is down: the caller tries the next one.
    return undefined;
  }
}
