// Starts a whole CDN in one process tree: the regions (one workerd each), the links between them, the doors in front and the
// example origin. `launch` returns the Cluster with the run's operations.
// Invariants: every port is reserved before anything is started, until its server binds it; a failed start leaves nothing
// behind.

import type { Server } from "node:http";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Config } from "../../config/schema/schema.ts";
import { millis } from "../../config/units.ts";
import { countryPlace } from "../../config/world/country-places.ts";
import type { RegionId } from "../../config/world/regions.ts";
import { createAdmin } from "./admin.node.ts";
import { Cluster } from "./cluster.node.ts";
import { openOn } from "./door/door.node.ts";
import { createControlDoor, createDirectDoor, createFrontDoor, type Surroundings } from "./door/doors.node.ts";
import { openGeoDatabase } from "./door/geo-database.node.ts";
import type { LaunchEvent } from "./events.ts";
import { ExampleOrigin } from "./example-origin.node.ts";
import { layLinks } from "./link/links.node.ts";
import { clearLeftovers, holdPorts } from "./prepare/before-start.node.ts";
import { bundleWorker, LOCAL_ENTRY } from "./prepare/bundle.node.ts";
import { CannotLaunch } from "./prepare/cannot-launch.ts";
import { checkOrigins } from "./prepare/check-origins.node.ts";
import {
  effectiveConfig,
  isExampleOrigin,
  originPlace,
  regionPlace,
  unservableRoutes,
} from "./prepare/effective-config.ts";
import { HeldPorts, holdFreePort, PortInUse } from "./prepare/free-ports.node.ts";
import { DEFAULT_FRONT_DOOR, type PortPlan, portPlan } from "./prepare/ports.ts";
import { LocalRegion, type LocalRegionPorts } from "./region.node.ts";
import { describeFileFault, type FileFault } from "./state/file-faults.ts";
import { mendDatabases } from "./state/mend-databases.node.ts";
import { localSecrets } from "./state/secrets.node.ts";
import { DEFAULT_STATE_FOLDER, StateFolder } from "./state/state-folder.node.ts";

/** The address database that comes with the dependencies: countries only, under a free licence. */
const GEO_DATABASE = fileURLToPath(
  new URL("../../node_modules/@ip-location-db/geo-whois-asn-country-mmdb/geo-whois-asn-country.mmdb", import.meta.url),
);

export interface LaunchOptions {
  /** Checked; as written in its file. */
  readonly config: Config;
  /** The participating regions; by default all of the configuration. The first is home. */
  readonly regions?: readonly RegionId[];
  /** Replaces every origin. */
  readonly originUrl?: string;
  readonly distances?: "emulated" | "none";
  /** The front door's port; the other ports shift with it. */
  readonly frontDoor?: number;
  /** `.meridian` in the project by default. */
  readonly stateFolder?: string;
  readonly geoDatabase?: string;
  /** Another script for the regions, for tests of the launcher itself. */
  readonly workerEntry?: string;
  readonly onEvent?: (event: LaunchEvent) => void;
}

/** The decisions made before anything starts. */
interface Plan {
  readonly options: LaunchOptions;
  readonly config: Config;
  readonly regions: readonly RegionId[];
  readonly ports: PortPlan;
  readonly distances: "emulated" | "none";
  readonly geoDatabase: string;
  readonly wantsExample: boolean;
  readonly folder: StateFolder;
  readonly held: HeldPorts;
  readonly onEvent: (event: LaunchEvent) => void;
}

/** Starts a run. Rejects with `CannotLaunch` for faults that the user can fix, after stopping what was started. */
export async function launch(options: LaunchOptions): Promise<Cluster> {
  const plan = settle(options);
  try {
    return await start(plan);
  } catch (error) {
    throw cannotLaunch(error);
  } finally {
    await plan.held.release();
  }
}

