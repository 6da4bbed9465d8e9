// Real hubs in one workerd, a door to each of them, and a switch that makes one deaf to the others, as a cut link would.
// Beside them an object that runs the log's suite on its own SQLite, where no test runner can reach.

import { DurableObject } from "cloudflare:workers";
import { epochMillis } from "../../../config/units.ts";
import { Hub as RealHub } from "../../../control-plane/hub/hub.worker.ts";
import { Ledger } from "../../../control-plane/hub/log/ledger.ts";
import { SqlLog } from "../../../control-plane/hub/log/log.worker.ts";
import { purgeTarget } from "../../../control-plane/purge/purge-set.ts";
import { LOG_SUITE } from "../../control-plane/hub/log-suite.ts";

interface DoorEnvironment {
  readonly HUB: DurableObjectNamespace;
  readonly LOG_CASE: DurableObjectNamespace;
  readonly LEDGER_CASE: DurableObjectNamespace;
}

const deaf = new Set<string>();

export class Hub extends RealHub {
  override fetch(request: Request): Promise<Response> {
    const isFromPeer = new URL(request.url).pathname === "/exchange";
    if (isFromPeer && deaf.has(this.ctx.id.name ?? "")) return Promise.reject(new Error("the link is cut"));
    return super.fetch(request);
  }
}

/** A shard that applies nothing but says so: the hub's own part is what is tried here. */
export class Shard extends DurableObject {
  override async fetch(request: Request): Promise<Response> {
    const { vector } = await request.json<{ vector?: unknown }>();
    if (new URL(request.url).pathname === "/apply") return Response.json({ v: 1, vector });
    return Response.json({ v: 1, entries: 3, bytes: 300 });
  }
}

export class LogCase extends DurableObject {
  override async fetch(request: Request): Promise<Response> {
    const name = decodeURIComponent(new URL(request.url).pathname.slice(1));
    const found = LOG_SUITE.find((one) => one.name === name);
    if (found === undefined) return new Response("no such case", { status: 404 });
    try {
      found.run(new SqlLog(this.ctx.storage), () => new SqlLog(this.ctx.storage));
      return new Response("passed");
    } catch (failure) {
      return new Response(String(failure), { status: 500 });
    }
  }
}

/** A hub's ledger on SQLite, its log as short or as long as asked: it logs purges, and says what it knows when it starts again. */
export class LedgerCase extends DurableObject {
  override async fetch(request: Request): Promise<Response> {
    const { searchParams } = new URL(request.url);
    const limits = { events: Number(searchParams.get("events")), bytes: 32 * 2 ** 20 };
    const openedAt = Date.now();
    const log = new SqlLog(this.ctx.storage);
    const ledger = new Ledger(log, "oc", () => epochMillis(Date.now()), Math.random, limits);
    const opened = Date.now() - openedAt;
    const count = Number(searchParams.get("purges"));
    for (let index = 0; index < count; index++) {
      const scopes = [{ kind: "tag", tag: `product-${(index * 7919) % 50_000}` }] as const;
      ledger.appendPurge({ severity: "hard", scopes, by: "test", requestDigest: "0".repeat(64) });
    }
    const { purges, vector, base } = ledger;
    const tags = Array.from({ length: Math.min(count, 500) }, (_, index) => `product-${(index * 7919) % 50_000}`);
    const alive = tags.filter((tag) => purges.verdict(purgeTarget("https://site.test/", [tag]), {}) !== "hard");
    const size = { events: log.length(), bytes: log.bytes(), disk: this.ctx.storage.sql.databaseSize };
    return Response.json({ vector, dropped: base?.vector, ...size, alive, records: purges.size, opened });
  }
}

export default {
  fetch(request: Request, env: DoorEnvironment): Promise<Response> {
    const url = new URL(request.url);
    const [, door, name = "", ...path] = url.pathname.split("/");
    if (door === "ledger") {
      return env.LEDGER_CASE.getByName(name).fetch(new Request(`https://node/${url.search}`, request));
    }
    if (door === "log") return env.LOG_CASE.getByName(name).fetch(`https://node/${name}`);
    if (door === "deaf") {
      if (request.method === "PUT") deaf.add(`hub:${name}`);
      else deaf.delete(`hub:${name}`);
      return Promise.resolve(new Response("done"));
    }
    return env.HUB.getByName(`hub:${name}`).fetch(new Request(`https://node/${path.join("/")}${url.search}`, request));
  },
};
