// Health, statistics, metrics and explanations. Meters and hubs are queried on request, never in between; a region that does
// not answer is shown as such and never delays the others.

import type { z } from "zod";
import { LIMITS } from "../../../config/limits.ts";
import type { ScrapedName } from "../../../config/metrics/metric-catalogue.ts";
import type { MeterTotals } from "../../../config/metrics/tally.ts";
import { type EpochMillis, millis } from "../../../config/units.ts";
import type { RegionId } from "../../../config/world/regions.ts";
import type { HubState, ReceiptPage } from "../../hub/commands.ts";
import { EXPOSITION_TYPE, expose, type RegionMetrics } from "../../meter/prometheus.ts";
import { API_LIMITS } from "../limits.ts";
import { ask, askAll, askHubs } from "../nodes.worker.ts";
import { type ControlPorts, regionsOf } from "../ports.worker.ts";
import { problem } from "../problems.ts";
import { jsonResponse, type Mount, mount, problemResponse } from "../route.worker.ts";
import { ROUTES } from "../routes.ts";
import { healthSchema, statsSchema } from "../schemas.ts";
import { drainedBy, hubStates } from "./regions.worker.ts";
import { statsAnswer, withheldOn } from "./stats.ts";

type Health = z.output<typeof healthSchema>;

/** Mounts /v1/health, /v1/stats, /v1/explain and /metrics. */
export function mountObservation(on: Mount): void {
  const { ports } = on;
  let lastHealth: { readonly at: EpochMillis; readonly health: Health } | undefined;
  mount(on, ROUTES.health, async () => {
    // Public and unlimited, so the hub is not queried each time.
    if (lastHealth === undefined || ports.now() - lastHealth.at >= API_LIMITS.healthMillis) {
      lastHealth = { at: ports.now(), health: await healthOf(ports) };
    }
    return jsonResponse(healthSchema, lastHealth.health);
  });
  mount(on, ROUTES.stats, async () => {
    const answers = await askAll<MeterTotals>(ports, ports.meter, { path: "/totals" });
    const regions = answers.map((answer) =>
      answer.kind === "answer" ? { region: answer.region, totals: answer.body } : { region: answer.region },
    );
    return jsonResponse(statsSchema, statsAnswer(regions, ports.now()));
  });
  mount(on, ROUTES.explain, async ({ query }) => {
    const explained = await ports.explain({
      url: query.url,
      method: query.method,
      ...(query.from === undefined ? {} : { from: query.from }),
    });
    if (explained.kind === "invalid") {
      return problemResponse(problem("malformed-query", `${explained.parameter}: ${explained.detail}`));
    }
    const { explanation } = explained;
    const meters = await askAll<MeterTotals>(ports, ports.meter, { path: "/totals" });
    const totals = meters.flatMap((answer) => (answer.kind === "answer" ? [answer.body.totals] : []));
    const varyWithheld = withheldOn(explanation.route, totals);
    const whole = varyWithheld.length === 0 ? explanation : { ...explanation, varyWithheld };
    return new Response(JSON.stringify(whole), { headers: { "content-type": "application/json" } });
  });
  mount(
    on,
    ROUTES.metrics,
    async () => new Response(expose(await gather(ports)), { headers: { "content-type": EXPOSITION_TYPE } }),
  );
}

async function healthOf(ports: ControlPorts): Promise<Health> {
  const region = ports.ownRegion;
  const base = { region, mode: ports.localMode ? ("local" as const) : ("production" as const) };
  const after = millis(LIMITS.gatherTimeoutMillis);
  const answer = await ask<HubState>(ports, ports.hub(region), region, { path: "/state" }, after);
  if (answer.kind === "answer" && answer.body.joined) return { status: "ok", ...base };
  const detail = answer.kind === "unreachable" ? `the hub ${answer.detail}` : "the hub does not accept purges yet";
  return { status: "degraded", ...base, detail };
}

async function gather(ports: ControlPorts): Promise<readonly RegionMetrics[]> {
  const [states, totals, unapplied] = await Promise.all([
    hubStates(ports),
    askAll<MeterTotals>(ports, ports.meter, { path: "/totals" }),
    unappliedPurges(ports),
  ]);
  const drained = drainedBy(ports, states);
  return regionsOf(ports.config).map((region, index) => {
    const state = states[index];
    const meter = totals[index];
    const hub = state?.kind === "answer" ? state.body : undefined;
    const scraped: Partial<Record<ScrapedName, number>> = {
      meridian_region_up: hub?.joined === true ? 1 : 0,
      meridian_region_drained: drained.includes(region) ? 1 : 0,
      meridian_meter_up: meter?.kind === "answer" ? 1 : 0,
      ...(hub === undefined ? {} : logMetrics(hub)),
      ...(unapplied?.region === region ? unapplied.scraped : {}),
    };
    return { region, scraped, ...(meter?.kind === "answer" ? { totals: meter.body.totals } : {}) };
  });
}

const logMetrics = ({ logLength, forgotten, emptied }: HubState): Partial<Record<ScrapedName, number>> => ({
  meridian_hub_log_events: logLength,
  meridian_hub_forgotten_events: forgotten?.events ?? 0,
  ...(emptied === undefined ? {} : { meridian_hub_emptied_timestamp_seconds: emptied.at / 1000 }),
});

/** One hub's view of purges that are not applied everywhere; undefined if no hub answers. */
async function unappliedPurges(
  ports: ControlPorts,
): Promise<{ readonly region: RegionId; readonly scraped: Partial<Record<ScrapedName, number>> } | undefined> {
  const path = `/purges?limit=${LIMITS.receiptsPage}`;
  const answer = await askHubs<ReceiptPage>(ports, ports.ownRegion, { path });
  if (answer.kind !== "answer") return undefined;
  const open = answer.body.purges.filter(({ state }) => state === "accepted" || state === "partial");
  const oldest = open.reduce((age, { acceptedAt }) => Math.max(age, ports.now() - acceptedAt), 0);
  return {
    region: answer.region,
    scraped: { meridian_purges_unapplied: open.length, meridian_purge_unapplied_oldest_seconds: oldest / 1000 },
  };
}
