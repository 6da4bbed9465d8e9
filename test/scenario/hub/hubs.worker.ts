// Real hubs in one workerd, a door to each of them, and a switch that makes one deaf to the others, as a cut link would.
// Beside them an object that runs the log's suite on its own SQLite, where no test runner can reach.

import { DurableObject } from "cloudflare:workers";
import { Hub as RealHub } from "../../../control-plane/hub/hub.worker.ts";
import { SqlLog } from "../../../control-plane/hub/log.worker.ts";
import { LOG_SUITE } from "../../control-plane/hub/log-suite.ts";

interface DoorEnvironment {
  readonly HUB: DurableObjectNamespace;
  readonly LOG_CASE: DurableObjectNamespace;
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

export default {
  fetch(request: Request, env: DoorEnvironment): Promise<Response> {
    const url = new URL(request.url);
    const [, door, name = "", ...path] = url.pathname.split("/");
    if (door === "log") return env.LOG_CASE.getByName(name).fetch(`https://node/${name}`);
    if (door === "deaf") {
      if (request.method === "PUT") deaf.add(`hub:${name}`);
      else deaf.delete(`hub:${name}`);
      return Promise.resolve(new Response("done"));
    }
    return env.HUB.getByName(`hub:${name}`).fetch(new Request(`https://node/${path.join("/")}${url.search}`, request));
  },
};
