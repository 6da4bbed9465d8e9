// The launcher with real processes: three regions of a stand-in Worker, the doors before them and the example origin.
// What the real Worker does is tested elsewhere; here it is starting, finding the nearest, losing, restarting and ending.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Agent, request } from "undici";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MiB } from "../../../config/units.ts";
import type { RegionId } from "../../../config/world/regions.ts";
import type { Cluster } from "../../../control-plane/local/cluster.node.ts";
import type { LaunchEvent } from "../../../control-plane/local/events.ts";
import { type LaunchOptions, launch } from "../../../control-plane/local/launcher.node.ts";
import { DEFAULT_CONFIG, loadConfiguration } from "../../../control-plane/local/prepare/configuration.node.ts";
import { StateFolder } from "../../../control-plane/local/state/state-folder.node.ts";
import { isAlive } from "../../../control-plane/local/supervision/processes.node.ts";
import { freeFrontDoor } from "../../fixtures/free-ports.node.ts";

const STAND_IN = fileURLToPath(new URL("../../fixtures/stand-in-region.js", import.meta.url));
const LAUNCH_ALONE = fileURLToPath(new URL("../../fixtures/launch-alone.node.ts", import.meta.url));
const regions: RegionId[] = ["weur", "enam", "apac"];
let folder: string;
/** Where this file's run listens, and where a second one would. */
let frontDoor: number;
let secondDoor: number;
let options: LaunchOptions;
let cluster: Cluster;
const events: LaunchEvent[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "meridian-launcher-"));
  frontDoor = await freeFrontDoor(23_027);
  secondDoor = await freeFrontDoor(frontDoor + 40);
  const loaded = await loadConfiguration(DEFAULT_CONFIG);
  if (loaded.kind === "unusable") throw new Error(loaded.lines.join("\n"));
  options = {
    config: loaded.config,
    regions,
    frontDoor,
    stateFolder: folder,
    workerEntry: STAND_IN,
    onEvent: (event) => events.push(event),
  };
  cluster = await launch(options);
});
afterAll(async () => {
  await cluster?.stop();
  await rm(folder, { recursive: true, force: true });
});

interface Answer {
  readonly region: RegionId;
  readonly headers: Record<string, string>;
  readonly size: number;
}
const ask = async (path = "/", from?: string, init: RequestInit = {}): Promise<Answer> => {
  const headers = {
    ...(init.headers as Record<string, string>),
    ...(from === undefined ? {} : { "Meridian-From": from }),
  };
  const response = await fetch(`${cluster.frontDoor}${path}`, { ...init, headers });
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
  return (await response.json()) as Answer;
};

describe("the front door", () => {
  it.each([
    ["JP", "apac"],
    ["NL", "weur"],
    ["US", "enam"],
    ["133.11.0.1", "apac"],
    ["40.71,-74.01", "enam"],
    [undefined, "weur"],
  ] as const)("takes a client from %s to %s", async (from, region) => {
    expect((await ask("/", from)).region).toBe(region);
  });

  it("vouches for the client's address and believes none that a client brings along", async () => {
    const headers = { "Meridian-Internal-Client": "v1;203.0.113.9;1;abcdefgh;forged", "Meridian-Internal-Node": "hub" };
    const seen = (await ask("/", "NL", { headers })).headers;
    expect(seen["meridian-internal-client"]).toMatch(/^v1;127\.0\.0\.1;\d{13};/);
    expect(seen["meridian-internal-node"]).toBeUndefined();
    expect(seen["meridian-from"]).toBe("NL");
  });

  it("takes at least the round trip to the region for an answer", async () => {
    const before = performance.now();
    // Perth lies 8,000 km from Tokyo: 60 ms one way by the model.
    await ask("/", "-31.95,115.86");
    expect(performance.now() - before).toBeGreaterThan(110);
  });

  it("passes uploads of unknown length whole", async () => {
    const body = new ReadableStream({
      start(controller) {
        for (let piece = 0; piece < 32; piece++) controller.enqueue(new Uint8Array(32_768));
        controller.close();
      },
    });
    const answer = await ask("/upload", "JP", { method: "POST", body, duplex: "half" } as RequestInit);
    expect(answer).toMatchObject({ region: "apac", size: 32 * 32_768 });
  });

  it("passes an answer back that did not wait for the upload, and serves the same client after it", async () => {
    const agent = new Agent({ connections: 1 });
    for (let time = 0; time < 3; time += 1) {
      const { statusCode, body } = await request(cluster.frontDoor, {
        method: "POST",
        headers: { "meridian-from": "JP" },
        body: Buffer.alloc(3 * MiB),
        dispatcher: agent,
      });
      expect([statusCode, await body.json()]).toEqual([200, expect.objectContaining({ region: "apac" })]);
    }
    await agent.destroy();
  });

  it("passes WebSockets both ways", async () => {
    const socket = new WebSocket(`${cluster.frontDoor.replace("http", "ws")}/ws`);
    await once(socket, "open");
    socket.send("hello");
    const [message] = (await once(socket, "message")) as [MessageEvent];
    expect(message.data).toBe("edge weur heard hello");
    socket.close();
  });
});

