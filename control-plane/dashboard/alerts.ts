// Derives alerts, most urgent first: regions that do not answer or are lost, cut links, unapplied purges, open breakers, hubs
// that disagree. Only current conditions: it has no memory beyond its input.

import type { EpochMillis, Millis } from "../../config/units.ts";
import type { RegionId } from "../../config/world/regions.ts";
import { coversAll, join, type Vector } from "../purge/vector.ts";
import { formatAgo, formatFor, formatPlural, formatRate } from "./format.ts";
import {
  type CutLink,
  healthOf,
  instantOf,
  type LostRegion,
  type Purge,
  type Region,
  type RegionReport,
} from "./model.ts";
import type { Rates } from "./rates.ts";

/** `id` is stable while the condition lasts, so that successive lists can be compared. */
export interface Alert {
  readonly id: string;
  readonly severity: "bad" | "warn";
  readonly title: string;
  readonly detail: string;
}

/** Hubs normally agree within moments of a purge; a longer difference is an alert. */
export const UNAPPLIED_AFTER_MILLIS = 5_000;

/** The input. `hubsDifferSince` is when hubs were first seen to disagree; absent while they agree. */
export interface AlertFacts {
  readonly regions: readonly Region[];
  readonly lostRegions: readonly LostRegion[];
  readonly cutLinks: readonly CutLink[];
  readonly rates: Readonly<Partial<Record<RegionId, Rates>>>;
  /** Of the regions that answered. */
  readonly reports: readonly RegionReport[];
  readonly purges: readonly Purge[];
  readonly hubsDifferSince?: EpochMillis;
}

/** Regions whose hub lacks an event that another answering hub has. */
export function regionsBehind(regions: readonly Region[]): readonly RegionId[] {
  const heard = regions.flatMap(({ id, hub }) => (hub ? [{ id, vector: hub.vector }] : []));
  const all = heard.reduce<Vector>((known, { vector }) => join(known, vector), {});
  return heard.filter(({ vector }) => !coversAll(vector, all)).map(({ id }) => id);
}

/** All alerts at `now`: `bad` before `warn`, each in the order of the regions or purges. */
export function alertsOf(facts: AlertFacts, now: EpochMillis): readonly Alert[] {
  const alerts = [
    ...regionAlerts(facts, now),
    ...linkAlerts(facts.cutLinks, now),
    ...purgeAlerts(facts.purges, now),
    ...breakerAlerts(facts.reports),
    ...originAlerts(facts),
  ];
  const behind = regionsBehind(facts.regions);
  if (behind.length > 0 && facts.hubsDifferSince !== undefined && lasted(facts.hubsDifferSince, now)) {
    alerts.push({
      id: "hubs-differ",
      severity: "warn",
      title: "Hubs disagree about purges",
      detail: `Behind: ${behind.join(", ")}. Gossip repairs this with the next purge or request there.`,
    });
  }
  return [
    ...alerts.filter(({ severity }) => severity === "bad"),
    ...alerts.filter(({ severity }) => severity === "warn"),
  ];
}

const lasted = (since: EpochMillis, now: EpochMillis) => ((now - since) as Millis) >= UNAPPLIED_AFTER_MILLIS;

function* regionAlerts({ regions, lostRegions, cutLinks }: AlertFacts, now: EpochMillis): Iterable<Alert> {
  for (const region of regions) {
    const { id, name, status, reason } = region;
    const health = healthOf(region, lostRegions);
    if (health === "lost") {
      yield {
        id: `lost:${id}`,
        severity: "bad",
        title: `${id} is lost`,
        detail: `No other region can reach it${lastHeard(lostRegions, id, now)}. Its clients are served by the next region.`,
      };
    } else if (health === "unreachable") {
      // A region that others reach is healthy: the fault is the cut link to it.
      if (cutLinks.some(({ to }) => to === id)) continue;
      yield {
        id: `unreachable:${id}`,
        severity: "bad",
        title: `${id} does not answer`,
        detail: `${name}: ${reason ?? "it is unreachable"}. Its clients are served by the next region.`,
      };
    } else if (status === "joining") {
      yield {
        id: `joining:${id}`,
        severity: "warn",
        title: `${id} accepts no purges yet`,
        detail: reason ?? "Its hub has not joined: every other hub must acknowledge it first.",
      };
    }
  }
}

/** Which region last heard from a lost one, and when, as the end of a sentence; empty if none did. */
function lastHeard(lost: readonly LostRegion[], id: RegionId, now: EpochMillis): string {
  const { heardAt, heardBy } = lost.find(({ region }) => region === id) ?? {};
  return heardAt === undefined ? "" : `; ${heardBy} last heard from it ${formatFor(instantOf(heardAt), now)} ago`;
}

function* linkAlerts(links: readonly CutLink[], now: EpochMillis): Iterable<Alert> {
  for (const { from, to, since } of links) {
    yield {
      id: `cut:${from}>${to}`,
      severity: "bad",
      title: `The link ${from} → ${to} is cut`,
      detail: `${to} has not answered ${from} for ${formatFor(instantOf(since), now)}. Requests from ${from} to ${to} fail; other regions reach ${to} and relay purges.`,
    };
  }
}

function* purgeAlerts(purges: readonly Purge[], now: EpochMillis): Iterable<Alert> {
  for (const { id, state, acceptedAt, regions } of purges) {
    const open = regions.filter((region) => region.state === "pending" || region.state === "accepted");
    const unfinished = state === "accepted" || state === "partial";
    if (!unfinished || open.length === 0 || !lasted(instantOf(acceptedAt), now)) continue;
    const where = open.map(({ region, reason }) => (reason ? `${region} (${reason})` : region)).join(", ");
    yield {
      id: `purge:${id}`,
      severity: "bad",
      title: `Purge not applied in ${formatPlural(open.length, "region")}`,
      detail: `${id}, accepted ${formatAgo(instantOf(acceptedAt), now)}: ${where}. It is retried until applied.`,
    };
  }
}

/** Origins with an open breaker. */
function* breakerAlerts(reports: AlertFacts["reports"]): Iterable<Alert> {
  for (const { region, breakers } of reports) {
    for (const origin of new Set(breakers.map((breaker) => breaker.origin))) {
      const all = breakers.filter((breaker) => breaker.origin === origin);
      const open = all.filter(({ state }) => state !== "closed").length;
      if (open === 0) continue;
      yield {
        id: `breaker:${region}:${origin}`,
        severity: "bad",
        title: `${region} sends no requests to ${origin}`,
        detail: `The breaker is open at ${open} of the ${formatPlural(all.length, "shard")} that use it. Stored responses are served, other requests get 503 at once; it is retried every few seconds while requests arrive.`,
      };
    }
  }
}

/** Derived from the shield regions' counters: where at least half of the requests fail, breakers will soon open. */
function* originAlerts({ rates, reports }: AlertFacts): Iterable<Alert> {
  for (const [region, { originPerSecond, originFailuresPerSecond }] of Object.entries(rates)) {
    if (originFailuresPerSecond === 0 || originFailuresPerSecond < originPerSecond / 2) continue;
    const report = reports.find((one) => one.region === region);
    if (report?.breakers.some(({ state }) => state !== "closed")) continue;
    yield {
      id: `origin:${region}`,
      severity: "bad",
      title: `Origin requests fail in ${region}`,
      detail: `${formatRate(originFailuresPerSecond)} a second fail. Stored responses are served; once the breaker opens, other requests get 503 at once.`,
    };
  }
}
