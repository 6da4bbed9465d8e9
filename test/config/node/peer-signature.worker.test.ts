// Who is taken for a peer: whoever holds the cluster key, for what was signed, once and soon. One case for each refusal.

import { describe, expect, test } from "vitest";
import { LIMITS } from "../../../config/limits.ts";
import { Nonces, type PeerSelf, signPeer, verifyPeer } from "../../../config/node/peer-signature.worker.ts";
import type { RegionId } from "../../../config/world/regions.ts";

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
  readonly to?: RegionId;
  readonly signedBody?: unknown;
}

const SELF: PeerSelf = { region: "weur", startedAt: NOW - 10_000 };

async function message(changes: Changes = {}, body = '{"v":1}'): Promise<Request> {
  const url = "http://node.internal/sync?a=1";
  const headers = new Headers({
    "meridian-internal-node": "hub",
    "content-type": "text/plain;charset=UTF-8",
    "content-length": `${body.length}`,
  });
  await signPeer(changes.key ?? KEY, "POST", url, headers, changes.signedBody ?? body, NOW, changes.to ?? "weur");
  for (const [name, value] of Object.entries(changes.fields ?? {})) headers.set(name, value);
  if (changes.drop !== undefined) headers.delete(changes.drop);
  return new Request(changes.url ?? url, { method: changes.method ?? "POST", headers, body: changes.sent ?? body });
}

const verdict = async (request: Request, at = NOW, self = SELF): Promise<string> => {
  const verified = await verifyPeer(KEY, request, at, self);
  return verified.kind === "refused" ? verified.reason : verified.kind;
};

describe("a message", () => {
  test("of a peer passes with what was signed, and without its signature", async () => {
    const verified = await verifyPeer(KEY, await message(), NOW, SELF);
    if (verified.kind === "refused") throw new Error(verified.reason);
    expect(await verified.request.text()).toBe('{"v":1}');
    expect(verified.request.headers.get(SIGNATURE)).toBeNull();
    expect(verified.request.headers.get("meridian-internal-node")).toBe("hub");
  });

  test.each([
    ["without a signature", { drop: SIGNATURE }, "unsigned"],
    ["with half a signature", { fields: { [SIGNATURE]: "v2;1;2" } }, "malformed"],
    ["with a signature of one character", { fields: { [SIGNATURE]: `v2;${NOW};n;d;A` } }, "malformed"],
    [
      "with a signature that is a character too long",
      { fields: { [SIGNATURE]: `v2;${NOW};n;d;${"A".repeat(45)}` } },
      "malformed",
    ],
    ["with a signature of other characters", { fields: { [SIGNATURE]: `v2;${NOW};n;d;=%00` } }, "malformed"],
    ["with an instant that is none", { fields: { [SIGNATURE]: "v2;-1e3;n;d;AAAA" } }, "malformed"],
    ["with a part more", { fields: { [SIGNATURE]: `v2;${NOW};n;d;AAAA;x` } }, "malformed"],
    ["of the version before", { fields: { [SIGNATURE]: `v1;${NOW};n;d;AAAA` } }, "malformed"],
    ["for another region", { to: "apac" }, "forged"],
    ["whose body its signer did not look at", { signedBody: new ReadableStream() }, "undigested"],
    ["with a body where none was signed", { signedBody: "" }, "forged"],
    ["under another key", { key: "x".repeat(43) }, "forged"],
    ["to another path", { url: "http://node.internal/apply?a=1" }, "forged"],
    ["with another query", { url: "http://node.internal/sync?a=2" }, "forged"],
    ["by another method", { method: "PUT" }, "forged"],
    ["to another node", { fields: { "meridian-internal-node": "shard/1" } }, "forged"],
    ["with a field more", { fields: { "meridian-internal-context": "{}" } }, "forged"],
    ["with a field of the platform more", { fields: { "cf-connecting-ip": "203.0.113.1" } }, "forged"],
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

  test("of before this process began is refused, since its predecessor may have taken it", async () => {
    const copy = await message();
    const [first, late] = [copy.clone(), copy.clone()];
    expect(await verdict(first)).toBe("peer");
    expect(await verdict(late, NOW + 1, { region: "weur", startedAt: NOW + 1 })).toBe("expired");
    expect(await verdict(await message(), NOW, { region: "weur", startedAt: NOW })).toBe("peer");
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

describe("a tier's request", () => {
  const tierRequest = async (signedBody: unknown, body: BodyInit | null, method = "POST"): Promise<Request> => {
    const url = "http://node.internal/request";
    const headers = new Headers({ "meridian-internal-node": "shard/1", "content-type": "application/octet-stream" });
    await signPeer(KEY, method, url, headers, signedBody, NOW, "weur");
    return new Request(url, { method, headers, body });
  };

  test("may stream its body", async () => {
    const verified = await verifyPeer(KEY, await tierRequest(new ReadableStream(), "upload"), NOW, SELF);
    expect(verified.kind === "peer" && (await verified.request.text())).toBe("upload");
  });

  test.each([undefined, null])("without a body passes without one (%s), whatever its method", async (signedBody) => {
    const verified = await verifyPeer(KEY, await tierRequest(signedBody, null, "GET"), NOW, SELF);
    expect(verified.kind === "peer" && verified.request.body).toBeNull();
  });

  test("that was signed without a body is refused with one", async () => {
    const request = await tierRequest(null, "smuggled");
    request.headers.set("content-length", "8");
    expect(await verdict(request)).toBe("forged");
  });

  test("with bytes that were signed passes with exactly these", async () => {
    const bytes = Uint8Array.of(0, 255, 128, 10);
    const request = await tierRequest(bytes, bytes);
    request.headers.set("content-length", "4");
    const verified = await verifyPeer(KEY, request, NOW, SELF);
    if (verified.kind === "refused") throw new Error(verified.reason);
    expect(new Uint8Array(await verified.request.arrayBuffer())).toEqual(bytes);
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