describe("links", () => {
  const viaPeer = (): Promise<Response> => fetch(`${cluster.edges.weur}/peer/APAC`);

  it("take regions to each other with their distance", async () => {
    const before = performance.now();
    expect(await (await viaPeer()).text()).toBe("internal apac");
    expect(performance.now() - before).toBeGreaterThan(130);
  });

  it("take regions to the origin", async () => {
    const answer = await fetch(`${cluster.edges.weur}/origin/SHOP?path=/eu/records/7`);
    expect(await answer.json()).toEqual({ record: "7", residence: "EU" });
  });

  it("can be cut and healed by the launcher's endpoint, with the token alone", async () => {
    const endpoint = `${cluster.addresses.admin}/links/weur/apac`;
    const headers = { Authorization: `Bearer ${cluster.token}` };
    expect((await fetch(`${endpoint}/cut`, { method: "POST" })).status).toBe(401);
    expect((await fetch(`${endpoint}/cut?how=reset`, { method: "POST", headers })).status).toBe(200);
    expect((await viaPeer()).status).toBe(502);
    expect((await fetch(`${endpoint}/heal`, { method: "POST", headers })).status).toBe(200);
    expect((await viaPeer()).status).toBe(200);
    const nowhere = `${cluster.addresses.admin}/links/weur/oc/cut`;
    expect((await fetch(nowhere, { method: "POST", headers })).status).toBe(404);
  });
});

describe("the direct door", () => {
  it("leads to the origin without the CDN", async () => {
    const seen = (await (
      await fetch(`${cluster.addresses.direct}/echo`, { headers: { "Meridian-From": "JP" } })
    ).json()) as {
      fields: [string, string][];
    };
    const fields = new Map(seen.fields.map(([name, value]) => [name.toLowerCase(), value]));
    expect(fields.get("host")).toBe(`127.0.0.1:${frontDoor + 12}`);
    expect(fields.has("meridian-from")).toBe(false);
  });
});

describe("a region", () => {
  const count = async (region: RegionId): Promise<string> => {
    const { control } = (await new StateFolder(folder).readRun())?.regions[region] ?? {};
    return (await fetch(`${control}/count`)).text();
  };
  const heard = (state: "lost" | "restarted", process: string): boolean =>
    events.some((event) =>
      event.kind === "region-lost"
        ? state === "lost" && process === `region ${event.region}`
        : event.kind === "process" && event.state === state && event.process === process,
    );

  it("that is killed loses its clients to the next region, and is started again with its state", async () => {
    expect(await count("apac")).toBe("1");
    const pid = cluster.region("apac").pid ?? 0;
    process.kill(pid, "SIGKILL");
    // Whatever moment the request falls in, it is answered by somebody else.
    expect((await ask("/", "JP")).region).not.toBe("apac");
    await expect.poll(() => heard("lost", "region apac")).toBe(true);
    await expect.poll(() => heard("restarted", "region apac"), { timeout: 20_000 }).toBe(true);
    expect(isAlive(pid)).toBe(false);
    expect((await ask("/", "JP")).region).toBe("apac");
    expect(await count("apac")).toBe("2");
    expect(await (await fetch(`${cluster.edges.weur}/peer/APAC`)).text()).toBe("internal apac");
  });

  it("that was stopped stays down, and is not called lost", async () => {
    await cluster.stopRegion("enam");
    expect(cluster.regions().find(({ region }) => region === "enam")).toMatchObject({ state: "down" });
    expect(heard("lost", "region enam")).toBe(false);
    await cluster.startRegion("enam");
    expect((await ask("/", "US")).region).toBe("enam");
  });

  it("shows which of its links are cut", async () => {
    cluster.cut("weur", "apac", "silent");
    const cutOf = (region: RegionId): unknown => cluster.regions().find((one) => one.region === region)?.cut;
    expect([cutOf("weur"), cutOf("apac")]).toEqual([["apac"], []]);
    cluster.heal("weur", "apac");
    expect(cutOf("weur")).toEqual([]);
  });

  it("has an example origin behind it that is started again when it is killed", async () => {
    process.kill(cluster.origin?.pid ?? 0, "SIGKILL");
    await expect.poll(() => heard("restarted", "the example origin"), { timeout: 20_000 }).toBe(true);
    expect((await fetch(`${cluster.origin?.url}/eu/records/7`)).status).toBe(200);
  });

  it("leaves the control door open, whichever is stopped", async () => {
    for (const region of regions) {
      await cluster.stopRegion(region);
      const answer = (await (await fetch(`${cluster.control}/x`)).json()) as { control: string };
      expect(answer.control).not.toBe(region);
      await cluster.startRegion(region);
    }
  });
});

