// Who is taken for a peer: whoever holds the cluster key, for what was signed, once and soon. One case for each refusal.

import { describe, expect, test } from "vitest";
import { LIMITS } from "../../config/limits.ts";
import { Nonces, signPeer, verifyPeer } from "../../config/peer-signature.worker.ts";

const KEY = "k".repeat(43);
const NOW = 1_780_000_000_000;
const SIGNATURE = "meridian-internal-signature";

/** A signed message to a hub, and what is changed of it on the way. */
interface Changes {
  readonly key?: string;
  readonly url?: string;
  readonly method?: string;
  readonly sent?: string;
  readonly fields?: Record<string, string>;
  readonly drop?: string;
}

async function message(changes: Changes = {}, body = '{"v":1}'): Promise<Request> {
  const url = "http://node.internal/sync?a=1";
  const headers = new Headers({
    "meridian-internal-node": "hub",
    "content-type": "text/plain;charset=UTF-8",
    "content-length": `${body.length}`,
  });
  await signPeer(changes.key ?? KEY, "POST", url, headers, body, NOW);
  for (const [name, value] of Object.entries(changes.fields ?? {})) headers.set(name, value);
  if (changes.drop !== undefined) headers.delete(changes.drop);
  return new Request(changes.url ?? url, { method: changes.method ?? "POST", headers, body: changes.sent ?? body });
}

const verdict = async (request: Request, at = NOW): Promise<string> => {
  const verified = await verifyPeer(KEY, request, at);
  return verified.kind === "refused" ? verified.reason : verified.kind;
};

describe("a message", () => {
  test("of a peer passes with what was signed, and without its signature", async () => {
    const verified = await verifyPeer(KEY, await message(), NOW);
    if (verified.kind === "refused") throw new Error(verified.reason);
    expect(await verified.request.text()).toBe('{"v":1}');
    expect(verified.request.headers.get(SIGNATURE)).toBeNull();
    expect(verified.request.headers.get("meridian-internal-node")).toBe("hub");
  });

  test.each([
    ["without a signature", { drop: SIGNATURE }, "unsigned"],
    ["with half a signature", { fields: { [SIGNATURE]: "v1;1;2" } }, "malformed"],
    ["under another key", { key: "x".repeat(43) }, "forged"],
    ["to another path", { url: "http://node.internal/apply?a=1" }, "forged"],
    ["with another query", { url: "http://node.internal/sync?a=2" }, "forged"],
    ["by another method", { method: "PUT" }, "forged"],
    ["to another node", { fields: { "meridian-internal-node": "shard/1" } }, "forged"],
    ["with a field more", { fields: { "meridian-internal-context": "{}" } }, "forged"],
    ["with another body", { sent: '{"v":2}' }, "forged"],
  ] as const)("%s is refused", async (_, changes: Changes, reason) => {
    expect(await verdict(await message(changes))).toBe(reason);
  });

  test("is refused once its time is over, or before it has begun", async () => {
    const window = LIMITS.peerSignatureWindowMillis;
    for (const [late, expected] of [
      [window, "peer"],
      [window + 1, "expired"],
      [-window, "peer"],
      [-window - 1, "expired"],
    ] as const) {
      expect(await verdict(await message(), NOW + late)).toBe(expected);
    }
  });

  test("passes a single time", async () => {
    const first = await message();
    const again = first.clone();
    expect(await verdict(first)).toBe("peer");
    expect(await verdict(again)).toBe("replayed");
  });

  test("that would be read whole says how long it is, and is refused beyond the limit", async () => {
    expect(await verdict(await message({ fields: { "content-length": `${LIMITS.internalBodyBytes}` } }))).toBe("peer");
    expect(await verdict(await message({ fields: { "content-length": `${LIMITS.internalBodyBytes + 1}` } }))).toBe(
      "too-large",
    );
    expect(await verdict(await message({ drop: "content-length" }))).toBe("too-large");
    expect(await verdict(await message({ fields: { "content-length": "many" } }))).toBe("too-large");
  });
});

describe("nonces", () => {
  test("are remembered for as long as they could be used again", () => {
    const nonces = new Nonces();
    const longest = 2 * LIMITS.peerSignatureWindowMillis;
    expect([nonces.admit("a", 0), nonces.admit("a", longest), nonces.admit("a", longest + 1)]).toEqual([
      true,
      false,
      true,
    ]);
  });

  test("beyond the limit are refused rather than forgotten", () => {
    const nonces = new Nonces();
    for (let count = 0; count < LIMITS.peerNonces; count += 1) nonces.admit(`${count}`, 0);
    expect([nonces.admit("new", 0), nonces.admit("0", 0)]).toEqual([false, false]);
  });
});
