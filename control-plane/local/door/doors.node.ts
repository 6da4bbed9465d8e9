// The three doors of a local run: the front door, which sends clients to a region as anycast would; the control door, which
// stays up while one region is; and the direct door, which leads to the origin without the CDN, for comparison.
// Distances are those of a connection that is already open: setting one up costs no extra round trip here.

import type { IncomingMessage, Server } from "node:http";
import { CLIENT_FIELD } from "../../../config/node/client-assertion.ts";
import { type Millis, millis } from "../../../config/units.ts";
import { roundTrip } from "../../../config/world/distance.ts";
import type { Coordinates, RegionId } from "../../../config/world/regions.ts";
import { LOCAL_LIMITS } from "../limits.ts";
import { type Atlas, placeClient } from "./client-place.ts";
import { createDoor } from "./door.node.ts";
import { type Door, nearestFirst } from "./nearest.ts";
import type { Handed, ProxyTarget } from "./proxy.node.ts";
import { signClient } from "./sign-client.node.ts";

/** The doors' view of the run; read for each request, because regions come and go. */
export interface Surroundings {
  readonly atlas: Atlas;
  readonly doors: () => readonly Door[];
  readonly edgePort: (region: RegionId) => number;
  readonly controlPort: (region: RegionId) => number;
  readonly clusterKey: string;
  /** Whether distances are emulated. */
  readonly distances: "emulated" | "none";
}

const oneWay = (surroundings: Surroundings, from: Coordinates, to: Coordinates | undefined): Millis =>
  surroundings.distances === "none" || to === undefined ? millis(0) : millis(roundTrip(from, to) / 2);

const placeOf = (request: IncomingMessage, surroundings: Surroundings): Coordinates => {
  const from = request.headers["meridian-from"];
  return placeClient(Array.isArray(from) ? from[0] : from, surroundings.atlas).place;
};

/** Fields reserved for Meridian's own processes: a door removes them from every client's request. */
const INTERNAL = ["meridian-internal-*"];

/** Clients' door: the nearest live region's edge, with the client's address asserted under the cluster key. */
export function createFrontDoor(surroundings: Surroundings): Server {
  /** Until when each unresponsive port is tried last; at most one entry per region. */
  const silentUntil = new Map<number, number>();
  const isSilent = ({ port }: ProxyTarget): boolean => (silentUntil.get(port) ?? 0) > Date.now();
  return createDoor({
    name: "meridian-front-door",
    choose: (request) => {
      const place = placeOf(request, surroundings);
      const targets = nearestFirst(place, surroundings.doors())
        .map(
          (door): ProxyTarget => ({
            host: "127.0.0.1",
            port: surroundings.edgePort(door.region),
            expects: "continue",
            oneWay: oneWay(surroundings, place, door.place),
          }),
        )
        .sort((a, b) => Number(isSilent(a)) - Number(isSilent(b)));
      const onSilent = ({ port }: ProxyTarget): void => {
        silentUntil.set(port, Date.now() + LOCAL_LIMITS.silentEdgeMillis);
      };
      const address = request.socket.remoteAddress ?? "127.0.0.1";
      const client = signClient(surroundings.clusterKey, address, Date.now());
      return { targets, fields: [[CLIENT_FIELD, client]], drop: INTERNAL, onSilent };
    },
  });
}

/** The control API's door: any live region's, nearest to home first. `onHanded` hears of changes that passed. */
export function createControlDoor(
  surroundings: Surroundings,
  onHanded: (request: IncomingMessage, handed: Handed) => void,
): Server {
  return createDoor({
    name: "meridian-control-door",
    choose: () => ({
      targets: nearestFirst(surroundings.atlas.home, surroundings.doors()).map((door) => ({
        host: "127.0.0.1",
        port: surroundings.controlPort(door.region),
        expects: "continue",
        oneWay: millis(0),
      })),
      drop: INTERNAL,
    }),
    onHanded,
  });
}

/** The direct door's target. */
export interface DirectOrigin {
  readonly url: URL;
  /** Absent when the origin's place is unknown: then nothing is added to its real distance. */
  readonly place: Coordinates | undefined;
}

/** The door to the origin without the CDN: the client's own distance to it, and nothing between. */
export function createDirectDoor(surroundings: Surroundings, origin: DirectOrigin): Server {
  const { url } = origin;
  const isSecure = url.protocol === "https:";
  return createDoor({
    name: "meridian-direct-door",
    choose: (request) => ({
      targets: [
        {
          host: url.hostname,
          port: Number(url.port || (isSecure ? 443 : 80)),
          secure: isSecure,
          oneWay: oneWay(surroundings, placeOf(request, surroundings), origin.place),
        },
      ],
      fields: [["Host", url.host]],
      drop: [...INTERNAL, "meridian-from"],
    }),
  });
}
