// `meridian purge` and its subcommands against a fake API: what is sent, what is printed, and which exit code says that a
// purge is done, failed or done in part. A purge is never reported further than its receipt is.

import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { register } from "../../../control-plane/cli/commands/purge.node.ts";
import { type Answering, FakeApi, problemReply, RECEIPT } from "./fake-api.ts";
import { runCommand, type Surroundings } from "./run-command.ts";

let api: FakeApi;
beforeEach(() => {
  api = new FakeApi();
});
afterEach(() => api.stop());

async function purge(answering: Answering, args: string[], surroundings?: Surroundings) {
  const address = await api.start(answering);
  return runCommand(register, ["purge", ...args, "--api", address, "--token", "secret"], surroundings);
}
const receipt = (changes: object = {}, status = 200) => ({ status, body: { ...RECEIPT, ...changes } });

describe("what is sent", () => {
  it("sends each scope in its field, with the token and a key that makes a repetition harmless", async () => {
    const run = await purge(
      () => receipt(),
      [
        "--url",
        "https://h/a",
        "https://h/b",
        "--prefix",
        "https://h/c",
        "--tag",
        "t",
        "--host",
        "h",
        "--soft",
        "--reason",
        "why",
        "--via",
        "weur",
      ],
    );
    expect(run.exit).toBe(0);
    expect(api.asked[0]).toMatchObject({ method: "POST", url: "/v1/purges?via=weur", token: "Bearer secret" });
    expect(api.asked[0]?.body).toMatchObject({
      urls: ["https://h/a", "https://h/b"],
      prefixes: ["https://h/c"],
      tags: ["t"],
      hosts: ["h"],
      soft: true,
      reason: "why",
      wait: "applied",
      timeoutSeconds: 30,
      idempotencyKey: expect.stringMatching(/^cli-/),
    });
    expect(api.asked[0]?.body).not.toHaveProperty("everything");
  });

  it("sends a settle time, and old tags with the quotes that a shell took", async () => {
    const settle = ["--settle", "30", "--not-etag", "v1", 'W/"v0"', "--modified-since", "2026-11-20T10:15:00Z"];
    await purge(() => receipt(), ["--tag", "t", ...settle]);
    expect(api.asked[0]?.body).toMatchObject({
      settleSeconds: 30,
      minVersion: { notEtags: ['"v1"', 'W/"v0"'], lastModified: "2026-11-20T10:15:00Z" },
    });
  });

  it("reads scopes from standard input with --file -", async () => {
    await purge(() => receipt(), ["--file", "-"], {
      input: "# a comment\n\nhttps://h/a\r\ntag: t1\nprefix:https://h/p\nhost:h\n",
    });
    expect(api.asked[0]?.body).toMatchObject({
      urls: ["https://h/a"],
      tags: ["t1"],
      prefixes: ["https://h/p"],
      hosts: ["h"],
    });
  });

  it("reads scopes from a file and adds those of the options", async () => {
    const file = join(mkdtempSync(join(tmpdir(), "meridian-")), "list");
    writeFileSync(file, "https://h/from-file\n");
    await purge(() => receipt(), ["--file", file, "--url", "https://h/option"]);
    expect(api.asked[0]?.body).toMatchObject({ urls: ["https://h/option", "https://h/from-file"] });
  });

  it("takes the token from MERIDIAN_TOKEN", async () => {
    const address = await api.start(() => receipt());
    await runCommand(register, ["purge", "--everything", "--api", address], {
      environment: { MERIDIAN_TOKEN: "from-env" },
    });
    expect(api.asked[0]?.token).toBe("Bearer from-env");
    expect(api.asked[0]?.body).toMatchObject({ everything: true });
  });

  it("asks once more with the same key when the connection breaks before an answer", async () => {
    const run = await purge((_asked, count) => (count === 1 ? "hang up" : receipt()), ["--tag", "t"]);
    expect(run.exit).toBe(0);
    expect(api.asked).toHaveLength(2);
    expect(api.asked[1]?.body?.idempotencyKey).toBe(api.asked[0]?.body?.idempotencyKey);
  });

  it("does not say that it may have been accepted when nothing can have been sent", async () => {
    const closed = await runCommand(register, ["purge", "--tag", "t", "--api", "http://127.0.0.1:1"]);
    const plain = await api.start(() => receipt());
    const tls = await runCommand(register, ["purge", "--tag", "t", "--api", plain.replace("http:", "https:")]);
    expect([closed.exit, tls.exit]).toEqual([1, 1]);
    expect(closed.err + tls.err).not.toContain("may have been accepted");
    expect(tls.err).toContain("does not use TLS");
    expect(api.asked).toEqual([]);
  });

  it("makes one line of a reason that has several", async () => {
    await purge(() => receipt(), ["--tag", "t", "--reason", " a commit\n\nwith a body\n"]);
    expect(api.asked[0]?.body?.reason).toBe("a commit with a body");
  });

  it("names the key to repeat it with when no answer came at all", async () => {
    const run = await purge(() => "hang up", ["--tag", "t"]);
    expect(run.exit).toBe(1);
    expect(run.err).toContain(`--idempotency-key ${api.asked[0]?.body?.idempotencyKey}`);
  });
});

