// One region of the local run: one Miniflare instance, which is one workerd process, with three ports of its own (clients,
// other regions, control API). It starts, stops at once like a power failure, and starts again on the same
// ports and state. If its process exits by itself, the region reports it and stays down: supervised.node.ts restarts it.

import { convertV4MiniflareOptions, LogLevel, Miniflare, Log as RuntimeLog } from "miniflare";
import type { RegionId } from "../../config/world/regions.ts";
import { LOCAL_LIMITS } from "./limits.ts";
import { COMPATIBILITY } from "./prepare/bundle.node.ts";
import { becomesFree, PortInUse } from "./prepare/free-ports.node.ts";
import { LogFile } from "./state/log-file.node.ts";
import { listProcesses } from "./supervision/processes.node.ts";
import {
  originNews,
  Repetition,
  type RuntimeLine,
  screenText,
  stallNews,
  storageNews,
  whyNotStarted,
  withheldNews,
} from "./supervision/runtime-lines.ts";

export interface LocalRegionPorts {
  readonly edge: number;
  readonly internal: number;
  readonly control: number;
  /** Miniflare's own entry, which nothing uses; it distinguishes the region's process from the others. */
  readonly unused: number;
}

export interface RegionOptions {
  readonly region: RegionId;
  readonly ports: LocalRegionPorts;
  readonly script: string;
  /** A folder that the script may read: it holds the database of addresses. */
  readonly geoFolder: string;
  /** Another one: it holds the records of the API's tokens. */
  readonly accessFolder: string;
  /** Text bindings: configuration, keys, the region's own name. */
  readonly bindings: Readonly<Record<string, string>>;
  /** HTTP service bindings by name: the local port that each leads to. */
  readonly peers: Readonly<Record<string, number>>;
  readonly stateFolder: string;
  readonly logFile: string;
  /** Mends what the region keeps on disk, before each start of its process. Rejects if the user has to decide. */
  readonly mend: () => Promise<void>;
  /** Called when the process has exited by itself, after clean-up. */
  readonly onLost: (region: RegionId) => void;
  /** Called with an error of the runtime, in one line. */
  readonly onError: (region: RegionId, text: string) => void;
}

/** A region's process. `start` and `stop` wait for each other; calling either twice does nothing more. */
export class LocalRegion {
  readonly options: RegionOptions;
  #miniflare: Miniflare | undefined;
  #pid: number | undefined;
  #log: LogFile | undefined;
  readonly #said = new Repetition();
  /** The last breaker state reported for each origin, of which the configuration has few. */
  readonly #saidOfOrigins = new Map<string, string>();
  #turn: Promise<void> = Promise.resolve();

  constructor(options: RegionOptions) {
    this.options = options;
  }

  get id(): RegionId {
    return this.options.region;
  }

  get name(): string {
    return `region ${this.id}`;
  }

  /** A text in the command line of this region's runtime, and in no other's. */
  get sign(): string {
    return `=127.0.0.1:${this.options.ports.unused}`;
  }

  /** The runtime's process; undefined while the region is down. */
  get pid(): number | undefined {
    return this.#pid;
  }

  /** Starts the process. Rejects when it does not come up within LOCAL_LIMITS.regionStartMillis. */
  start = (): Promise<void> => this.#inTurn(() => this.#start());

  /** Ends the process at once, without letting it finish anything. */
  stop = (): Promise<void> => this.#inTurn(() => this.#stop());

