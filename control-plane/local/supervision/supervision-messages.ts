// The launcher's messages about a process that is lost, was restarted or has failed.

import type { RegionId } from "../../../config/world/regions.ts";
import type { LaunchEvent } from "../events.ts";
import type { SupervisionNews } from "./restart-policy.ts";

/** The event for what became of the process `name`; `region` if it is a region's. */
export function supervisionEvent(name: string, region: RegionId | undefined, news: SupervisionNews): LaunchEvent {
  switch (news.kind) {
    case "lost": {
      const text = `${name} is lost: ${news.why}; it is restarted in ${news.pause / 1000} s`;
      return region === undefined
        ? { kind: "process", process: name, state: "lost", text }
        : { kind: "region-lost", region, text };
    }
    case "restarted":
      return { kind: "process", process: name, state: "restarted", text: `${name} is running again` };
    case "failed": {
      const advice =
        region === undefined
          ? "stop Meridian and start it again"
          : `start it again: npx meridian region start ${region}`;
      const text = `${name} was lost ${news.losses} times in a row and stays down: ${news.why}. Once that is fixed, ${advice}`;
      return { kind: "process", process: name, state: "failed", text };
    }
  }
}
