// What the launcher itself asks of a region's control API: whether it is well, and which regions are drained. Answers are
// values; a region that cannot answer is everyday here, since regions are stopped and started.

import { isRegionId, type RegionId } from "../../config/regions.ts";

/** Whether the region behind a control port is well: its API answers, and not with an error of its own. */
export async function askHealth(controlPort: number): Promise<"well" | "not yet"> {
  try {
    const { status } = await fetch(`http://127.0.0.1:${controlPort}/v1/health`);
    return status < 500 ? "well" : "not yet";
  } catch {
    // It does not answer: that is all there is to know, and the caller asks again.
    return "not yet";
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
