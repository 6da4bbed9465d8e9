// Whom a hub tells at once, and how long it waits before it tries again. While hubs are few it tells all of them, for that is
// fastest and a handful of messages; beyond that a random few, who tell a random few in turn: all have it after about
// log2 n + ln n rounds (Pittel 1987). Whoever is missed is found by comparing vectors.

import { type Millis, millis } from "../../config/units.ts";
import { GOSSIP_LIMITS } from "./limits.ts";

/** Whether all hubs are told directly; else they pass on what is new to them. `others` counts hubs beside this one. */
export const areFew = (others: number): boolean => others <= GOSSIP_LIMITS.gossipDirect;

/** Whom to tell at once. `random` gives numbers from 0 up to 1. */
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

/** How long to wait before the next repair, after `attempts` that left somebody behind: doubles, with as much as half at random. */
export function repairDelay(attempts: number, random: number): Millis {
  const full = Math.min(
    GOSSIP_LIMITS.gossipRepairMostMillis,
    GOSSIP_LIMITS.gossipRepairFirstMillis * 2 ** Math.min(attempts, 30),
  );
  return millis(Math.round(full * (1 - random / 2)));
}
