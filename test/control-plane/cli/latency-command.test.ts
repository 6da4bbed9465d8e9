// `meridian latency` from its options to its exit code, against a fake deployment: what it measures when told nothing, and
// that it is honest about what it could not measure.

import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { register } from "../../../control-plane/cli/commands/latency.node.ts";
import { FakeDeployment } from "../latency/fake-deployment.ts";
import { EXPLANATION, FakeApi } from "./fake-api.ts";
import { runCommand } from "./run-command.ts";

let deployment: FakeDeployment;
let api: FakeApi;
beforeEach(() => {
  deployment = new FakeDeployment();
  api = new FakeApi();
});
afterEach(() => {
  deployment.stop();
  api.stop();
});

/** A folder whose `.meridian/run.json` speaks of a run at these addresses. */
function folderOfRun(run: object): string {
  const folder = mkdtempSync(join(tmpdir(), "meridian-"));
  mkdirSync(join(folder, ".meridian"));
  writeFileSync(join(folder, ".meridian", "run.json"), JSON.stringify(run));
  return folder;
}
const latency = (args: string[], folder?: string) =>
  runCommand(register, ["latency", "--samples", "2", ...args], folder === undefined ? {} : { folder });

describe("a local run", () => {
  it("is measured from one place for each of its regions, and directly, without being told anything", async () => {
    const { cdn, origin } = await deployment.start({ places: true });
    const folder = folderOfRun({
      v: 1,
      frontDoor: cdn,
      direct: origin,
      control: "http://127.0.0.1:1",
      regions: { enam: {}, apac: {} },
    });
    const run = await latency([], folder);
    expect(run.exit).toBe(0);
    expect(run.out).toMatch(/Toronto +enam +cold +0 % /);
    expect(run.out).toMatch(/Seoul +apac +cold +0 % /);
    expect(run.out).toMatch(/warm +100 % /);
    expect(run.out).toMatch(/direct +- /);
    expect(run.out).toContain("For the median place a warm answer is");
    expect(deployment.askedDirectly).toHaveLength(6);
  });

  it("asks the API where countries are, for the map", async () => {
    const { cdn, origin } = await deployment.start({ places: true });
    const control = await api.start(() => ({ status: 200, body: EXPLANATION }));
    const folder = folderOfRun({ v: 1, frontDoor: cdn, direct: origin, control, regions: {} });
    const html = join(folder, "report.html");
    const run = await latency(["--places", "JP", "--json", "--html", html], folder);
    expect(JSON.parse(run.out).places).toMatchObject([
      { name: "Japan", from: "JP", place: EXPLANATION.client.coordinates },
    ]);
    expect(readFileSync(html, "utf8")).toContain("<svg");
  });
});

describe("another deployment", () => {
  it("that takes places is measured from all that are asked for", async () => {
    const { cdn, origin } = await deployment.start({ places: true });
    const run = await latency(["--url", `${cdn}/a?b`, "--direct", origin, "--places", "35,139;40,-83", "--json"]);
    const report = JSON.parse(run.out);
    expect(run.exit).toBe(0);
    expect(report).toMatchObject({ v: 1, clients: "placed", url: `${cdn}/a?b`, samples: 2 });
    expect(report.places.map((place: { region: string }) => place.region)).toEqual(["apac", "enam"]);
    expect(Object.keys(report.places[0].series.warm.timeToFirstByte)).toEqual([
      "p50",
      "p90",
      "p99",
      "min",
      "max",
      "mean",
    ]);
  });

  it("that places nobody is measured from here, and the report says so", async () => {
    const { cdn } = await deployment.start({ places: false });
    const run = await latency(["--url", cdn]);
    expect(run.exit).toBe(0);
    expect(run.out).toMatch(/here +enam +cold/);
    expect(run.out).toContain("All probes come from this machine");
    expect(run.out).toContain("--direct URL");
  });

  it("that places nobody cannot be measured from elsewhere", async () => {
    const { cdn } = await deployment.start({ places: false });
    const run = await latency(["--url", cdn, "--places", "JP"]);
    expect(run).toMatchObject({ exit: 1, err: expect.stringContaining("omit --places") });
  });
});

describe("exit codes", () => {
  it("is 1 when nothing answers, with what to do next", async () => {
    const { cdn } = await deployment.start({ places: true });
    deployment.stop();
    const run = await latency(["--url", cdn, "--json"]);
    expect(run.exit).toBe(1);
    expect(run.err).toContain("npm start");
    expect(JSON.parse(run.out)).toMatchObject({ error: { code: "cannot-measure" } });
  });

  it("is 3 when some probes failed", async () => {
    const { cdn } = await deployment.start({
      places: true,
      breaks: (request) => request.headers["meridian-from"] === "1,2",
    });
    const run = await latency(["--url", cdn, "--places", "1,2;35,139"]);
    expect(run.exit).toBe(3);
    expect(run.out).toContain("probes failed");
  });

  it.each([
    ["a place that is none", ["--places", "Tokyo"]],
    ["no samples", ["--samples", "0"]],
    ["a path without a slash", ["--path", "a"]],
    ["a URL that is none", ["--url", "cdn.example"]],
    ["an origin that is none", ["--direct", "ftp://h"]],
    ["too much at once", ["--concurrency", "65"]],
  ])("is 2 for %s", async (_name, args) => {
    expect((await latency(args)).exit).toBe(2);
  });
});
