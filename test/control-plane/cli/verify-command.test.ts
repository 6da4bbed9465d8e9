// `meridian purge verify` against a fake API with a key of its own: whose receipt holds, which is refused and why, with the API's
// key and with one that was kept, and what is said to be proven. Each forgery here passes if the signature is not looked at.

import { generateKeyPairSync, sign } from "node:crypto";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { canonicalJson } from "../../../control-plane/api/purges/canonical-json.ts";
import { receiptSigner } from "../../../control-plane/api/purges/receipt-signer.worker.ts";
import { register } from "../../../control-plane/cli/commands/purge.node.ts";
import { type Answering, FakeApi, KEYS, problemReply, RECEIPT, REGION_LIST, signed } from "./fake-api.ts";
import { runCommand } from "./run-command.ts";

let api: FakeApi;
beforeEach(() => {
  api = new FakeApi();
});
afterEach(() => api.stop());

const folder = mkdtempSync(join(tmpdir(), "meridian-verify-"));
function fileOf(name: string, value: unknown): string {
  const file = join(folder, name);
  writeFileSync(file, typeof value === "string" ? value : JSON.stringify(value));
  return file;
}

const answering =
  (receipt: unknown, regions: unknown = REGION_LIST, keys: unknown = KEYS): Answering =>
  ({ url }) => {
    if (url === "/v1/keys") return { status: 200, body: keys };
    return { status: 200, body: url === "/v1/regions" ? regions : receipt };
  };

async function verify(answer: Answering, args: readonly string[]) {
  const address = await api.start(answer);
  return runCommand(register, ["purge", "verify", ...args, "--api", address, "--token", "secret"]);
}
const { signature, ...unsigned } = RECEIPT;
const foreign = receiptSigner("another deployment's cluster key");
const foreignReceipt = await foreign.sign(unsigned);

