// A deployment of three regions in memory: hubs that keep receipts and can be down, silent or unwilling, meters with given
// totals, a clock that only tests move, and tokens of each kind. Deadlines end when a silent node is asked, never by waiting.

import type { Explained, ExplainQuery } from "../../../config/explanation.ts";
import { type Measurements, type MeterPush, Tally } from "../../../config/metrics/tally.ts";
import type { Node } from "../../../config/node/ports.worker.ts";
import { validate } from "../../../config/schema/validate.ts";
import { bytes, type EpochMillis, epochMillis, millis } from "../../../config/units.ts";
import type { Warmed, WarmQuery } from "../../../config/warming.ts";
import type { RegionId } from "../../../config/world/regions.ts";
import { ACCESS_SCOPES, type TokenRecord } from "../../../control-plane/api/access/access.ts";
import { sha256 } from "../../../control-plane/api/access/admission.worker.ts";
import { controlApp } from "../../../control-plane/api/app.worker.ts";
import type { ControlPorts } from "../../../control-plane/api/ports.worker.ts";
import { receiptSigner } from "../../../control-plane/api/purges/receipt-signer.worker.ts";
import type {
  DrainCommand,
  HubState,
  PurgeCommand,
  Receipt,
  ReceiptState,
} from "../../../control-plane/hub/commands.ts";
import { MeterLedger } from "../../../control-plane/meter/ledger.ts";

export const REGIONS_OF_TEST = ["enam", "weur", "apac"] as const satisfies readonly RegionId[];

/** How a hub behaves; `broken` answers with something that is no hub's answer. */
export type Mood = "up" | "down" | "silent" | "not-joined" | "not-durable" | "conflict" | "broken" | "full";

export class FakeHub implements Node {
  mood: Mood = "up";
  /** How far its receipts are. */
  state: ReceiptState = "accepted";
  readonly asked: string[] = [];
  readonly commands: PurgeCommand[] = [];
  readonly receipts: Receipt[] = [];
  drained: RegionId[] = [];
  /** Its log no longer reaches back to purges that it does not know. */
  forgets = false;
  readonly region: RegionId;
  readonly #world: Deployment;

  constructor(region: RegionId, world: Deployment) {
    this.region = region;
    this.#world = world;
  }

