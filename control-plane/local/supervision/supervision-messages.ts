// What a launcher says when a process of its run is lost, runs again or is given up. Pure: it words, and decides nothing.

import type { RegionId } from "../../../config/world/regions.ts";
import type { LaunchEvent } from "../events.ts";
import type { SupervisionNews } from "./restart-policy.ts";

/** The event for what became of the process `name`; `region` if it is a region's. */
export function supervisionEvent(name: string, region: RegionId | undefined, news: SupervisionNews): LaunchEvent {
  switch (news.kind) {
    case "lost": {
      const text = `${name} is lost: ${news.why}; it is started again in ${news.pause / 1000} s`;
      return region === undefined
        ? { kind: "process", process: name, state: "lost", text }
        : { kind: "region-lost", region, text };
    }
    case "restarted":
      return { kind: "process", process: name, state: "restarted", text: `${name} runs again` };
    case "failed": {
      const advice =
        region === undefined ? "stop Meridian and start it again" : `try it again: npx meridian region start ${region}`;
      const text = `${name} was lost ${news.losses} times in a row and stays down: ${news.why}. When that is mended, ${advice}`;
      return { kind: "process", process: name, state: "failed", text };
    }
  }
}