async function start(plan: Plan): Promise<Cluster> {
  const step = stepTimer(plan.onEvent);
  await plan.folder.prepare();
  const leftovers = await clearLeftovers(plan.folder, plan.onEvent);
  await holdPorts(plan.held, portsOf(plan), leftovers);
  await mendDatabases(plan.folder, plan.regions, plan.onEvent);
  // Read before the long part of a start, so that faults show at once.
  const [token] = await Promise.all([plan.folder.token(), plan.folder.clusterKey()]);
  await plan.folder.tokenRecords();
  const unreachable = checkOrigins(othersOrigins(plan));
  const [script, findAddress] = await Promise.all([
    bundleWorker(plan.options.workerEntry ?? LOCAL_ENTRY),
    openGeoDatabase(plan.geoDatabase).catch((error: Error) => {
      throw new CannotLaunch(2, `${plan.geoDatabase} is not an address database: ${error.message}`);
    }),
  ]);
  step(`bundled the Worker (${Math.round(script.length / 1024)} KiB) and read the address database`);

  const cluster = new Cluster({ folder: plan.folder, token, onEvent: plan.onEvent });
  try {
    if (plan.wantsExample) {
      await addExampleOrigin(cluster, plan);
      step(`started the example origin on ${cluster.origin?.url}`);
    }
    await addRegions(cluster, plan, script);
    const { frontDoor, control } = plan.ports;
    const at = (port: number): string => `http://127.0.0.1:${port}`;
    cluster.addresses = { frontDoor: at(frontDoor), control: at(control), direct: "", admin: "" };
    // Before there is anything to leave behind.
    await cluster.record();
    await cluster.startRegions();
    await cluster.record();
    step(`started ${plan.regions.length} regions, one process each: ${plan.regions.join(" ")}`);
    await cluster.greetRegions();
    step("every region has joined");
    await openDoors(cluster, plan, findAddress);
    await cluster.record();
    for (const text of await unreachable) plan.onEvent({ kind: "notice", text });
    return cluster;
  } catch (error) {
    await cluster.stop();
    throw error;
  }
}

/** A start's fault, worded for the user. */
function cannotLaunch(error: unknown): unknown {
  if (error instanceof PortInUse) return new CannotLaunch(1, error.message);
  const words = error instanceof CannotLaunch ? undefined : describeFileFault(error as FileFault);
  return words === undefined ? error : new CannotLaunch(1, words);
}

function settle(options: LaunchOptions): Plan {
  const regions = options.regions ?? (Object.keys(options.config.regions) as RegionId[]);
  const unservable = unservableRoutes(options.config, regions);
  if (unservable.length > 0) throw new CannotLaunch(2, ...unservable);
  const ports = portPlan(options.frontDoor ?? DEFAULT_FRONT_DOOR);
  const onEvent = options.onEvent ?? (() => undefined);
  const origin = options.originUrl === undefined ? {} : { originUrl: options.originUrl };
  return {
    options,
    regions,
    ports,
    config: effectiveConfig(options.config, {
      regions,
      frontDoor: ports.frontDoor,
      exampleOriginPort: ports.exampleOrigin,
      ...origin,
    }),
    distances: options.distances ?? "emulated",
    geoDatabase: options.geoDatabase ?? GEO_DATABASE,
    wantsExample: options.originUrl === undefined && Object.values(options.config.origins).some(isExampleOrigin),
    folder: new StateFolder(options.stateFolder ?? DEFAULT_STATE_FOLDER, (text) => onEvent({ kind: "notice", text })),
    held: new HeldPorts(),
    onEvent,
  };
}

const portsOf = ({ ports, regions, wantsExample }: Plan): (readonly [port: number, purpose: string])[] => [
  [ports.frontDoor, "front door"],
  [ports.control, "control API"],
  ...regions.map((id) => [ports.edges[id], `edge of ${id}`] as const),
  ...(wantsExample ? [[ports.exampleOrigin, "example origin"] as const] : []),
];

/** The origins that this run does not start itself. */
const othersOrigins = ({ config, wantsExample, ports }: Plan): Config["origins"] =>
  Object.fromEntries(
    Object.entries(config.origins).filter(
      ([, { url }]) => !wantsExample || new URL(url).host !== `127.0.0.1:${ports.exampleOrigin}`,
    ),
  );

async function addExampleOrigin(cluster: Cluster, plan: Plan): Promise<void> {
  const { exampleOrigin: port } = plan.ports;
  const logFile = join(plan.folder.path, "logs", "origin.log");
  const origin = new ExampleOrigin(port, logFile, (why) => cluster.lost(origin, why));
  cluster.origin = origin;
  await plan.held.release(port);
  await cluster.supervise(origin).start();
}

