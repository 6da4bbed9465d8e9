// Regions that are lost, and hubs that are started again: what a receipt has said stays true, and nothing is said too early.

import { expect, test } from "vitest";
import { LIMITS } from "../../../config/limits.ts";
import { epochMillis } from "../../../config/units.ts";
import { PeerVectors } from "../../../control-plane/gossip/peer-vectors.ts";
import { HUB_LIMITS } from "../../../control-plane/hub/limits.ts";
import { Ledger } from "../../../control-plane/hub/log/ledger.ts";
import { Quorum } from "../../../control-plane/hub/peers/quorum.ts";
import { UNHEARD_END } from "../../../control-plane/hub/receipts/lease-times.ts";
import type { Dot } from "../../../control-plane/purge/vector.ts";
import { dotOf, met, receiptOf, THREE } from "./hub-world.ts";
import { MemoryLog } from "./memory-log.ts";
import type { Network } from "./network.ts";

const look = async (network: Network, dot: Dot) =>
  receiptOf(await network.finish(network.hub("weur").receipt(dot, { wait: "accepted", timeoutSeconds: 0 })));

/** As the platform does with a hub that nobody asks. */
function restart(network: Network): void {
  for (const region of ["weur", "enam"] as const) {
    network.kill(region);
    network.start(region);
  }
}

test("a purge that nobody looked at before a region was lost is partial, and complete when its time is over", async () => {
  const network = await met(THREE);
  const dot = dotOf(receiptOf(await network.purge("weur")));
  const acceptedAt = network.now;
  await network.run(6_000);
  network.kill("apac");
  restart(network);
  const early = await look(network, dot);
  expect(early).toMatchObject({ state: "partial", missing: ["apac"] });
  expect(early.regions.find(({ region }) => region === "apac")?.reason).toBe("its hub does not answer");
  while (network.now < acceptedAt + UNHEARD_END + HUB_LIMITS.restartSkewMillis + 500) {
    await network.run(12_000);
    restart(network);
  }
  expect(await look(network, dot)).toMatchObject({ state: "complete", missing: [] });
});

test("a purge whose answer said `applied` is complete, though a region is lost and hubs start again right after", async () => {
  const network = await met(THREE);
  const receipt = receiptOf(await network.purge("weur", { wait: "applied" }));
  expect(receipt.state).toBe("applied");
  await network.run(LIMITS.leaseMillis + HUB_LIMITS.leaseMarginMillis + 100);
  network.kill("apac");
  restart(network);
  expect((await look(network, dotOf(receipt))).state).toBe("complete");
});

test("what a replaced incarnation was heard to hold counts for no quorum", () => {
  const ledger = new Ledger(
    new MemoryLog(),
    "weur",
    () => epochMillis(0),
    () => 0.5,
  );
  const { dot } = ledger.appendPurge({ scopes: [], severity: "hard", by: "t", requestDigest: "" });
  const held = new PeerVectors();
  const quorum = new Quorum(ledger, held, "weur", ["enam", "apac"]);
  held.heard("enam", "enam.before", { [dot.hub]: dot.counter }, epochMillis(0));
  expect(quorum.isHeldAgainstSuspension(dot)).toBe(true);
  const join = { v: 1, kind: "join", at: epochMillis(0), region: "enam", replaces: ["enam.before"] } as const;
  ledger.take([{ ...join, dot: { hub: "enam.after", counter: 1 } }]);
  expect(quorum.isHeldAgainstSuspension(dot)).toBe(false);
});