describe("with all regions down", () => {
  it("the front door answers with a problem", async () => {
    await Promise.all(regions.map((region) => cluster.stopRegion(region)));
    const response = await fetch(`${cluster.frontDoor}/`);
    expect(response.status).toBe(503);
    expect(response.headers.get("content-type")).toBe("application/problem+json");
    await Promise.all(regions.map((region) => cluster.startRegion(region)));
  });
});

describe("a start", () => {
  it("beside a run in the same folder is refused with its process", async () => {
    // From another process, since a launcher's own run is not in its own way.
    await expect(tryUp(["--port", String(secondDoor)])).resolves.toMatchObject({
      code: 1,
      stderr: expect.stringContaining("already running"),
    });
  });

  it("with a port in use names the port and starts nothing", async () => {
    const other = await mkdtemp(join(tmpdir(), "meridian-launcher-"));
    const blocker = createServer();
    blocker.listen(secondDoor - 1, "127.0.0.1");
    await once(blocker, "listening");
    const attempt = launch({ ...options, frontDoor: secondDoor, stateFolder: other });
    await expect(attempt).rejects.toThrow(`port ${secondDoor - 1}, which the control API needs, is in use`);
    expect(await readdir(other)).not.toContain("run.json");
    blocker.close();
    await rm(other, { recursive: true, force: true });
  });

  it("with a region that the configuration does not have, or no region at all, is bad usage", async () => {
    expect((await tryUp(["--regions", "mars"])).code).toBe(2);
    expect((await tryUp(["--regions", "enam"])).stderr).toContain('"eu-records"');
    expect((await tryUp(["--config", "/nowhere.ts"])).code).toBe(2);
  });
});

describe("what a killed launcher leaves behind", () => {
  it("is ended by the next start in the same folder, and nothing else is", async () => {
    const own = await mkdtemp(join(tmpdir(), "meridian-launcher-"));
    const child = spawn(process.execPath, [LAUNCH_ALONE, own, String(secondDoor)], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await once(child.stdout, "data");
    const record = await new StateFolder(own).readRun();
    const orphan = record?.regions.weur?.pid ?? 0;
    child.kill("SIGKILL");
    await once(child, "exit");
    expect(isAlive(orphan)).toBe(true);
    // The example origin notices by itself that its launcher is gone.
    await expect.poll(() => isAlive(record?.exampleOrigin?.pid ?? 0)).toBe(false);
    // A record may name a process that is somebody else's by now: this test's own stands in for one.
    const folder = new StateFolder(own);
    if (record) await folder.writeRun({ ...record, exampleOrigin: { url: "", pid: process.pid } });

    const second = await launch({ ...options, regions: ["weur"], frontDoor: secondDoor, stateFolder: own });
    expect(isAlive(orphan)).toBe(false);
    expect(events).toContainEqual({ kind: "notice", text: expect.stringContaining("stopped 1 process left over") });
    await second.stop();
    await rm(own, { recursive: true, force: true });
  });
});

describe("what a run keeps", () => {
  it("is readable by its owner only, and says where everything is", async () => {
    for (const name of ["token", "cluster-key", "run.json"]) {
      expect((await stat(join(folder, name))).mode & 0o077, name).toBe(0);
    }
    const run = await new StateFolder(folder).readRun();
    expect(run).toMatchObject({
      v: 1,
      launcherPid: process.pid,
      frontDoor: cluster.frontDoor,
      control: cluster.control,
    });
    for (const region of regions) {
      expect(run?.regions[region]?.pid).toBeGreaterThan(0);
      expect(run?.regions[region]?.pid).toBe(cluster.region(region).pid);
    }
    // The token itself is in its file alone.
    expect(await readFile(join(folder, "run.json"), "utf8")).not.toContain(cluster.token);
  });

  it("goes with the run, and so does every process", async () => {
    const pids = [...regions.map((region) => cluster.region(region).pid), cluster.origin?.pid].map((pid) => pid ?? 0);
    expect(pids).not.toContain(0);
    expect(pids.every(isAlive)).toBe(true);
    const before = performance.now();
    await cluster.stop();
    expect(performance.now() - before).toBeLessThan(5000);
    expect(pids.filter(isAlive)).toEqual([]);
    expect(await readdir(folder)).not.toContain("run.json");
    await expect(fetch(cluster.frontDoor)).rejects.toThrow();
  });
});

const MAIN = fileURLToPath(new URL("../../../control-plane/cli/main.node.ts", import.meta.url));
async function tryUp(
  parameters: readonly string[],
): Promise<{ readonly code: number | null; readonly stderr: string }> {
  const child = spawn(process.execPath, [MAIN, "up", "--state", folder, ...parameters], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let stderr = "";
  child.stderr.on("data", (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const [code] = (await once(child, "close")) as [number | null];
  return { code, stderr };
}
