// Finds nodes. In production every shard, hub and meter is a Durable Object of this script, placed by its region's location
// hint or jurisdiction. Locally a process is one region: its own nodes are its own objects, another region's are reached
// over a service binding, signed. Configuration comes bundled, or as JSON from the local launcher.

import bundledConfig from "../meridian.config.ts";
import type { Config } from "../schema/schema.ts";
import { validate } from "../schema/validate.ts";
import { isRegionId, type RegionId } from "../world/regions.ts";
import type { Environment } from "./environment.worker.ts";
import { signPeer } from "./peer-signature.worker.ts";
import type { Node, Nodes } from "./ports.worker.ts";

/** Names the node that a request over the internal port is for: `shard/3`, `hub`, `meter`. */
export const NODE_FIELD = "meridian-internal-node";

type Kind = "shard" | "hub" | "meter";
const NAMESPACES = { shard: "SHARD", hub: "HUB", meter: "METER" } as const;

let cachedConfig: { readonly source: string | undefined; readonly config: Config } | undefined;

/** The current configuration. Throws if it is invalid: a deployment validates it before, so that is a bug. */
export function configOf(env: Environment): Config {
  const source = env.MERIDIAN_CONFIG;
  if (cachedConfig === undefined || cachedConfig.source !== source) {
    const result = validate(source === undefined ? bundledConfig : JSON.parse(source));
    if (result.kind === "invalid") {
      throw new Error(
        `invalid configuration: ${result.errors.map((error) => `${error.path}: ${error.detail}`).join("; ")}`,
      );
    }
    cachedConfig = { source, config: result.config };
  }
  return cachedConfig.config;
}

/** The region that this process is, locally; undefined in production, where one script serves them all. */
export const ownRegion = (env: Environment): RegionId | undefined =>
  env.MERIDIAN_REGION !== undefined && isRegionId(env.MERIDIAN_REGION) ? env.MERIDIAN_REGION : undefined;

/** The name of a Durable Object, `shard:weur:3`; it contains all that the object must know about itself. */
const objectName = (kind: Kind, region: RegionId, index?: number): string =>
  index === undefined ? `${kind}:${region}` : `${kind}:${region}:${index}`;

/** Reads `objectName` back: the region and, for a shard, its index. Throws on any other name. */
export function parseObjectName(name: string | undefined): { readonly region: RegionId; readonly index: number } {
  const [, region, index] = (name ?? "").split(":");
  if (region === undefined || !isRegionId(region)) throw new Error(`no region in the object name ${name}`);
  return { region, index: Number(index ?? 0) };
}

function ownObject(env: Environment, kind: Kind, region: RegionId, index?: number): Node {
  const namespace = env[NAMESPACES[kind]];
  const jurisdiction = ownRegion(env) === undefined ? configOf(env).regions[region]?.jurisdiction : undefined;
  const placed =
    jurisdiction === undefined ? namespace : namespace.jurisdiction(jurisdiction as DurableObjectJurisdiction);
  return placed.getByName(objectName(kind, region, index), { locationHint: region as DurableObjectLocationHint });
}

/** A node in another local process: every request is signed, and addressed to one node. */
function peer(env: Environment, kind: Kind, region: RegionId, index?: number): Node {
  const binding = env[`PEER_${region.toUpperCase()}`];
  return {
    async fetch(url, init = {}) {
      if (binding === undefined) throw new Error(`region ${region} is not in this run`);
      const headers = new Headers(init.headers);
      headers.set(NODE_FIELD, index === undefined ? kind : `${kind}/${index}`);
      if (typeof init.body === "string" && !headers.has("content-type"))
        headers.set("content-type", "application/json");
      await signPeer(env.CLUSTER_KEY, init.method ?? "GET", url, headers, init.body, Date.now(), region);
      return binding.fetch(url, { ...init, headers, redirect: "manual" });
    },
  };
}

/** All nodes of the deployment, as this process reaches them. */
export function nodesOf(env: Environment): Nodes {
  const own = ownRegion(env);
  const node = (kind: Kind, region: RegionId, index?: number): Node =>
    own === undefined || own === region ? ownObject(env, kind, region, index) : peer(env, kind, region, index);
  return {
    shard: (region, index) => node("shard", region, index),
    hub: (region) => node("hub", region),
    meter: (region) => node("meter", region),
  };
}
