// All links of a run: one for each ordered pair of regions, and one from each region to each origin whose place is known.
// Decides the target of each region's bindings. With distances off they delay nothing, but still signal a caller's abort to the
// far end (link.node.ts), and can be cut.
// Origins over TLS get neither: a Worker reaches those by itself, at their real distance.

import type { Config } from "../../../config/schema/schema.ts";
import { type Millis, millis } from "../../../config/units.ts";
import { roundTrip } from "../../../config/world/distance.ts";
import type { RegionId } from "../../../config/world/regions.ts";
import { originPlace, regionPlace } from "../prepare/effective-config.ts";
import { Link } from "./link.node.ts";

/** The end of a link: a region, or an origin by its name. */
export type LinkEnd = RegionId | `origin:${string}`;

/** The links, and for each region the local port behind each of its service bindings. */
export interface Cabling {
  readonly links: ReadonlyMap<string, Link>;
  readonly bindings: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

/** The name of a link in `Cabling.links`. */
export const linkName = (from: RegionId, to: LinkEnd): string => `${from}>${to}`;

const peerBinding = (region: RegionId): string => `PEER_${region.toUpperCase()}`;
const originBinding = (name: string): string => `ORIGIN_${name.toUpperCase().replaceAll("-", "_")}`;

/** Lays every link between `regions`, whose processes listen to each other on `internalPorts`. */
export async function layLinks(
  config: Config,
  regions: readonly RegionId[],
  internalPorts: Readonly<Partial<Record<RegionId, number>>>,
  distances: "emulated" | "none",
): Promise<Cabling> {
  const links = new Map<string, Link>();
  const bindings: Record<string, Record<string, number>> = {};
  const lay = async (from: RegionId, to: LinkEnd, host: string, port: number, oneWay: Millis): Promise<number> => {
    const link = new Link({ host, port, oneWay: distances === "none" ? millis(0) : oneWay, callersClose: "whole" });
    links.set(linkName(from, to), link);
    return link.listen();
  };
  for (const from of regions) {
    const own: Record<string, number> = {};
    const here = regionPlace(config, from);
    for (const to of regions) {
      const port = internalPorts[to];
      if (to === from || port === undefined) continue;
      const oneWay = millis(roundTrip(here, regionPlace(config, to)) / 2);
      own[peerBinding(to)] = await lay(from, to, "127.0.0.1", port, oneWay);
    }
    for (const [name, origin] of Object.entries(config.origins)) {
      const place = originPlace(config, origin);
      const url = new URL(origin.url);
      if (place === undefined || url.protocol !== "http:") continue;
      const oneWay = millis(roundTrip(here, place) / 2);
      const port = await lay(from, `origin:${name}`, url.hostname, Number(url.port || 80), oneWay);
      own[originBinding(name)] = port;
    }
    bindings[from] = own;
  }
  return { links, bindings };
}