describe("a receipt that holds", () => {
  it("is signed, and in every hub's own log; and what that does not prove is said", async () => {
    const run = await verify(answering(RECEIPT), [RECEIPT.id]);
    expect(run.exit).toBe(0);
    expect(run.out).toContain("2 of 2 hubs");
    expect(run.out).toContain(`valid for the deployment's key ${signature.kid}`);
    expect(run.out).toMatch(/Not proven:[\s\S]*this key is the cluster's[\s\S]*only receipts are signed/);
    expect(run.out).toContain("`complete`");
  });

  it("does so whatever the order of its members, and with members of a later version", async () => {
    const later = await signed({ ...unsigned, regions: [...unsigned.regions], shadow: { b: 1, a: "é" } } as never);
    const reversed = Object.fromEntries(Object.entries(later).reverse());
    expect((await verify(answering(reversed), [RECEIPT.id])).exit).toBe(0);
  });

  it("needs nothing but a file and a key that was kept", async () => {
    const args = ["--receipt", fileOf("receipt.json", RECEIPT), "--key", fileOf("keys.json", KEYS)];
    const run = await verify(answering("nothing"), args);
    expect(run.exit).toBe(0);
    expect(api.asked).toEqual([]);
    expect(run.out).not.toContain("came from the same API");
    expect(run.out).toContain("they were not queried");
  });

  it("is checked against the hubs too where only the receipt comes from a file", async () => {
    const run = await verify(answering("nothing"), ["--receipt", fileOf("receipt.json", RECEIPT), "--json"]);
    expect(run.exit).toBe(0);
    expect(api.asked.map(({ url }) => url).sort()).toEqual(["/v1/keys", "/v1/regions"]);
    expect(JSON.parse(run.out)).toMatchObject({ id: RECEIPT.id, key: signature.kid, holds: true });
  });
});

describe("a receipt that does not hold yet", () => {
  it("is one of a purge that a hub lacks, whatever the receipt says", async () => {
    const receipt = await signed({ ...unsigned, id: "weur.k3f9x2.18" });
    const run = await verify(answering(receipt), [receipt.id, "--json"]);
    expect(run.exit).toBe(3);
    expect(JSON.parse(run.out)).toMatchObject({ holds: false, regions: [{ hub: "lacks it" }, { hub: "lacks it" }] });
  });

  it("is one for which a hub is silent", async () => {
    const silent = { ...REGION_LIST, regions: REGION_LIST.regions.map(({ hub: _hub, ...region }) => region) };
    const run = await verify(answering(RECEIPT, silent), [RECEIPT.id]);
    expect(run.exit).toBe(3);
    expect(run.out).toContain("did not answer: enam, weur");
  });

  it("is one that says so itself", async () => {
    const receipt = await signed({ ...unsigned, state: "accepted" });
    const files = ["--receipt", fileOf("accepted.json", receipt), "--key", fileOf("keys.json", KEYS)];
    expect((await verify(answering("nothing"), files)).exit).toBe(3);
  });
});

describe("a forgery", () => {
  const own = generateKeyPairSync("ed25519");
  const value = sign(null, Buffer.from(canonicalJson(unsigned)), own.privateKey).toString("base64url");
  // A mutant that signs what JSON.stringify writes, as if members had an order.
  const uncanonical = generateKeyPairSync("ed25519");
  const mutantKey = { ...uncanonical.publicKey.export({ format: "jwk" }), kid: "mutant" };
  const mutant = sign(null, Buffer.from(JSON.stringify(unsigned)), uncanonical.privateKey).toString("base64url");

  it.each<[string, unknown, string, unknown?]>([
    ["with another state", { ...RECEIPT, state: "complete" }, "forged"],
    ["with a region more", { ...RECEIPT, regions: [...RECEIPT.regions, { region: "oc", state: "applied" }] }, "forged"],
    ["with a member less", { ...RECEIPT, reason: undefined }, "forged"],
    ["with a member more", { ...RECEIPT, note: "all is well" }, "forged"],
    ["with another purge's signature", { ...RECEIPT, id: "weur.k3f9x2.16" }, "forged"],
    ["signed with another key under the true one's name", { ...RECEIPT, signature: { ...signature, value } }, "forged"],
    [
      "signed without canonicalisation",
      { ...RECEIPT, signature: { ...signature, kid: "mutant", value: mutant } },
      "forged",
      { keys: [mutantKey] },
    ],
    ["of another deployment", foreignReceipt, "unknown-key"],
  ])("%s is refused", async (_what, receipt, code, keys = KEYS) => {
    const { id } = receipt as { id: string };
    const run = await verify(answering(receipt, REGION_LIST, keys), [id, "--json"]);
    expect(run.exit).toBe(1);
    expect(JSON.parse(run.out)).toMatchObject({ error: { code } });
    expect(run.err).toMatch(code === "forged" ? /The signature of weur\S+ is invalid/ : /not among those given/);
  });

  it("does not hold because the API that gives it gives a key for it, where the true key was kept", async () => {
    const api = answering(foreignReceipt, REGION_LIST, await foreign.keys());
    const run = await verify(api, [unsigned.id, "--key", fileOf("keys.json", KEYS)]);
    expect([run.exit, run.err]).toEqual([1, expect.stringContaining("not among those given")]);
  });

  it("without any signature is no receipt of the API", async () => {
    expect((await verify(answering(unsigned), [unsigned.id])).exit).toBe(1);
  });
});

describe("usage", () => {
  it.each([
    ["neither an id nor a receipt", () => []],
    ["another id than the receipt's", () => ["weur.k3f9x2.99", "--receipt", fileOf("receipt.json", RECEIPT)]],
    ["a file that is not there", () => ["--receipt", "/nonexistent-file-of-a-test"]],
    ["a file that is no JSON", () => ["--receipt", fileOf("text", "hello")]],
    ["a file that is no receipt", () => ["--receipt", fileOf("other.json", { id: 1 })]],
    ["a file that is no key", () => [RECEIPT.id, "--key", fileOf("receipt.json", RECEIPT)]],
  ])("is wrong with %s, and nothing is asked", async (_what, args) => {
    const run = await verify(answering(RECEIPT), args());
    expect(run.exit).toBe(2);
    expect(api.asked).toEqual([]);
  });

  it("fails when the hub cannot be asked", async () => {
    const run = await verify(() => problemReply("no-such-purge", "no hub knows it"), ["weur.k3f9x2.99"]);
    expect(run).toMatchObject({ exit: 1, err: expect.stringContaining("no hub knows it") });
  });
});
