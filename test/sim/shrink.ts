// Makes a failing run shorter: leaves out steps, and then faults of links, as long as the same check still finds something.
// Every purpose has a chance of its own, so the rest of the run keeps its luck.

import type { Plan } from "./plan.ts";
import { type Result, simulate } from "./world.ts";

/** The shortest plan found that fails the same check, and its run with the story told. */
export async function shrink(plan: Plan, check: string): Promise<{ readonly plan: Plan; readonly result: Result }> {
  const fails = async (candidate: Plan): Promise<boolean> =>
    (await simulate(candidate)).findings.some((finding) => finding.check === check);
  let best = plan;
  const tryPlan = async (candidate: Plan): Promise<boolean> => {
    if (!(await fails(candidate))) return false;
    best = candidate;
    return true;
  };
  await tryPlan({ ...best, links: { ...best.links, loss: 0, repetition: 0, slow: 0, hubSlow: 0 }, broken: 0 });
  for (let size = Math.ceil(best.steps.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let start = 0; start < best.steps.length; ) {
      const steps = [...best.steps.slice(0, start), ...best.steps.slice(start + size)];
      if (!(await tryPlan({ ...best, steps }))) start += size;
    }
  }
  return { plan: best, result: await simulate(best, true) };
}