describe("exit codes", () => {
  it.each([
    ["the state waited for is reached", receipt(), 0],
    ["the state waited for is not reached", receipt({ state: "accepted", detail: "the time is up" }, 202), 3],
    ["a region is missing", receipt({ state: "partial", missing: ["oc"] }, 202), 3],
    ["the body is refused", problemReply("invalid-body", "see errors", [{ pointer: "/tags/0", detail: "a comma" }]), 1],
    ["the token is unknown", problemReply("token-unknown", "no such token"), 1],
    ["something else answers", { status: 200, body: "<html>" }, 1],
  ])("when %s", async (_name, reply, exit) => {
    const run = await purge(() => reply, ["--tag", "t"]);
    expect(run.exit).toBe(exit);
  });

  it.each([
    ["nothing to purge", []],
    ["everything and a tag", ["--everything", "--tag", "t"]],
    ["an unknown wait", ["--tag", "t", "--wait", "forever"]],
    ["an unknown region", ["--tag", "t", "--via", "moon"]],
    ["a time beyond the limit", ["--tag", "t", "--timeout", "61"]],
    ["a settle time beyond the limit", ["--tag", "t", "--settle", "601"]],
    ["a stray word", ["--soft", "show-me"]],
    ["a file that is not there", ["--file", "/nonexistent-file-of-a-test"]],
    ["an API address that is none", ["--tag", "t", "--api", "ftp://h"]],
  ])("is 2 for %s, and nothing is asked", async (_name, args) => {
    const address = await api.start(() => receipt());
    const run = await runCommand(register, ["purge", "--api", address, ...args]);
    expect(run.exit).toBe(2);
    expect(api.asked).toHaveLength(0);
  });

  it("is 1 when nothing listens, with what to do next", async () => {
    const address = await api.start(() => receipt());
    api.stop();
    const run = await runCommand(register, ["purge", "--tag", "t", "--api", address]);
    expect(run.exit).toBe(1);
    expect(run.err).toContain("npm start");
    expect(run.err).not.toContain("--idempotency-key");
  });
});