/** Assigns each region its ports, links and settings. Nothing runs yet; its ports are reserved. */
async function addRegions(cluster: Cluster, plan: Plan, script: string): Promise<void> {
  const taken = new Set<number>();
  const ports = new Map<RegionId, LocalRegionPorts>();
  for (const id of plan.regions) {
    const free = (): Promise<number> => holdFreePort(plan.held, taken);
    ports.set(id, { edge: plan.ports.edges[id], internal: await free(), control: await free(), unused: await free() });
  }
  const internalPorts = Object.fromEntries([...ports].map(([id, { internal }]) => [id, internal]));
  const cabling = await layLinks(plan.config, plan.regions, internalPorts, plan.distances);
  cluster.links = cabling.links;
  const geoFolder = await plan.folder.keepGeoDatabase(plan.geoDatabase);
  const accessFolder = await plan.folder.handOverTokens();
  const secrets = localSecrets(plan.config, process.env);
  for (const name of secrets.missing) {
    plan.onEvent({
      kind: "notice",
      text: `the configuration refers to a secret that is not set in the environment: ${name}`,
    });
  }
  const bindings = {
    ...secrets.bindings,
    MERIDIAN_CONFIG: JSON.stringify(plan.config),
    MERIDIAN_LOCAL: "1",
    CLUSTER_KEY: await plan.folder.clusterKey(),
  };
  for (const [id, regionPorts] of ports) {
    const process = new LocalRegion({
      region: id,
      ports: regionPorts,
      script,
      geoFolder,
      accessFolder,
      bindings: { ...bindings, MERIDIAN_REGION: id },
      peers: cabling.bindings[id] ?? {},
      stateFolder: plan.folder.regionState(id),
      logFile: plan.folder.regionLog(id),
      mend: () => mendRegion(plan, id),
      onLost: () => cluster.lost(process, "its process exited"),
      onError: (region, text) =>
        plan.onEvent({ kind: "notice", text: `region ${region}: ${text} (more in ${plan.folder.regionLog(region)})` }),
    });
    cluster.add(regionPlace(plan.config, id), process);
  }
  await plan.held.release(...[...ports.values()].flatMap(Object.values));
}

/** Damaged files may have been the cause of a crash, so each restart checks them. */
const mendRegion = ({ folder, regions, onEvent }: Plan, id: RegionId): Promise<void> =>
  mendDatabases(
    folder,
    [id],
    onEvent,
    regions.filter((region) => region !== id),
  );

async function openDoors(
  cluster: Cluster,
  plan: Plan,
  findAddress: Awaited<ReturnType<typeof openGeoDatabase>>,
): Promise<void> {
  const country = (code: string) => countryPlace(code)?.coordinates;
  const address = (text: string) => {
    const finding = findAddress(text);
    if (finding === undefined) return undefined;
    return "place" in finding ? finding.place : country(finding.country);
  };
  const surroundings: Surroundings = {
    atlas: { home: regionPlace(plan.config, plan.regions[0] ?? "enam"), country, address },
    clusterKey: await plan.folder.clusterKey(),
    distances: plan.distances,
    doors: () => cluster.doors(),
    edgePort: (id) => cluster.region(id).options.ports.edge,
    controlPort: (id) => cluster.region(id).options.ports.control,
  };
  const open = async (server: Server, port: number, purpose: string): Promise<string> => {
    cluster.servers.push(server);
    await plan.held.release(port);
    return `http://127.0.0.1:${await openOn(server, port, purpose)}`;
  };
  cluster.addresses = {
    frontDoor: await open(createFrontDoor(surroundings), plan.ports.frontDoor, "front door"),
    control: await open(createControlDoor(surroundings, cluster.hearControl), plan.ports.control, "control API"),
    direct: await open(createDirectDoor(surroundings, directOrigin(plan.config)), 0, "way to the origin"),
    admin: await open(createAdmin(cluster.token, cluster), 0, "launcher"),
  };
}

/** The origin that the direct door leads to: that of the last route, which should match everything. */
function directOrigin(config: Config): Parameters<typeof createDirectDoor>[1] {
  const origin = config.origins[config.routes.at(-1)?.origin ?? ""] ?? Object.values(config.origins)[0];
  if (origin === undefined) throw new CannotLaunch(2, "the configuration has no origin");
  return { url: new URL(origin.url), place: originPlace(config, origin) };
}

/** Reports each step with the time since the one before. */
function stepTimer(onEvent: (event: LaunchEvent) => void): (step: string) => void {
  let before = performance.now();
  return (step) => {
    const now = performance.now();
    onEvent({ kind: "step", step, tookMillis: millis(Math.round(now - before)) });
    before = now;
  };
}
