// What processes of a local run say of who they are.

import { verifyPeer } from "../../config/node/peer-signature.worker.ts";
import { textOf } from "./inputs.ts";
import { must, type Target, target } from "./target.ts";

export const PEERS: readonly Target[] = [
  target(
    "peer-signature",
    textOf("v1", "v2", ";", "1700000000000", "nonce", "A".repeat(43), "A", "stream", "=", "+"),
    async (text) => {
      if (!/^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(text)) return;
      const request = new Request("http://node.internal/sync", {
        method: "POST",
        headers: { "Meridian-Internal-Signature": text },
      });
      const verdict = await verifyPeer("key", request, 1_700_000_000_000, { region: "weur", startedAt: 0 });
      must(verdict.kind === "refused", "is taken for a peer's:", text);
    },
  ),
];