describe("what is printed", () => {
  it("shows regions with their state and the milliseconds since it was accepted", async () => {
    const run = await purge(() => receipt(), ["--tag", "t"]);
    expect(run.out).toMatch(/weur\.k3f9x2\.17 {2}applied/);
    expect(run.out).toMatch(/weur +applied +4 ms/);
    expect(run.out).toMatch(/enam +applied +120 ms/);
  });

  it("says what is not kept for a while", async () => {
    const wishes = { settleSeconds: 30, minVersion: { notEtags: ['"v1"'], lastModified: "2026-11-20T10:15:00.000Z" } };
    const run = await purge(() => receipt(wishes), ["--tag", "t"]);
    expect(run.out).toContain(
      'first 30 s are forwarded without being stored, unless the response has an ETag other than "v1" and was modified since 2026',
    );
  });

  it.each(["accepted", "applied", "partial"])("says by when a purge that is %s will be complete", async (state) => {
    const run = await purge(() => receipt({ state, completeBy: "2026-11-20T10:16:12.000Z" }, 202), ["--tag", "t"]);
    expect(run.out).toContain("Complete by 2026-11-20T10:16:12.000Z at the latest.");
  });

  it.each([
    ["is complete", { state: "complete", completeBy: "2026-11-20T10:16:12.000Z" }],
    ["has a receipt that does not say by when it will be", { state: "partial" }],
  ])("promises no instant for a purge that %s", async (_what, changes) => {
    const run = await purge(() => receipt(changes, 202), ["--tag", "t"]);
    expect(run.out).toContain(changes.state);
    expect(run.out).not.toContain("Complete by");
  });

  it("names the regions that are not known to hold it, and why", async () => {
    const regions = [{ region: "oc", state: "pending", reason: "its hub does not answer" }];
    const run = await purge(() => receipt({ state: "partial", regions, missing: ["oc"] }, 202), ["--tag", "t"]);
    expect(run.out).toMatch(/oc +pending +its hub does not answer/);
    expect(run.out).toContain("Not known to have it yet: oc");
  });

  it("prints the receipt alone with --json", async () => {
    const run = await purge(() => receipt(), ["--tag", "t", "--json"]);
    expect(JSON.parse(run.out)).toEqual(RECEIPT);
  });

  it("takes an answer with fields of a later version", async () => {
    const run = await purge(() => receipt({ sealed: "abc" }), ["--tag", "t", "--json"]);
    expect(run.exit).toBe(0);
    expect(JSON.parse(run.out)).toMatchObject({ id: RECEIPT.id, sealed: "abc" });
  });

  it("prints a failure as JSON with its code, and says it to people too", async () => {
    const run = await purge(
      () => problemReply("scope-missing", "this needs the scope purge"),
      ["--tag", "t", "--json"],
    );
    expect(JSON.parse(run.out)).toMatchObject({ error: { code: "scope-missing", status: 403 } });
    expect(run.err).toContain("this needs the scope purge");
  });

  it("says where in the body the fault is", async () => {
    const reply = problemReply("invalid-body", "see errors", [{ pointer: "/urls/0", detail: "this is not a URL" }]);
    const run = await purge(() => reply, ["--url", "x"]);
    expect(run.err).toContain("/urls/0: this is not a URL");
  });
});

describe("--dry-run", () => {
  const counts = {
    dryRun: true,
    soft: false,
    scopes: RECEIPT.scopes,
    entries: 1200,
    bytes: 2048,
    regions: [{ region: "weur", entries: 1200, bytes: 2048 }],
    missing: [],
  };

  it("says what would be hit and sends no idempotency key", async () => {
    const run = await purge(() => ({ status: 200, body: counts }), ["--url", "https://shop.example/a", "--dry-run"]);
    expect(run.exit).toBe(0);
    expect(api.asked[0]?.body).toMatchObject({ dryRun: true });
    expect(api.asked[0]?.body).not.toHaveProperty("idempotencyKey");
    expect(run.out).toContain("Nothing was purged");
    expect(run.out).toContain("1,200 entries (2.0 KiB)");
  });

  it("is partial when a region was not counted", async () => {
    const run = await purge(
      () => ({ status: 200, body: { ...counts, missing: ["oc"] } }),
      ["--everything", "--dry-run"],
    );
    expect(run.exit).toBe(3);
    expect(run.out).toContain("oc");
  });
});

describe("show, list and verify", () => {
  it("shows a receipt, partial or not", async () => {
    const run = await purge(() => receipt({ state: "partial" }), ["show", "weur.k3f9x2.17"]);
    expect(api.asked[0]?.url).toBe("/v1/purges/weur.k3f9x2.17");
    expect(run.exit).toBe(3);
  });

  it("fails for a purge that does not exist", async () => {
    const run = await purge(() => problemReply("no-such-purge", "no hub knows it"), ["show", "weur.k3f9x2.99"]);
    expect(run).toMatchObject({ exit: 1, err: expect.stringContaining("no hub knows it") });
  });

  it("lists with limit, state and cursor, and says how to go on", async () => {
    const page = { purges: [RECEIPT], cursor: "next" };
    const run = await purge(
      () => ({ status: 200, body: page }),
      ["list", "--limit", "5", "--state", "applied", "--cursor", "c"],
    );
    expect(api.asked[0]?.url).toBe("/v1/purges?limit=5&cursor=c&state=applied");
    expect(run.out).toMatch(/weur\.k3f9x2\.17 +applied .*120 ms +ci +URL https:\/\/shop\.example\/a/);
    expect(run.out).toContain("--cursor next");
  });

  it("takes --json before and after the subcommand", async () => {
    const page = { purges: [] };
    const address = await api.start(() => ({ status: 200, body: page }));
    for (const args of [
      ["purge", "--json", "list", "--api", address],
      ["purge", "list", "--json", "--api", address],
    ]) {
      expect(JSON.parse((await runCommand(register, args)).out)).toEqual(page);
    }
  });
});
