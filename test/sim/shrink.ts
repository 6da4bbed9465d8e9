// Makes a failing run shorter: leaves out steps, then faults of links and clocks, as long as the same check still finds something.
// Every purpose has a chance of its own, so the rest of the run keeps its luck. And tells a step in words.

import type { Plan, Step } from "./plan.ts";
import type { Result } from "./world.ts";

type Simulate = (plan: Plan, tells?: boolean) => Promise<Result>;

/** The shortest plan found that fails the same check, and its run with the story told. */
export async function shrink(
  plan: Plan,
  check: string,
  simulate: Simulate,
): Promise<{ readonly plan: Plan; readonly result: Result }> {
  const fails = async (candidate: Plan): Promise<boolean> =>
    (await simulate(candidate)).findings.some((finding) => finding.check === check);
  let best = plan;
  const tryPlan = async (candidate: Plan): Promise<boolean> => {
    if (!(await fails(candidate))) return false;
    best = candidate;
    return true;
  };
  const { links } = plan;
  await tryPlan({
    ...best,
    links: { ...links, loss: 0, repetition: 0, slow: 0, hubSlow: 0, stragglers: 0 },
    broken: 0,
  });
  for (const quiet of ["loss", "repetition", "slow", "hubSlow", "stragglers"] as const) {
    if (best.links[quiet] > 0) await tryPlan({ ...best, links: { ...best.links, [quiet]: 0 } });
  }
  await tryPlan({ ...best, regions: best.regions.map((region) => ({ ...region, clocks: RIGHT_CLOCKS })) });
  // Each step that goes may let another go.
  for (let before = Number.POSITIVE_INFINITY; best.steps.length < before; ) {
    before = best.steps.length;
    for (let size = Math.ceil(before / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
      for (let start = 0; start < best.steps.length; ) {
        const steps = [...best.steps.slice(0, start), ...best.steps.slice(start + size)];
        if (!(await tryPlan({ ...best, steps }))) start += size;
      }
    }
  }
  return { plan: best, result: await simulate(best, true) };
}

const RIGHT = { skew: 0, drift: 0 };
const RIGHT_CLOCKS = { hub: RIGHT, shards: RIGHT, edge: RIGHT };

/** What a step does, as a sentence with its instant. */
export const stepTold = (step: Step): string => `${String(step.at).padStart(6)}  ${whatOf(step)}`;

function whatOf(step: Step): string {
  switch (step.kind) {
    case "request": {
      const demand = step.demands ? ", not from before the last accepted purge" : "";
      const leaves = step.leavesAfter === undefined ? "" : `, and goes away after ${step.leavesAfter} ms`;
      return `a client in ${step.region} asks for object ${step.object} (${step.language ?? "any language"})${demand}${leaves}`;
    }
    case "publish":
      return `object ${step.object} changes`;
    case "purge": {
      const scopes = step.scopes.map((scope) => Object.values(scope).join(" ")).join(" and ");
      const changed = step.object === undefined ? "" : `object ${step.object} changes, and `;
      const key = step.key === undefined ? "" : ` under ${step.key}`;
      return `${changed}${step.region} is asked for a ${step.severity} purge of ${scopes}${key}, until ${step.waits}`;
    }
    case "cut":
      return `messages from ${step.from} to ${step.to} are lost for ${step.for} ms`;
    case "isolate":
      return `${step.region} and all others lose each other's messages for ${step.for} ms`;
    case "deafen":
      return `${step.region}'s hub and shards lose each other's messages for ${step.for} ms`;
    case "evict-shard":
      return `${step.region}'s shard ${step.shard} is reset`;
    case "deploy":
      return `${step.region}'s nodes go over to ${step.ring === "smaller" ? "a ring of fewer shards" : "the ring of all shards"}`;
    case "lose-isolate":
      return `${step.region}'s shards lose all memory`;
    case "crash-hub":
      return `${step.region}'s hub is down for ${step.for} ms`;
    case "stop-at-write": {
      const when = step.written ? "after" : "before";
      return `${step.region}'s hub stops right ${when} it writes its next purge, for ${step.for} ms`;
    }
    case "drain":
      return `${step.region} takes no clients for ${step.for} ms`;
    case "lose-disk":
      return `${step.region}'s hub loses its log, and is down for ${step.for} ms`;
    case "origin-fails":
      return `the origin refuses connections for ${step.for} ms`;
  }
}
