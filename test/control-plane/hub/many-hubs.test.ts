// Beyond sixteen others a hub no longer tells everybody's vectors, but who holds all that it does. Driven by hand, for there are
// fewer regions than that; how it goes among a thousand is simulated in test/sim.

import { expect, test } from "vitest";
import type { RegionId } from "../../../config/world/regions.ts";
import { GOSSIP_LIMITS } from "../../../control-plane/gossip/limits.ts";
import type { Vector } from "../../../control-plane/purge/vector.ts";
import { Network } from "./network.ts";

const regions = Array.from({ length: GOSSIP_LIMITS.gossipDirect + 2 }, (_, index) => `h${index}` as RegionId);
const [own, first, second, third] = regions as [RegionId, RegionId, RegionId, RegionId];

const exchange = (network: Network, region: RegionId, vector: Vector, holders = {}) =>
  network.hub(own).exchange({ v: 1, from: `${region}.aaaaaa`, region, vector, events: [], holders });

test("a hub among many says who holds all that it does, and believes others who say so", () => {
  const network = new Network(regions);
  const { vector } = network.hub(own).state();
  expect(exchange(network, first, {}).holders).toEqual({});
  const answer = exchange(network, second, vector, { [third]: `${third}.aaaaaa`, [own]: "h0.bbbbbb" });
  expect(answer.held).toBeUndefined();
  expect(answer.holders).toEqual({ [second]: `${second}.aaaaaa`, [third]: `${third}.aaaaaa` });
  expect(exchange(network, first, vector).holders).toHaveProperty(first);
});

test("a hub among few tells vectors, as before", () => {
  const network = new Network(regions.slice(0, GOSSIP_LIMITS.gossipDirect + 1));
  const answer = exchange(network, first, {});
  expect([answer.holders, answer.held?.[first]?.hub]).toEqual([undefined, `${first}.aaaaaa`]);
});
