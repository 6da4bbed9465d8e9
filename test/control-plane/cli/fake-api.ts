// A control API that says what a test wants: a server on a port of its own, which answers from a table and remembers what it
// was asked. What it answers is shaped by the real schemas, so a change there fails here.

import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import type { z } from "zod";
import { type ProblemCode, problem } from "../../../control-plane/api/problems.ts";
import { receiptSigner } from "../../../control-plane/api/purges/receipt-signer.worker.ts";
import type { UnsignedReceipt } from "../../../control-plane/api/purges/receipts.ts";
import {
  type explanationSchema,
  problemSchema,
  type receiptSchema,
  type regionListSchema,
  type statsSchema,
} from "../../../control-plane/api/schemas.ts";

export interface Asked {
  readonly method: string;
  readonly url: string;
  readonly token: string | undefined;
  readonly body: Record<string, unknown> | undefined;
}
export interface Reply {
  readonly status: number;
  readonly body: unknown;
}
/** What to answer; `hang up` closes the connection without an answer. */
export type Answering = (asked: Asked, count: number) => Reply | "hang up";

export class FakeApi {
  readonly asked: Asked[] = [];
  #server: Server | undefined;
  #answering: Answering = () => ({ status: 500, body: {} });

  /** Starts it; gives its address. */
  async start(answering: Answering): Promise<string> {
    this.#answering = answering;
    this.#server = createServer((request, response) => {
      void this.#answer(request).then((reply) => {
        if (reply === "hang up") return request.socket.destroy();
        response.writeHead(reply.status, { "content-type": "application/json" });
        response.end(typeof reply.body === "string" ? reply.body : JSON.stringify(reply.body));
      });
    });
    await new Promise<void>((resolve) => this.#server?.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.#server?.closeAllConnections();
    this.#server?.close();
  }

  async #answer(request: IncomingMessage): Promise<Reply | "hang up"> {
    const body = await text(request);
    const asked: Asked = {
      method: request.method ?? "",
      url: request.url ?? "",
      token: request.headers.authorization,
      body: body === "" ? undefined : JSON.parse(body),
    };
    this.asked.push(asked);
    return this.#answering(asked, this.asked.length);
  }
}

/** A problem as the API answers it. */
export function problemReply(code: ProblemCode, detail: string, errors?: { pointer: string; detail: string }[]): Reply {
  const body = problemSchema.parse(problem(code, detail, errors));
  return { status: body.status, body };
}

const SIGNER = receiptSigner("the fake API's cluster key");
/** The public key with which the receipts here are signed. */
export const KEYS = await SIGNER.keys();
/** A receipt as the API signs it. */
export const signed = (receipt: UnsignedReceipt) => SIGNER.sign(receipt);

const UNSIGNED: UnsignedReceipt = {
  id: "weur.k3f9x2.17",
  state: "applied",
  soft: false,
  scopes: { urls: ["https://shop.example/a"], prefixes: [], tags: [], hosts: [], everything: false },
  by: "ci",
  reason: "new release",
  acceptedAt: "2026-11-20T10:15:00.000Z",
  appliedAt: "2026-11-20T10:15:00.120Z",
  hub: "weur",
  regions: [
    { region: "weur", state: "applied", appliedAt: "2026-11-20T10:15:00.004Z" },
    { region: "enam", state: "applied", appliedAt: "2026-11-20T10:15:00.120Z" },
  ],
  missing: [],
};
export const RECEIPT: z.output<typeof receiptSchema> = await signed(UNSIGNED);

const hub = (id: string, vector: Record<string, number>) => ({
  id,
  startedAt: "2026-11-20T10:00:00.000Z",
  logLength: 19,
  vector,
  members: [],
  subscribers: [0, 1],
});
const place = { latitude: 0, longitude: 0 };

export const REGION_LIST: z.output<typeof regionListSchema> = {
  answeredBy: "weur",
  regions: [
    {
      id: "enam",
      name: "Eastern North America",
      city: "Ashburn",
      country: "US",
      place,
      shards: 4,
      status: "up",
      drained: false,
      hub: hub("enam.aaaa", { "weur.k3f9x2": 17, "enam.aaaa": 2 }),
    },
    {
      id: "weur",
      name: "Western Europe",
      city: "Amsterdam",
      country: "NL",
      place,
      shards: 4,
      status: "up",
      drained: true,
      hub: hub("weur.k3f9x2", { "weur.k3f9x2": 17, "enam.aaaa": 2 }),
    },
  ],
};

const summary = {
  requests: 1234,
  hitRatio: 0.9,
  errorRatio: 0,
  clientBytes: 1000,
  originRequests: 12,
  originFailures: 1,
  originBytes: 100,
  coalescedFollowers: 0,
  entries: 7,
  entryBytes: 1536,
  timeToFirstByteMillis: { p50: 12, p90: 20, p99: 30 },
  series: [],
};
export const STATS: z.output<typeof statsSchema> = {
  at: "2026-11-20T10:15:00.000Z",
  sampleSeconds: 10,
  total: summary,
  regions: [
    {
      region: "enam",
      reachable: true,
      ...summary,
      breakers: [
        { origin: "shop", shard: 0, state: "closed" },
        { origin: "shop", shard: 2, state: "open" },
      ],
    },
    { region: "weur", reachable: false, ...summary, breakers: [] },
  ],
};

export const EXPLANATION: z.output<typeof explanationSchema> = {
  url: "https://shop.example/a.jpg?v=2",
  method: "GET",
  route: "images",
  mode: "cache",
  key: "images shop.example/a.jpg?v=2",
  client: { coordinates: { latitude: 35.68, longitude: 139.69 }, country: "JP", source: "meridian-from" },
  regions: [
    { region: "apac", distanceKm: 1.2, reason: "nearest" },
    { region: "oc", distanceKm: 7820, rttMillis: 118, reason: "nearest" },
  ],
  shard: { region: "apac", index: 3, ring: "r1" },
  shield: { region: "enam", index: 2 },
  origin: { name: "shop", url: "http://127.0.0.1:8799" },
  rules: { ttl: { staleWhileRevalidateSeconds: 60 }, key: { query: { only: ["v"] } }, whenCutOff: "serve" },
};
