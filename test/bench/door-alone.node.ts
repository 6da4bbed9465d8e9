// A front door in a process of its own, before one edge: `node door-alone.node.ts EDGE-PORT`. Prints its port and serves until
// its process is ended, so that what it takes of the processor is the door's alone.

import { REGIONS } from "../../config/world/regions.ts";
import { openOn } from "../../control-plane/local/door/door.node.ts";
import { createFrontDoor } from "../../control-plane/local/door/doors.node.ts";

const edgePort = Number(process.argv[2]);
const door = createFrontDoor({
  atlas: { home: REGIONS.weur.place, country: () => undefined, address: () => undefined },
  doors: () => [{ region: "weur", place: REGIONS.weur.place, state: "live" }],
  edgePort: () => edgePort,
  controlPort: () => edgePort,
  clusterKey: "k".repeat(43),
  distances: "none",
});
console.log(await openOn(door, 0));
