// Chooses the hubs to notify at once, and the wait before a retry. With few hubs it notifies all of them, which is fastest and a
// handful of messages; with more, a random few, which notify a random few in turn: all have the event after about log2 n + ln n
// rounds (Pittel 1987). Comparing vectors finds the hubs that were missed.

import { type Millis, millis } from "../../config/units.ts";
import { GOSSIP_LIMITS } from "./limits.ts";

/** Whether all hubs are notified directly; otherwise they forward new events. `others` counts hubs besides this one. */
export const areFew = (others: number): boolean => others <= GOSSIP_LIMITS.gossipDirect;

/** The hubs to notify at once. `random` returns numbers from 0 up to 1. */
export function chooseTargets<Peer>(others: readonly Peer[], random: () => number): readonly Peer[] {
  return areFew(others.length) ? others : sample(others, GOSSIP_LIMITS.gossipFanOut, random);
}

/** `count` of `peers` without repetition, each as likely as any other. */
export function sample<Peer>(peers: readonly Peer[], count: number, random: () => number): readonly Peer[] {
  const rest = [...peers];
  const chosen: Peer[] = [];
  while (chosen.length < count && rest.length > 0) chosen.push(...rest.splice(Math.floor(random() * rest.length), 1));
  return chosen;
}

/** How long to wait before the next repair, after `attempts` that left a hub behind: doubles, up to half of it random. */
export function repairDelay(attempts: number, random: number): Millis {
  const full = Math.min(
    GOSSIP_LIMITS.gossipRepairMostMillis,
    GOSSIP_LIMITS.gossipRepairFirstMillis * 2 ** Math.min(attempts, 30),
  );
  return millis(Math.round(full * (1 - random / 2)));
}
