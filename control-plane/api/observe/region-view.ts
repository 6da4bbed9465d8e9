// A region as the API shows it: its configuration, and its hub's own report if it answers. It never guesses: a region whose
// hub is silent is unreachable, regardless of what other hubs heard last.

import type { z } from "zod";
import type { Config } from "../../../config/schema/schema.ts";
import { REGIONS, type RegionId } from "../../../config/world/regions.ts";
import type { HubState } from "../../hub/commands.ts";
import { instant } from "../purges/receipts.ts";
import type { regionSchema } from "../schemas.ts";

export type RegionView = z.output<typeof regionSchema>;

/** A hub's state, or why there is none. */
export type HubWord = { readonly state: HubState } | { readonly reason: string };

/** The region `id` of the configuration. `drained` lists the regions that serve no clients. */
export function regionView(config: Config, id: RegionId, word: HubWord, drained: readonly RegionId[]): RegionView {
  const facts = REGIONS[id];
  const configured = config.regions[id];
  const shards = configured?.shards ?? 1;
  const view: RegionView = {
    id,
    name: facts.name,
    city: facts.city,
    country: facts.country,
    place: { ...(configured?.place ?? facts.place) },
    shards: typeof shards === "number" ? shards : shards.length,
    status: "unreachable",
    drained: drained.includes(id),
  };
  if (configured?.jurisdiction !== undefined) view.jurisdiction = configured.jurisdiction;
  if ("reason" in word) return { ...view, reason: word.reason };
  const { state } = word;
  view.status = state.joined ? "up" : "joining";
  view.hub = {
    id: state.hub,
    startedAt: instant(state.startedAt),
    logLength: state.logLength,
    ...(state.forgotten === undefined
      ? {}
      : { forgotten: { events: state.forgotten.events, at: instant(state.forgotten.at) } }),
    ...(state.emptied === undefined ? {} : { emptied: { at: instant(state.emptied.at), by: state.emptied.by } }),
    vector: { ...state.vector },
    members: state.members.map(({ region, hub, heardAt, unansweredSince }) => ({
      region,
      hub,
      ...(heardAt === undefined ? {} : { heardAt: instant(heardAt) }),
      ...(unansweredSince === undefined ? {} : { unansweredSince: instant(unansweredSince) }),
    })),
    subscribers: [...state.subscribers],
  };
  return view;
}
