// Infers cut links and lost regions from the hubs' reports about each other. A link is directed: over `weur -> apac` weur
// sends requests and apac answers. It is cut while apac leaves weur's requests unanswered although apac is alive: it answered
// the control API, or another hub heard from it since.
// Decided: a region is lost only if hubs of a majority of the regions answer and none of them can reach it. A minority cannot
// distinguish lost regions from being cut off itself; those regions are `unreachable` and nothing more is claimed. The same
// applies for the seconds until every hub has noticed a loss.

import type { RegionId } from "../../config/world/regions.ts";
import type { RegionView } from "./observe/region-view.ts";

export interface Links {
  readonly lostRegions: { readonly region: RegionId; readonly heardAt?: string; readonly heardBy?: RegionId }[];
  readonly cutLinks: { readonly from: RegionId; readonly to: RegionId; readonly since: string }[];
}

/** One hub's report about another. Instants are from its own clock, in ISO 8601, and compared as text. */
interface Word {
  readonly from: RegionId;
  readonly heardAt?: string | undefined;
  readonly unansweredSince?: string | undefined;
}

/** The lost regions and the cut links among all configured `regions`, each in the order of `regions`. */
export function linksOf(regions: readonly RegionView[]): Links {
  const isMajority = regions.filter(({ hub }) => hub !== undefined).length > regions.length / 2;
  const lostRegions: Links["lostRegions"] = [];
  const cutLinks: Links["cutLinks"] = [];
  for (const { id, hub } of regions) {
    const words = wordsOn(regions, id);
    const failing = words.filter(({ unansweredSince }) => unansweredSince !== undefined);
    if (hub === undefined && failing.length === words.length) {
      const last = lastHeard(words);
      if (isMajority) lostRegions.push({ region: id, ...(last && { heardAt: last.heardAt, heardBy: last.from }) });
      continue;
    }
    for (const { from, unansweredSince: since } of failing) {
      const isAlive = hub !== undefined || words.some((word) => word.from !== from && isHeardSince(word, since));
      if (since !== undefined && isAlive) cutLinks.push({ from, to: id, since });
    }
  }
  return { lostRegions, cutLinks };
}

const wordsOn = (regions: readonly RegionView[], id: RegionId): readonly Word[] =>
  regions.flatMap(({ id: from, hub }) =>
    hub && from !== id ? [{ ...hub.members.find((m) => m.region === id), from }] : [],
  );

const isHeardSince = ({ heardAt }: Word, since = ""): boolean => heardAt !== undefined && heardAt >= since;

function lastHeard(words: readonly Word[]): { readonly from: RegionId; readonly heardAt: string } | undefined {
  const heard = words.flatMap(({ from, heardAt }) => (heardAt === undefined ? [] : [{ from, heardAt }]));
  return heard.sort((a, b) => (a.heardAt < b.heardAt ? 1 : -1))[0];
}
