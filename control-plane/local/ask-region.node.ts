// What the launcher itself asks of a region's control API: whether it is well, and which regions are drained. Answers are
// values; a region that cannot answer is everyday here, since regions are stopped and started.

import { isRegionId, type RegionId } from "../../config/world/regions.ts";

/** Whether the region behind a control port is well: its API answers, and its hub takes purges. Else what it lacks. */
export async function askHealth(controlPort: number): Promise<"well" | { readonly lacks: string }> {
  try {
    const answer = await fetch(`http://127.0.0.1:${controlPort}/v1/health`);
    const said = await answer.text();
    if (answer.status >= 500) return { lacks: `its control API answers ${answer.status}` };
    const { status, detail } = JSON.parse(said) as { readonly status?: string; readonly detail?: string };
    return status === "degraded" ? { lacks: detail ?? "its hub takes no purges" } : "well";
  } catch (error) {
    // It does not answer, or not as the API does: the caller asks again.
    return { lacks: `its control API does not answer (${(error as Error).message})` };
  }
}

/** The drained regions by the control API behind `port`; undefined if it cannot say. */
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
    // The region is going down or its API is not there: the caller asks the next one.
    return undefined;
  }
}
