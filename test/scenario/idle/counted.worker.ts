// The deployed script with counters beside it: requests that objects get, alarms that ring, storage operations, and timers that
// are still to fire. What the code calls is the platform's own; it is only counted on the way. Doors: `/counts`, `/hub/REGION/PATH`,
// and `/restless/NAME`, which has an object plan
// for nothing what an idle one must not; `/calm/NAME` takes a hub's alarm back.

import type { Environment } from "../../../config/node/environment.worker.ts";
import edge, { Hub as RealHub, Meter as RealMeter, Shard as RealShard } from "../../../edge/worker.ts";
import type { Counts } from "./counts.ts";

const requests: Record<string, number> = {};
let rung = 0;
let storage = 0;
let underWay = 0;

const timers = new Set<unknown>();
const { setTimeout: set, clearTimeout: clear, setInterval: repeat } = globalThis;
globalThis.setTimeout = ((act: () => void, delay?: number) => {
  const timer = set(() => {
    timers.delete(timer);
    act();
  }, delay);
  timers.add(timer);
  return timer;
}) as typeof setTimeout;
globalThis.clearTimeout = ((timer: ReturnType<typeof set>) => {
  timers.delete(timer);
  clear(timer);
}) as typeof clearTimeout;
globalThis.setInterval = ((act: () => void, delay?: number) => {
  const timer = repeat(act, delay);
  timers.add(timer);
  return timer;
}) as typeof setInterval;

/** Asked past the counters, so that looking changes nothing that is looked at. */
const alarmOf = new Map<string, () => Promise<number | null>>();

function counted(ctx: DurableObjectState): DurableObjectState {
  const real = ctx.storage;
  const getAlarm = real.getAlarm.bind(real);
  alarmOf.set(ctx.id.name ?? "", () => getAlarm());
  const count = (on: object, name: string): void => {
    const original = Reflect.get(on, name) as (...values: unknown[]) => unknown;
    const value = (...values: unknown[]): unknown => {
      storage++;
      return Reflect.apply(original, on, values);
    };
    Object.defineProperty(on, name, { value, configurable: true });
  };
  for (const name of ["get", "put", "delete", "list", "setAlarm", "deleteAlarm", "transactionSync"]) count(real, name);
  count(real.sql, "exec");
  return ctx;
}

async function counting<T>(name: string, act: () => Promise<T>): Promise<T> {
  requests[name] = (requests[name] ?? 0) + 1;
  underWay++;
  try {
    return await act();
  } finally {
    underWay--;
  }
}

/** An object's answer, counted; or what the doors ask of it, which is not. */
async function answered(ctx: DurableObjectState, request: Request, act: () => Promise<Response>): Promise<Response> {
  const name = ctx.id.name ?? "";
  switch (new URL(request.url).pathname) {
    case "/alarm-set":
      return Response.json(await alarmOf.get(name)?.());
    case "/restless":
      if (name.startsWith("hub")) await ctx.storage.setAlarm(Date.now() + 3_600_000);
      else setInterval(() => undefined, 3_600_000);
      return new Response("done\n");
    case "/calm":
      await ctx.storage.deleteAlarm();
      return new Response("done\n");
    default:
      return counting(name, act);
  }
}

export class Hub extends RealHub {
  constructor(ctx: DurableObjectState, env: Environment) {
    super(counted(ctx), env);
  }
  override fetch(request: Request): Promise<Response> {
    return answered(this.ctx, request, () => super.fetch(request));
  }
  override alarm(): Promise<void> {
    rung++;
    return super.alarm();
  }
}

export class Shard extends RealShard {
  constructor(ctx: DurableObjectState, env: Environment) {
    super(counted(ctx), env);
  }
  override fetch(request: Request): Promise<Response> {
    return answered(this.ctx, request, () => super.fetch(request));
  }
}

export class Meter extends RealMeter {
  constructor(ctx: DurableObjectState, env: Environment) {
    super(counted(ctx), env);
  }
  override fetch(request: Request): Promise<Response> {
    return answered(this.ctx, request, () => super.fetch(request));
  }
  override alarm(): Promise<void> {
    rung++;
    return super.alarm();
  }
}

function objectNamed(env: Environment, name: string): DurableObjectStub {
  const namespace = name.startsWith("hub") ? env.HUB : name.startsWith("shard") ? env.SHARD : env.METER;
  return namespace.getByName(name);
}

async function counts(env: Environment): Promise<Counts> {
  const alarms: string[] = [];
  for (const name of alarmOf.keys()) {
    const at = await (await objectNamed(env, name).fetch("https://node/alarm-set")).json();
    if (at !== null) alarms.push(name);
  }
  return { requests: { ...requests }, rung, storage, timers: timers.size, alarms, underWay };
}

export default {
  async fetch(request: Request, env: Environment, ctx: ExecutionContext): Promise<Response> {
    const { pathname } = new URL(request.url);
    const [, door, name = "", ...path] = pathname.split("/");
    if (door === "counts") return Response.json(await counts(env));
    if (door === "hub") return env.HUB.getByName(`hub:${name}`).fetch(new Request(`https://node/${path[0]}`, request));
    if (door === "restless" || door === "calm") return objectNamed(env, name).fetch(`https://node/${door}`);
    return counting("edge", () => edge.fetch(request as never, env, ctx) as Promise<Response>);
  },
};
