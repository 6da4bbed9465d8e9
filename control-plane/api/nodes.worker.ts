// Sends requests to hubs and meters, and distinguishes answers, refusals and silence. Any hub accepts purges, so one that is
// unreachable, cannot use its storage, or has not joined, is skipped for the next nearest. It never repeats a command to the
// same hub. A purge that a lost hub accepted after all is then purged twice, which is harmless.

import { LIMITS } from "../../config/limits.ts";
import type { Node } from "../../config/node/ports.worker.ts";
import type { Config } from "../../config/schema/schema.ts";
import { storageFault, storageRefusal } from "../../config/storage-fault.ts";
import { type Millis, millis } from "../../config/units.ts";
import { greatCircle } from "../../config/world/distance.ts";
import { REGIONS, type RegionId } from "../../config/world/regions.ts";
import type { Refusal } from "../hub/commands.ts";
import { API_LIMITS } from "./limits.ts";
import { type ControlPorts, regionsOf } from "./ports.worker.ts";
import { type ApiProblem, problem } from "./problems.ts";

/** The result of a request to one region's node. `detail` is for clients: it contains no address. */
export type NodeAnswer<Body> =
  | { readonly kind: "answer"; readonly region: RegionId; readonly body: Body }
  | { readonly kind: "refused"; readonly region: RegionId; readonly refusal: Refusal }
  | { readonly kind: "unreachable"; readonly region: RegionId; readonly detail: string };

/** A path of the node, and the command to POST; without one the request is a GET. */
export interface Question {
  readonly path: string;
  readonly command?: unknown;
}

/** Sends a request to one node, with this timeout. */
export async function ask<Body>(
  ports: ControlPorts,
  node: Node,
  region: RegionId,
  question: Question,
  after: Millis,
): Promise<NodeAnswer<Body>> {
  const signal = ports.deadline(after);
  const posted = { method: "POST", body: JSON.stringify(question.command) };
  try {
    const response = await node.fetch(`https://node${question.path}`, {
      ...(question.command === undefined ? {} : posted),
      signal,
    });
    const body = readJson(await response.text());
    if (response.ok && body !== undefined) return { kind: "answer", region, body: body as Body };
    if (isRefusal(body)) return { kind: "refused", region, refusal: body };
    ports.log(`${region}${question.path} was answered with status ${response.status}`);
    return { kind: "unreachable", region, detail: `answered with status ${response.status}` };
  } catch (problem) {
    if (signal.aborted) return { kind: "unreachable", region, detail: "did not answer in time" };
    const fault = storageFault(problem);
    if (fault !== undefined) {
      ports.log(`${region}${question.path} failed: ${fault}`);
      return { kind: "refused", region, refusal: storageRefusal(`the node of ${region}`, fault) };
    }
    ports.log(`${region}${question.path} cannot be reached`, problem);
    return { kind: "unreachable", region, detail: "cannot be reached" };
  }
}

/** Refusals by one hub that need not apply at the next. */
const PASSED_OVER: ReadonlySet<Refusal["code"]> = new Set(["not-joined", "storage-failed"]);

/** Undefined if the text is not JSON, which no node sends. */
function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (problem) {
    if (problem instanceof SyntaxError) return undefined;
    throw problem;
  }
}

const isRefusal = (body: unknown): body is Refusal =>
  typeof body === "object" && body !== null && "code" in body && "detail" in body;

/**
 * Tries hubs, `first` and then the nearest to it, until one answers or refuses for a reason that applies elsewhere too.
 * `held` is how long the command itself may take; after a few silent hubs the rest are not tried.
 */
export async function askHubs<Body>(
  ports: ControlPorts,
  first: RegionId,
  question: Question,
  held: Millis = millis(0),
): Promise<NodeAnswer<Body>> {
  const giveUpAt = ports.now() + held + 3 * API_LIMITS.hubAnswerMillis;
  let last: NodeAnswer<Body> = { kind: "unreachable", region: first, detail: "cannot be reached" };
  for (const region of hubOrder(ports.config, first)) {
    const left = Math.min(held + API_LIMITS.hubAnswerMillis, giveUpAt - ports.now());
    if (left <= 0) break;
    const answer = await ask<Body>(ports, ports.hub(region), region, question, millis(left));
    if (answer.kind === "answer") return answer;
    if (answer.kind === "refused" && !PASSED_OVER.has(answer.refusal.code)) return answer;
    // "Not joined" is more useful to a client than another hub's silence.
    if (last.kind !== "refused") last = answer;
  }
  return last;
}

/** Sends the same request to every region at once; each has `LIMITS.gatherTimeoutMillis`. In the configuration's order. */
export function askAll<Body>(
  ports: ControlPorts,
  nodeOf: (region: RegionId) => Node,
  question: Question,
): Promise<readonly NodeAnswer<Body>[]> {
  const after = millis(LIMITS.gatherTimeoutMillis);
  return Promise.all(
    regionsOf(ports.config).map((region) => ask<Body>(ports, nodeOf(region), region, question, after)),
  );
}

const orders = new WeakMap<Config, Map<RegionId, readonly RegionId[]>>();

/** All regions, `first` first and then by distance from it; computed once for each. */
function hubOrder(config: Config, first: RegionId): readonly RegionId[] {
  const known = orders.get(config) ?? new Map<RegionId, readonly RegionId[]>();
  orders.set(config, known);
  const order = known.get(first) ?? orderFrom(config, first);
  known.set(first, order);
  return order;
}

function orderFrom(config: Config, first: RegionId): readonly RegionId[] {
  const place = (region: RegionId) => config.regions[region]?.place ?? REGIONS[region].place;
  const distance = (region: RegionId): number => (region === first ? -1 : greatCircle(place(first), place(region)));
  return [...regionsOf(config)].sort((a, b) => distance(a) - distance(b));
}

/** A refusal, or no answer. */
export type NodeFailure = Exclude<NodeAnswer<unknown>, { readonly kind: "answer" }>;

/** Why a region gave no answer, for people. */
export const reasonOf = (failure: NodeFailure): string =>
  failure.kind === "refused" ? failure.refusal.detail : `its hub ${failure.detail}`;

/** The problem for a hub's refusal or silence. */
export function problemOf(failure: NodeFailure): ApiProblem {
  if (failure.kind === "unreachable") {
    return problem(
      "hub-unreachable",
      `the hub of ${failure.region} ${failure.detail}, and no other hub could be reached`,
    );
  }
  return problem(failure.refusal.code, refusalDetail(failure.refusal));
}

// A purge that could not be made durable may still exist: with its id the client can follow it.
const refusalDetail = ({ detail, id }: Refusal): string => (id === undefined ? detail : `${detail} (purge ${id})`);
