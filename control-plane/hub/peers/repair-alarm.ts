// Schedules repairs of hubs that lack events: soon after a new event, then with growing pauses while a hub is behind, and never
// when all are up to date. The count of attempts is stored, since the hub's memory is lost after seconds of idleness; otherwise
// each attempt would count as the first.

import { addMillis, type EpochMillis } from "../../../config/units.ts";
import { repairDelay } from "../../gossip/fan-out.ts";
import type { HubPorts } from "../ports.ts";

export class RepairAlarm {
  readonly #ports: HubPorts;
  /** When it is set for, as far as this life of the hub knows. */
  #at: EpochMillis | undefined;

  constructor(ports: HubPorts) {
    this.#ports = ports;
  }

  /** There is work. `soon`: it is new, so earlier failures do not put it off. An alarm that rings sooner stays. */
  set(when: "soon" | "as-before"): void {
    if (when === "as-before" && this.#at !== undefined) return;
    const delay = repairDelay(when === "soon" ? 0 : this.#failures(), this.#ports.random());
    const at = addMillis(this.#ports.now(), delay);
    if (this.#at !== undefined && this.#at <= at) return;
    this.#at = at;
    this.#ports.setAlarm(at);
  }

  /** It rang: what is set from now on is the next one. */
  rang(): void {
    this.#at = undefined;
  }

  /** A repair is over, and left some hub behind, or none. */
  repaired(outcome: "some-behind" | "all-reached"): void {
    const failures = this.#failures();
    if (outcome === "some-behind") this.#ports.log.remember("repairs", `${failures + 1}`);
    else if (failures > 0) this.#ports.log.remember("repairs", "0");
  }

  #failures(): number {
    return Number(this.#ports.log.recall("repairs") ?? 0);
  }
}
