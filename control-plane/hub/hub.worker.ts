// The hub as a Durable Object: one per region, named `hub:<region>`. It translates requests into commands of the core (hub.ts), and
// implements the core's ports with storage, alarms and calls to other nodes. Only our own nodes reach it, by stub or over the
// signed internal port.

import { DurableObject } from "cloudflare:workers";
import type { z } from "zod";
import type { Environment } from "../../config/node/environment.worker.ts";
import { configOf, nodesOf, parseObjectName } from "../../config/node/nodes.worker.ts";
import type { Node } from "../../config/node/ports.worker.ts";
import { readShape } from "../../config/read-shape.ts";
import { STORAGE_FAILED_STATUS } from "../../config/storage-fault.ts";
import { bytes, epochMillis, type Millis } from "../../config/units.ts";
import { isRegionId } from "../../config/world/regions.ts";
import { parseDot } from "../purge/vector.ts";
import { HubCore, type PurgeOutcome } from "./hub.ts";
import { HUB_LIMITS } from "./limits.ts";
import { SqlLog } from "./log/log.worker.ts";
import { answers, messages, queries } from "./messages.ts";
import type { HubPorts, Timer } from "./ports.ts";
import { parseCursor } from "./receipts/purge-list.ts";

const STATUS = {
  "idempotency-conflict": 409,
  "no-such-purge": 404,
  "purge-forgotten": 410,
  "not-joined": 503,
  "not-durable": 503,
  "storage-failed": STORAGE_FAILED_STATUS,
} as const;

export class Hub extends DurableObject<Environment> {
  readonly #core: HubCore;

  constructor(ctx: DurableObjectState, env: Environment) {
    super(ctx, env);
    const { region } = parseObjectName(ctx.id.name);
    const regions = Object.keys(configOf(env).regions).filter(isRegionId);
    const nodes = nodesOf(env);
    const ports: HubPorts = {
      log: new SqlLog(ctx.storage),
      peers: {
        exchange: (to, request) =>
          ask(nodes.hub(to), "/exchange", request, answers.exchange, HUB_LIMITS.peerTimeoutMillis),
        await: (to, request) =>
          ask(nodes.hub(to), "/await", request, answers.await, HUB_LIMITS.peerTimeoutMillis + request.timeoutMillis),
      },
      shards: {
        apply: (index, request) =>
          ask(nodes.shard(region, index), "/apply", request, answers.apply, HUB_LIMITS.applyTimeoutMillis),
        dryRun: async (index, request) => {
          const shard = nodes.shard(region, index);
          const answer = await ask(shard, "/dry-run", request, answers.dryRun, HUB_LIMITS.peerTimeoutMillis);
          return { ...answer, bytes: bytes(answer.bytes) };
        },
      },
      now: () => epochMillis(Date.now()),
      random,
      timer,
      setAlarm: (at) => void ctx.storage.setAlarm(at),
      note: (note) => console.warn(JSON.stringify({ hub: note.kind, ...note })),
      sha256,
    };
    const { shards = 1 } = configOf(env).regions[region] ?? {};
    this.#core = new HubCore({ region, regions, shards: typeof shards === "number" ? shards : shards.length }, ports);
  }

  override async fetch(request: Request): Promise<Response> {
    const url = new URL(request.url);
    const path = url.pathname.slice(1);
    const query = Object.fromEntries(url.searchParams);
    if (request.method === "GET") {
      if (path === "state") return Response.json("watch" in query ? await this.#core.watch() : this.#core.state());
      if (path === "purges") return this.#list(query);
      if (path.startsWith("purges/")) return this.#receipt(path.slice("purges/".length), query);
    }
    if (request.method === "POST") {
      const body = await readJson(request);
      switch (path) {
        case "sync":
          return answer(messages.sync, body, (message) => this.#core.sync(message));
        case "exchange":
          return answer(messages.exchange, body, async (message) => this.#core.exchange(message));
        case "await":
          return answer(messages.await, body, (message) => this.#core.await(message));
        case "drain":
          return answer(messages.drain, body, (message) => this.#core.drain(message));
        case "dry-run":
          return answer(messages["dry-run"], body, (message) => this.#core.dryRun(message));
        case "purges": {
          const checked = readShape(messages.purges, body);
          return checked.success ? outcomeResponse(await this.#core.purge(checked.data)) : badMessage(checked.error);
        }
      }
    }
    return new Response("no such path on a hub\n", { status: 404 });
  }

  override alarm(): Promise<void> {
    return this.#core.alarm();
  }

  async #list(query: unknown): Promise<Response> {
    const checked = readShape(queries.list, query);
    if (!checked.success) return badMessage(checked.error);
    const { limit, state, cursor: text } = checked.data;
    const cursor = text === undefined ? undefined : parseCursor(text);
    if (text !== undefined && cursor === undefined) return new Response("not a cursor of ours\n", { status: 400 });
    const page = { limit, ...(state === undefined ? {} : { state }), ...(cursor === undefined ? {} : { cursor }) };
    return Response.json(await this.#core.list(page));
  }

  async #receipt(id: string, query: unknown): Promise<Response> {
    const checked = readShape(queries.receipt, query);
    if (!checked.success) return badMessage(checked.error);
    const dot = parseDot(id);
    if (dot !== undefined) return outcomeResponse(await this.#core.receipt(dot, checked.data));
    return Response.json({ code: "no-such-purge", detail: "this is not the id of a purge" }, { status: 404 });
  }
}

const badMessage = (error: z.ZodError): Response =>
  new Response(`not a message of this version: ${error.issues[0]?.path.join(".")} ${error.issues[0]?.message}\n`, {
    status: 400,
  });

function outcomeResponse(outcome: PurgeOutcome): Response {
  if (outcome.kind === "receipt") return Response.json(outcome.receipt);
  return Response.json(outcome.refusal, { status: STATUS[outcome.refusal.code] });
}

async function answer<T>(
  schema: z.ZodType<T>,
  body: unknown,
  act: (message: T) => Promise<unknown>,
): Promise<Response> {
  const checked = readShape(schema, body);
  return checked.success ? Response.json(await act(checked.data)) : badMessage(checked.error);
}

/** Undefined if the body is not JSON, which no schema takes. */
async function readJson(request: Request): Promise<unknown> {
  const text = await request.text();
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Posts a message and checks the answer. Rejects if the node cannot be reached, is late, or says anything else. */
async function ask<T>(node: Node, path: string, message: unknown, schema: z.ZodType<T>, within: number): Promise<T> {
  const init = { method: "POST", body: JSON.stringify(message), signal: AbortSignal.timeout(within) };
  const response = await node.fetch(`https://node${path}`, init);
  if (response.ok) return schema.parse(await response.json());
  throw new Error(`${path} was answered with ${response.status}: ${await response.text()}`);
}

function timer(duration: Millis): Timer {
  let cancel = (): void => undefined;
  const done = new Promise<void>((resolve) => {
    const id = setTimeout(resolve, duration);
    cancel = () => clearTimeout(id);
  });
  return { done, cancel: () => cancel() };
}

/** Unpredictable, for incarnations must never repeat. */
const random = (): number => (crypto.getRandomValues(new Uint32Array(1))[0] as number) / 2 ** 32;

async function sha256(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