  async fetch(url: string, init: RequestInit = {}): Promise<Response> {
    const { pathname, searchParams } = new URL(url);
    const command: unknown = init.body === undefined ? undefined : JSON.parse(init.body as string);
    this.asked.push(`${init.method ?? "GET"} ${pathname}`);
    const refusal = (code: string, status: number, id?: string) =>
      Response.json({ code, detail: `${this.region} says ${code}`, ...(id && { id }) }, { status });
    if (this.mood === "down") throw new TypeError("connect ECONNREFUSED 10.1.2.3:8801");
    if (this.mood === "full") throw new Error("database or disk is full: SQLITE_FULL");
    if (this.mood === "silent") return this.#world.neverAnswer(init.signal as AbortSignal);
    if (this.mood === "broken") return new Response("<h1>stack trace</h1>", { status: 500 });
    if (this.mood === "not-joined" && pathname !== "/state") return refusal("not-joined", 503);
    if (pathname === "/state") return Response.json(this.#state());
    if (pathname === "/drain") {
      const { region, drained } = command as DrainCommand;
      this.drained = drained ? [...this.drained, region] : this.drained.filter((one) => one !== region);
      return Response.json(this.#state());
    }
    if (pathname === "/dry-run") return Response.json({ v: 1, entries: 2, bytes: 1000 });
    if (pathname === "/purges" && init.method === "POST") {
      if (this.mood === "not-durable") return refusal("not-durable", 503, "weur.abcd12.9");
      if (this.mood === "conflict") return refusal("idempotency-conflict", 409);
      return Response.json(this.#accept(command as PurgeCommand));
    }
    if (pathname === "/purges") {
      const limit = Number(searchParams.get("limit"));
      // The last page's last purge, as hubs spell a place in their list.
      const after = searchParams.get("cursor")?.split("~")[1];
      const state = searchParams.get("state");
      const matching = this.receipts.filter((receipt) => state === null || receipt.state === state).reverse();
      const from = matching.findIndex(({ id }) => id === after) + 1;
      const purges = matching.slice(from, from + limit);
      const cursor = `${this.#world.time}~${purges.at(-1)?.id}`;
      return Response.json({ purges, ...(from + limit < matching.length && { cursor }) });
    }
    const receipt = this.receipts.find(({ id }) => pathname === `/purges/${id}`);
    if (receipt === undefined && this.forgets) return refusal("purge-forgotten", 410);
    return receipt === undefined ? refusal("no-such-purge", 404) : Response.json(receipt);
  }

  #accept(command: PurgeCommand): Receipt {
    this.commands.push(command);
    const at = this.#world.time;
    const applied = this.state === "applied" ? { appliedAt: at } : {};
    const receipt: Receipt = {
      id: `${this.region}.abcd12.${this.receipts.length + 1}`,
      state: this.state,
      severity: command.severity,
      scopes: command.scopes,
      by: command.by,
      ...(command.reason === undefined ? {} : { reason: command.reason }),
      acceptedAt: at,
      ...applied,
      hub: this.region,
      regions: REGIONS_OF_TEST.map((region) => ({ region, state: "accepted", ...applied })),
      missing: [],
    };
    this.receipts.push(receipt);
    return receipt;
  }

  #state(): HubState {
    const hub = `${this.region}.abcd12`;
    return {
      hub,
      region: this.region,
      vector: { [hub]: this.receipts.length },
      joined: this.mood !== "not-joined",
      members: [{ region: "weur", hub: "weur.abcd12", heardAt: this.#world.time }],
      drained: this.drained,
      subscribers: [0, 2],
      logLength: this.receipts.length,
      ...(this.forgets ? { forgotten: { events: 7, at: this.#world.time } } : {}),
      ...(this.forgets ? { emptied: { at: this.#world.time, by: "apac" as const } } : {}),
      startedAt: this.#world.time,
    };
  }
}

export class FakeMeter implements Node {
  reachable = true;
  readonly pushes: MeterPush[] = [];
  readonly ledger: MeterLedger;
  readonly #world: Deployment;

  constructor(world: Deployment) {
    this.#world = world;
    this.ledger = new MeterLedger(undefined, world.time, "isolate");
  }

  async fetch(url: string, init: RequestInit = {}): Promise<Response> {
    if (!this.reachable) throw new TypeError("connect ECONNREFUSED 10.1.2.3:8801");
    if (new URL(url).pathname === "/totals") return Response.json(this.ledger.totals(this.#world.time));
    const push: MeterPush = JSON.parse(init.body as string);
    this.pushes.push(push);
    return Response.json({ v: 1, sequence: push.sequence });
  }
}

/** Tokens by what they may do; `shop` is limited to one host and its subdomains. */
export const TOKENS = {
  purge: "purge-token-0001",
  read: "read-token-0002",
  regions: "regions-token-0003",
  prefetch: "prefetch-token-0006",
  admin: "admin-token-0004",
  shop: "shop-token-0005",
} as const;

export class Deployment {
  time: EpochMillis = epochMillis(Date.parse("2026-11-20T10:15:00Z"));
  readonly hubs = new Map<RegionId, FakeHub>();
  readonly meters = new Map<RegionId, FakeMeter>();
  readonly log: string[] = [];
  readonly background: Promise<unknown>[] = [];
  explained: Explained | Error = { kind: "invalid", parameter: "url", detail: "not told" };
  /** What it was asked to warm, and how that went. */
  readonly warmed: WarmQuery[] = [];
  warming: (query: WarmQuery) => Warmed = ({ region = "weur" }) => ({
    kind: "answered",
    region,
    status: 200,
    outcome: "miss",
    stored: true,
    bytes: bytes(100),
    took: millis(5),
  });
  readonly #deadlines = new Map<AbortSignal, { readonly end: AbortController; readonly after: number }>();
  readonly #app: ReturnType<typeof controlApp>;

  private constructor(tokens: readonly TokenRecord[], changes: Partial<ControlPorts>) {
    for (const region of REGIONS_OF_TEST) {
      this.hubs.set(region, new FakeHub(region, this));
      this.meters.set(region, new FakeMeter(this));
    }
    const result = validate({
      origins: { shop: { url: "http://127.0.0.1:8799" } },
      regions: { enam: {}, weur: { shards: [1, 2] }, apac: {} },
      routes: [{ name: "all", origin: "shop" }],
    });
    if (result.kind === "invalid") throw new Error(JSON.stringify(result.errors));
    this.#app = controlApp({
      config: result.config,
      ownRegion: "weur",
      tokens,
      localMode: true,
      signer: receiptSigner("k".repeat(43)),
      page: "<!doctype html><style>body{}</style><script>start()</script>",
      tally: new Tally("test-isolate", "weur"),
      hub: (region) => this.hubs.get(region) as FakeHub,
      meter: (region) => this.meters.get(region) as FakeMeter,
      explain: (query) => this.#explain(query),
      warm: (query) => {
        this.warmed.push(query);
        return Promise.resolve(this.warming(query));
      },
      now: () => this.time,
      log: (message, fault) => this.log.push(fault === undefined ? message : `${message}: ${fault}`),
      deadline: (after) => {
        const end = new AbortController();
        this.#deadlines.set(end.signal, { end, after });
        return end.signal;
      },
      ...changes,
    });
  }

  static async start(changes: Partial<ControlPorts> = {}): Promise<Deployment> {
    const tokens: TokenRecord[] = [];
    for (const scope of ACCESS_SCOPES) {
      tokens.push({ name: scope, sha256: await sha256(TOKENS[scope]), scopes: [scope] });
    }
    const hosts = ["shop.example", "*.shop.example"];
    tokens.push({ name: "shop", sha256: await sha256(TOKENS.shop), scopes: ["purge"], hosts });
    return new Deployment(tokens, changes);
  }

  hub(region: RegionId): FakeHub {
    return this.hubs.get(region) as FakeHub;
  }

  meter(region: RegionId): FakeMeter {
    return this.meters.get(region) as FakeMeter;
  }

  /** Counts something in a region's meter, as an isolate's push would. */
  measure(region: RegionId, deltas: Partial<Measurements>): void {
    const push = { counters: {}, distributions: {}, gauges: {}, ...deltas };
    this.meter(region).ledger.add({ v: 1, region, source: "isolate1", sequence: 1, deltas: push }, this.time);
  }

  /** A request as a client makes it; with a token's name, its bearer token. */
  async request(path: string, init: RequestInit & { readonly as?: keyof typeof TOKENS } = {}): Promise<Response> {
    const { as, ...rest } = init;
    const headers = new Headers(rest.headers);
    if (as !== undefined) headers.set("authorization", `Bearer ${TOKENS[as]}`);
    const context = {
      waitUntil: (work: Promise<unknown>) => this.background.push(work),
      passThroughOnException: () => undefined,
      props: {},
    };
    return this.#app.fetch(new Request(`http://control.test${path}`, { ...rest, headers }), {}, context);
  }

  /** `POST /v1/purges` with this body as JSON. */
  purge(body: unknown, as: keyof typeof TOKENS = "purge", query = ""): Promise<Response> {
    return this.request(`/v1/purges${query}`, {
      as,
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
  }

  /** What asking a node that says nothing comes to: the deadline passes, and the request ends with it. */
  neverAnswer(signal: AbortSignal): never {
    const deadline = this.#deadlines.get(signal);
    if (deadline === undefined) throw new Error("asked without a deadline: this would hang");
    this.time = epochMillis(this.time + deadline.after);
    deadline.end.abort();
    throw new DOMException("The operation was aborted", "AbortError");
  }

  async #explain(_query: ExplainQuery): Promise<Explained> {
    if (this.explained instanceof Error) throw this.explained;
    return this.explained;
  }
}
