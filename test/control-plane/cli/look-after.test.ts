// `meridian status` and `meridian explain` against a fake API: what they ask, what they tell, and how they end when a part of
// the answer cannot be had.

import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { register as registerExplain } from "../../../control-plane/cli/commands/explain.node.ts";
import { register as registerRegion } from "../../../control-plane/cli/commands/region.node.ts";
import { register as registerStatus } from "../../../control-plane/cli/commands/status.node.ts";
import { agreementText } from "../../../control-plane/cli/text/status-text.node.ts";
import { type Answering, EXPLANATION, FakeApi, problemReply, RECEIPT, REGION_LIST, STATS } from "./fake-api.ts";
import { runCommand } from "./run-command.ts";

let api: FakeApi;
beforeEach(() => {
  api = new FakeApi();
});
afterEach(() => api.stop());

const healthy: Answering = ({ url }) => {
  if (url === "/v1/regions") return { status: 200, body: REGION_LIST };
  if (url === "/v1/stats") return { status: 200, body: STATS };
  return { status: 200, body: { purges: [RECEIPT] } };
};

describe("meridian status", () => {
  it("shows each region's place, state, shards and traffic, the hubs' agreement and the latest purges", async () => {
    const run = await runCommand(registerStatus, ["status", "--api", await api.start(healthy)]);
    expect(run.exit).toBe(0);
    expect(run.out).toMatch(/enam +Ashburn, US +live +4 +1,234 +90\.0 % +12 ms +7 +1\.5 KiB/);
    expect(run.out).toMatch(/weur +Amsterdam, NL +live, drained +4 +- +- +- +- +-/);
    expect(run.out).toContain("The 2 hubs that answered have the same events.");
    expect(run.out).toContain("weur.k3f9x2.17");
  });

  it("names an origin that some shards spare", async () => {
    const run = await runCommand(registerStatus, ["status", "--api", await api.start(healthy)]);
    expect(run.out).toContain("enam: the breaker before shop is open at 1 of the 2 shards that use it.");
    expect(run.out).not.toContain("weur: the breaker");
  });

  it("shows what the launcher knows of a local run: processes that are away, and links that are cut", async () => {
    const address = await api.start((asked, count) => {
      if (asked.url !== "/regions") return healthy(asked, count);
      const base = { edge: "http://127.0.0.1:1", cut: [] };
      const regions = [
        { ...base, region: "weur", state: "live", cut: ["apac", "origin:shop"] },
        { ...base, region: "enam", state: "restarting" },
        { ...base, region: "apac", state: "failed" },
      ];
      return { status: 200, body: { regions } };
    });
    const folder = mkdtempSync(join(tmpdir(), "meridian-"));
    mkdirSync(join(folder, ".meridian"));
    writeFileSync(join(folder, ".meridian", "token"), "local-admin");
    writeFileSync(
      join(folder, ".meridian", "run.json"),
      JSON.stringify({ control: address, admin: address, regions: {} }),
    );
    const run = await runCommand(registerStatus, ["status"], { folder });
    expect(run.out).toContain("The link from weur to apac is cut; heal it with: npx meridian region heal weur apac");
    expect(run.out).toContain("The link from weur to origin:shop is cut");
    expect(run.out).toContain("enam: its process crashed and is being restarted");
    expect(run.out).toContain("is not restarted; start it with: npx meridian region start apac");
    expect(api.asked.find(({ url }) => url === "/regions")?.token).toBe("Bearer local-admin");
  });

  it("prints what the API said with --json", async () => {
    const run = await runCommand(registerStatus, ["status", "--json", "--api", await api.start(healthy)]);
    expect(JSON.parse(run.out)).toEqual({ regions: REGION_LIST, stats: STATS, purges: { purges: [RECEIPT] } });
  });

  it("shows the regions though the numbers cannot be had", async () => {
    const answering: Answering = (asked, count) =>
      asked.url === "/v1/stats" ? problemReply("internal", "the log has the details") : healthy(asked, count);
    const run = await runCommand(registerStatus, ["status", "--api", await api.start(answering)]);
    expect(run.exit).toBe(0);
    expect(run.out).toMatch(/enam +Ashburn, US +live +4 +-/);
    expect(run.out).toContain("No numbers: Internal error");
  });

  it("fails when the token may not read, and names the scope", async () => {
    const refuse = () => problemReply("scope-missing", "this needs the scope read");
    const run = await runCommand(registerStatus, ["status", "--api", await api.start(refuse)]);
    expect(run).toMatchObject({ exit: 1, err: expect.stringContaining("scope read") });
  });

  it("goes on with --watch until it is interrupted", async () => {
    let interrupt = (): void => undefined;
    const run = await runCommand(registerStatus, ["status", "--watch", "--api", await api.start(healthy)], {
      interrupt: (callback) => {
        interrupt = callback;
      },
      onOut: () => interrupt(),
    });
    expect(run.exit).toBe(0);
    expect(run.out).toContain("enam");
  });

  it("says which links are cut and which regions are lost, and for how long", async () => {
    const ago = (seconds: number) => new Date(Date.now() - seconds * 1000).toISOString();
    const list = {
      ...REGION_LIST,
      lostRegions: [{ region: "apac", heardAt: ago(180), heardBy: "enam" }],
      cutLinks: [{ from: "weur", to: "enam", since: ago(7200) }],
    };
    const answering: Answering = (asked, count) =>
      asked.url === "/v1/regions" ? { status: 200, body: list } : healthy(asked, count);
    const run = await runCommand(registerStatus, ["status", "--api", await api.start(answering)]);
    expect(run.out).toContain("apac is lost: no other region can reach it; enam last heard from it 3 min ago.");
    expect(run.out).toContain("The link weur -> enam is cut: enam has not answered weur for 2 h.");
  });

  it("says which hub lacks how many events", () => {
    const [enam, weur] = REGION_LIST.regions;
    if (!enam?.hub || !weur) throw new Error("the fixture has two regions with hubs");
    const behind = { ...enam, hub: { ...enam.hub, vector: { "weur.k3f9x2": 15 } } };
    expect(agreementText([behind, weur])).toContain("enam lacks 4 events");
  });
});

