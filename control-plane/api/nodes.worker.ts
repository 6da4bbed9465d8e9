// Asks hubs and meters, and tells apart what they said, what they refused and that they said nothing. Any hub takes a purge,
// so one that cannot be reached, cannot use its storage, or takes none yet, is passed over for the next nearest. It never repeats a command to the
// same hub. A purge that a lost hub did take after all is then purged twice, which is harmless.

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
import { type Problem, problem } from "./problems.ts";

/** What became of a question to one region's node. `detail` is for clients: it names no address. */
export type Answer<Body> =
  | { readonly kind: "answer"; readonly region: RegionId; readonly body: Body }
  | { readonly kind: "refused"; readonly region: RegionId; readonly refusal: Refusal }
  | { readonly kind: "unreachable"; readonly region: RegionId; readonly detail: string };

/** A path of the node, and the command to post to it; without one it is only asked. */
export interface Question {
  readonly path: string;
  readonly command?: unknown;
}

/** Asks one node, and gives up after this time. */
export async function ask<Body>(
  ports: ControlPorts,
  node: Node,
  region: RegionId,
  question: Question,
  after: Millis,
): Promise<Answer<Body>> {
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

/** Reasons of one hub that need not hold at the next. */
const PASSED_OVER: ReadonlySet<Refusal["code"]> = new Set(["not-joined", "storage-failed"]);

/** Undefined if the text is no JSON, which no node answers. */
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
 * Asks hubs, `first` and then the nearest to it, until one answers or refuses for a reason that would hold elsewhere too.
 * `held` is how long the command itself may take; a few silent hubs later the rest is not asked any more.
 */
export async function askHubs<Body>(
  ports: ControlPorts,
  first: RegionId,
  question: Question,
  held: Millis = millis(0),
): Promise<Answer<Body>> {
  const giveUpAt = ports.now() + held + 3 * API_LIMITS.hubAnswerMillis;
  let last: Answer<Body> = { kind: "unreachable", region: first, detail: "cannot be reached" };
  for (const region of hubOrder(ports.config, first)) {
    const left = Math.min(held + API_LIMITS.hubAnswerMillis, giveUpAt - ports.now());
    if (left <= 0) break;
    const answer = await ask<Body>(ports, ports.hub(region), region, question, millis(left));
    if (answer.kind === "answer") return answer;
    if (answer.kind === "refused" && !PASSED_OVER.has(answer.refusal.code)) return answer;
    // "Not yet" tells a client more than that another one is silent.
    if (last.kind !== "refused") last = answer;
  }
  return last;
}

/** Asks the same of every region at once; each has `LIMITS.gatherTimeoutMillis`. In the configuration's order. */
export function askAll<Body>(
  ports: ControlPorts,
  nodeOf: (region: RegionId) => Node,
  question: Question,
): Promise<readonly Answer<Body>[]> {
  const after = millis(LIMITS.gatherTimeoutMillis);
  return Promise.all(
    regionsOf(ports.config).map((region) => ask<Body>(ports, nodeOf(region), region, question, after)),
  );
}

const orders = new WeakMap<Config, Map<RegionId, readonly RegionId[]>>();

/** All regions, `first` first and then by distance from it; worked out once for each. */
export function hubOrder(config: Config, first: RegionId): readonly RegionId[] {
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

/** An answer that is none. */
export type Failure = Exclude<Answer<unknown>, { readonly kind: "answer" }>;

/** Why a region gave no answer, for people. */
export const reasonOf = (failure: Failure): string =>
  failure.kind === "refused" ? failure.refusal.detail : `its hub ${failure.detail}`;

/** The problem that a client gets for what a hub refused, or for silence. */
export function problemOf(failure: Failure): Problem {
  if (failure.kind === "unreachable") {
    return problem("hub-unreachable", `the hub of ${failure.region} ${failure.detail}, and no other could be asked`);
  }
  return problem(failure.refusal.code, refusalDetail(failure.refusal));
}

// A purge that could not be made durable may exist all the same: its id lets the client follow it.
const refusalDetail = ({ detail, id }: Refusal): string => (id === undefined ? detail : `${detail} (purge ${id})`);
