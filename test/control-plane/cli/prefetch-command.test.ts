// `meridian prefetch` against a fake API: what is asked, again for what is left, and which exit code says what became of it.

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { register } from "../../../control-plane/cli/commands/prefetch.node.ts";
import { type PrefetchLine, prefetchLineSchema } from "../../../control-plane/prefetch/lines.ts";
import { type Answering, FakeApi, problemReply } from "./fake-api.ts";
import { runCommand } from "./run-command.ts";

let api: FakeApi;
beforeEach(() => {
  api = new FakeApi();
});
afterEach(() => api.stop());

async function prefetch(answering: Answering, ...args: string[]) {
  const address = await api.start(answering);
  return runCommand(register, ["prefetch", ...args, "--api", address, "--token", "secret"]);
}

const told = (...lines: PrefetchLine[]) => ({
  status: 200,
  body: lines.map((line) => `${JSON.stringify(prefetchLineSchema.parse(line))}\n`).join(""),
});
const began = { kind: "began", urls: 2, regions: 1, visits: 2 } as const;
const visited = {
  kind: "visited",
  url: "https://h/a",
  region: "weur",
  status: 200,
  outcome: "miss",
  stored: true,
  bytes: 512,
  millis: 3,
} as const;
const ended: Extract<PrefetchLine, { kind: "ended" }> = {
  kind: "ended",
  warm: 2,
  unstored: 0,
  passedOver: 0,
  failed: 0,
  bytes: 1024,
  left: [],
  omitted: 0,
};

describe("what is asked", () => {
  it("names URLs, sitemap, regions, place and purge as they were given", async () => {
    const run = await prefetch(
      () => told(began, visited, { ...visited, outcome: "hit" }, ended),
      ...["https://h/a", "https://h/b", "--sitemap", "https://h/s.xml", "--regions", "weur, apac"],
      ...["--from", "JP", "--after", "weur.k3f9x2.17", "--wait"],
    );
    expect(run.exit).toBe(0);
    expect(api.asked).toMatchObject([{ method: "POST", url: "/v1/prefetch", token: "Bearer secret" }]);
    expect(api.asked[0]?.body).toEqual({
      urls: ["https://h/a", "https://h/b"],
      sitemap: "https://h/s.xml",
      regions: ["weur", "apac"],
      from: "JP",
      after: "weur.k3f9x2.17",
    });
    expect(run.out).toContain("2 warm (1 already were), 1.0 KiB read");
  });

  it("is asked again for what one request did not come to, and not for the sitemap", async () => {
    const run = await prefetch(
      (_asked, count) =>
        count === 1 ? told(began, visited, { ...ended, warm: 1, left: ["https://h/b"] }) : told(began, ended),
      ...["--sitemap", "https://h/s.xml", "--regions", "weur", "--wait", "--json"],
    );
    expect(api.asked.map(({ body }) => body)).toEqual([
      { urls: [], sitemap: "https://h/s.xml", regions: ["weur"] },
      { urls: ["https://h/b"], regions: ["weur"] },
    ]);
    expect(JSON.parse(run.out)).toMatchObject({ urls: 2, regions: 1, warm: 3, failed: 0, failures: [] });
  });

  it("is left to itself once it has begun, unless --wait says otherwise", async () => {
    // An answer that goes on, and ends only because the command has left.
    const server = createServer((_request, response) => response.write(told(began, visited).body));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const run = await runCommand(register, ["prefetch", "https://h/a", "--api", address]);
    await new Promise((resolve) => server.close(resolve));
    expect(run).toMatchObject({ exit: 0, out: expect.stringContaining("Started: 2 URLs") });
    expect(run.err).toContain("at most 20 s");
  });
});

it("names what was answered with an error", async () => {
  const run = await prefetch(
    () => told(began, { ...visited, status: 404 }, { ...ended, failed: 1 }),
    "https://h/a",
    "--wait",
  );
  expect(run.err).toContain("https://h/a: weur answered with status 404");
});

describe("the end", () => {
  const failure = { kind: "failed", url: "https://h/b", region: "weur", detail: "the region was lost" } as const;

  it.each<[string, Partial<Extract<PrefetchLine, { kind: "ended" }>>, PrefetchLine[], number]>([
    ["all is warm or passed over", { passedOver: 1 }, [], 0],
    ["something failed", { warm: 1, failed: 1 }, [failure], 3],
    ["all failed", { warm: 0, failed: 2 }, [failure, failure], 1],
    ["something may not be stored", { warm: 1, unstored: 1 }, [], 3],
    ["something was left out", { omitted: 3 }, [], 3],
    ["a sitemap could not be read", {}, [{ kind: "no-sitemap", url: "https://h/s.xml", detail: "404" }], 3],
  ])("when %s has its exit code", async (_what, changes, lines, exit) => {
    const run = await prefetch(() => told(began, ...lines, { ...ended, ...changes }), "https://h/a", "--wait");
    expect(run.exit).toBe(exit);
    for (const line of lines) if ("detail" in line) expect(run.err).toContain(`${line.url}: ${line.detail}`);
  });

  it("of an answer that breaks off is no success", async () => {
    const run = await prefetch(() => told(began, visited), "https://h/a", "--wait");
    expect(run).toMatchObject({ exit: 1, err: expect.stringContaining("ended before the prefetch finished") });
  });

  it.each<[string, Answering, RegExp]>([
    [
      "a token that may not",
      () => problemReply("scope-missing", "the token ci lacks the scope prefetch"),
      /scope prefetch/,
    ],
    ["another server", () => ({ status: 200, body: "hello\n" }), /not Meridian's control API/],
    ["no answer", () => "hang up", /could not be reached/],
  ])("with %s says why", async (_what, answering, said) => {
    const run = await prefetch(answering, "https://h/a", "--wait");
    expect(run).toMatchObject({ exit: 1, err: expect.stringMatching(said) });
  });

  it("without anything to warm is bad usage", async () => {
    expect((await prefetch(() => told(ended), "--wait")).exit).toBe(2);
    expect(api.asked).toEqual([]);
  });
});