describe("meridian explain", () => {
  it("asks for the URL, the place and the method", async () => {
    const address = await api.start(() => ({ status: 200, body: EXPLANATION }));
    await runCommand(registerExplain, [
      "explain",
      "https://h/a?b=c&d",
      "--from",
      "JP",
      "--method",
      "head",
      "--api",
      address,
    ]);
    const query = new URL(api.asked[0]?.url ?? "", "http://h").searchParams;
    expect(Object.fromEntries(query)).toEqual({ url: "https://h/a?b=c&d", from: "JP", method: "HEAD" });
  });

  it("names the fields that the origin varies on and is not sent, and what to do", async () => {
    const body = { ...EXPLANATION, varyWithheld: ["next-url", "rsc"] };
    const address = await api.start(() => ({ status: 200, body }));
    const { out } = await runCommand(registerExplain, ["explain", EXPLANATION.url, "--api", address]);
    expect(out).toMatch(/withheld +next-url, rsc: the origin varies on it.*variantHeaders.*detectVary/s);
  });

  it("tells the way from the client to the origin, and why", async () => {
    const address = await api.start(() => ({ status: 200, body: EXPLANATION }));
    const run = await runCommand(registerExplain, ["explain", EXPLANATION.url, "--api", address]);
    expect(run.exit).toBe(0);
    const order = [
      "35.7 N, 139.7 E, JP",
      "images",
      "apac, Asia-Pacific",
      "the nearest",
      "3 of apac",
      "2 of enam",
      "shop, http",
      "key",
      "oc",
      "118 ms",
      "the next nearest",
    ];
    let at = -1;
    for (const part of order) {
      const found = run.out.indexOf(part, at + 1);
      expect(found, part).toBeGreaterThan(at);
      at = found;
    }
    expect(run.out).toContain('query {"only":["v"]}');
  });

  it("says that no region may serve it", async () => {
    const { shard: _shard, ...rest } = EXPLANATION;
    const address = await api.start(() => ({ status: 200, body: { ...rest, regions: [] } }));
    const run = await runCommand(registerExplain, ["explain", EXPLANATION.url, "--api", address]);
    expect(run.out).toContain("none may serve it");
  });

  it("prints the explanation alone with --json", async () => {
    const address = await api.start(() => ({ status: 200, body: EXPLANATION }));
    const run = await runCommand(registerExplain, ["explain", EXPLANATION.url, "--json", "--api", address]);
    expect(JSON.parse(run.out)).toEqual(EXPLANATION);
  });

  it("fails for a URL that is none, with the API's reason", async () => {
    const address = await api.start(() => problemReply("malformed-query", "url: this is not a URL"));
    const run = await runCommand(registerExplain, ["explain", "x", "--api", address]);
    expect(run).toMatchObject({ exit: 1, err: expect.stringContaining("this is not a URL") });
  });

  it("is a usage error without a URL", async () => {
    expect((await runCommand(registerExplain, ["explain"])).exit).toBe(2);
  });
});

describe("meridian region", () => {
  it.each(["drain", "undrain"])("asks the API to %s a region", async (action) => {
    const [region] = REGION_LIST.regions;
    const answering: Answering = () => ({ status: 200, body: { ...region, drained: action === "drain" } });
    const run = await runCommand(registerRegion, ["region", action, "weur", "--api", await api.start(answering)]);
    expect(api.asked.at(-1)).toMatchObject({ method: "POST", url: `/v1/regions/weur/${action}` });
    expect(run).toMatchObject({
      exit: 0,
      out: action === "drain" ? expect.stringContaining("drained") : "weur serves clients again",
    });
  });

  it("refuses an unknown region without a request", async () => {
    const before = api.asked.length;
    const run = await runCommand(registerRegion, ["region", "drain", "mars", "--api", "http://127.0.0.1:1"]);
    expect(run).toMatchObject({ exit: 2, err: expect.stringContaining("unknown region mars") });
    expect(api.asked).toHaveLength(before);
  });

  it("says which scope the token lacks", async () => {
    const refusing: Answering = () => problemReply("scope-missing", "this needs the scope regions");
    const run = await runCommand(registerRegion, ["region", "drain", "weur", "--api", await api.start(refusing)]);
    expect(run).toMatchObject({ exit: 1, err: expect.stringContaining("scope regions") });
  });
});