  #inTurn(action: () => Promise<void>): Promise<void> {
    const done = this.#turn.then(action);
    // A failed turn is reported to its caller; the next one starts all the same.
    this.#turn = done.catch(() => undefined);
    return done;
  }

  async #start(): Promise<void> {
    if (this.#miniflare !== undefined) return;
    await this.options.mend();
    const { edge, internal, control } = this.options.ports;
    for (const [port, purpose] of [
      [edge, `edge of ${this.id}`],
      [internal, `internal traffic of ${this.id}`],
      [control, `control API of ${this.id}`],
    ] as const) {
      if (!(await becomesFree(port))) throw new PortInUse(port, purpose);
    }
    this.#log = new LogFile(this.options.logFile);
    this.#log.line(`--- ${new Date().toISOString()} region ${this.id} starts`);
    const miniflare = withoutSignalHandlers(() => new Miniflare(this.#configuration(() => this.#lost(miniflare))));
    this.#miniflare = miniflare;
    try {
      await within(miniflare.ready, LOCAL_LIMITS.regionStartMillis, `region ${this.id} did not start in time`);
      const processes = await listProcesses();
      this.#pid = processes.find((one) => one.parent === process.pid && one.command.includes(this.sign))?.pid;
    } catch (error) {
      await this.#stop();
      throw startFailure(this.options, error as Error);
    }
  }

  async #stop(): Promise<void> {
    const miniflare = this.#miniflare;
    this.#miniflare = undefined;
    this.#pid = undefined;
    // Of a runtime that never came up Miniflare says once more why; the start has said it.
    await miniflare?.dispose().catch((error: Error) => this.#log?.line(`its end: ${error.message}`));
    this.#log?.close();
    this.#log = undefined;
  }

  /** The runtime ended by itself. Miniflare would start it again without a pause or an end, so it is disposed of. */
  #lost(miniflare: Miniflare): void {
    if (this.#miniflare !== miniflare) return;
    this.#pid = undefined;
    void this.stop().then(() => this.options.onLost(this.id));
  }

  #heard(line: RuntimeLine): void {
    this.#log?.line(`${line.level}: ${line.message}`);
    const news = originNews(line);
    // Every shard has a breaker of its own: the first that changes is news, the others are not.
    if (news !== undefined && this.#saidOfOrigins.get(news.origin) !== news.text) {
      this.#saidOfOrigins.set(news.origin, news.text);
      this.options.onError(this.id, news.text);
    }
    const storage = storageNews(line, this.options.stateFolder);
    // A start that fails for its storage says so itself.
    if (storage !== undefined && this.#pid === undefined) return;
    const text = storage ?? stallNews(line) ?? screenText(line) ?? withheldNews(line);
    if (text !== undefined && this.#said.isNews(text, performance.now())) this.options.onError(this.id, text);
  }

  #configuration(onLost: () => void): ConstructorParameters<typeof Miniflare>[0] {
    const { ports, script, geoFolder, accessFolder, bindings, peers, stateFolder } = this.options;
    const host = "127.0.0.1";
    const object = (className: string) => ({ className, useSQLite: true });
    const leadingTo = (port: number) => ({ external: { address: `${host}:${port}`, http: {} } });
    return convertV4MiniflareOptions({
      host,
      port: ports.unused,
      cf: false,
      log: new CrashLog(onLost),
      // The root of everything durable: without it Miniflare keeps objects in a folder that ends with the process.
      resourcePersistencePath: stateFolder,
      unsafeHandleRuntimeRestart: onLost,
      handleStructuredLogs: (line) => this.#heard(line),
      workers: [
        {
          name: "meridian",
          modules: [{ type: "ESModule", path: "worker.js", contents: script }],
          compatibilityDate: COMPATIBILITY.date,
          compatibilityFlags: [...COMPATIBILITY.flags],
          bindings: { ...bindings, MERIDIAN_STARTED_AT: String(Date.now()) },
          durableObjects: {
            // A shard writes nothing, but to begin again after idleness it would open a database, which a full disk prevents.
            SHARD: { ...object("Shard"), unsafePreventEviction: true },
            HUB: object("Hub"),
            METER: object("Meter"),
          },
          serviceBindings: {
            ...Object.fromEntries(Object.entries(peers).map(([name, port]) => [name, leadingTo(port)])),
            GEO: { disk: { path: geoFolder, writable: false } },
            ACCESS: { disk: { path: accessFolder, writable: false } },
          },
          unsafeDirectSockets: [
            { host, port: ports.edge },
            { host, port: ports.internal, entrypoint: "Internal" },
            { host, port: ports.control, entrypoint: "Control" },
          ],
        },
      ],
    });
  }
}

/** Miniflare's own log, of which one line matters: it warns of a crash before it starts the runtime again. */
class CrashLog extends RuntimeLog {
  readonly #onCrash: () => void;

  constructor(onCrash: () => void) {
    super(LogLevel.NONE);
    this.#onCrash = onCrash;
  }

  override warn(message: string): void {
    if (/runtime crashed/i.test(message)) this.#onCrash();
  }
  override error(): void {
    // A failed restart: the region is disposed of as lost already.
  }
}

/** Why a start failed, without Miniflare's guesses. */
function startFailure({ region, logFile, stateFolder }: RegionOptions, error: Error): Error {
  if (error instanceof PortInUse) return error;
  const isRuntime = (error as NodeJS.ErrnoException).code === "ERR_RUNTIME_FAILURE";
  const said = isRuntime ? whyNotStarted(error.message, stateFolder) : error.message;
  return new Error(`region ${region} did not start: ${said} (its log: ${logFile})`);
}

/**
 * Makes something without the handlers that it adds for signals. Miniflare's end the whole process at once; here the launcher
 * decides what a signal means. What Miniflare does at the process's exit stays: it ends the runtimes.
 */
function withoutSignalHandlers<Made>(make: () => Made): Made {
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  const before = signals.map((signal) => new Set(process.listeners(signal)));
  const made = make();
  for (const [index, signal] of signals.entries()) {
    for (const listener of process.listeners(signal)) {
      if (!before[index]?.has(listener)) process.removeListener(signal, listener);
    }
  }
  return made;
}

async function within<Value>(promise: Promise<Value>, limitMillis: number, otherwise: string): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(otherwise)), limitMillis);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
