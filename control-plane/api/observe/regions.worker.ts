// GET /v1/regions and /v1/regions/{id}, and draining: queries every region's hub for its own state. Drains come from one hub,
// the own region's if it answers; others learn of them by gossip within moments.

import { LIMITS } from "../../../config/limits.ts";
import { millis } from "../../../config/units.ts";
import type { RegionId } from "../../../config/world/regions.ts";
import type { DrainCommand, HubState } from "../../hub/commands.ts";
import { linksOf } from "../links.ts";
import { ask, askAll, askHubs, type NodeAnswer, problemOf, reasonOf } from "../nodes.worker.ts";
import { type ControlPorts, regionsOf } from "../ports.worker.ts";
import { type Call, jsonResponse, type Mount, mount, noSuchRegion, problemResponse } from "../route.worker.ts";
import { ROUTES } from "../routes.ts";
import { regionListSchema, regionSchema } from "../schemas.ts";
import { type HubWord, type RegionView, regionView } from "./region-view.ts";

/** Mounts the routes under /v1/regions. */
export function mountRegions(on: Mount): void {
  const { ports } = on;
  mount(on, ROUTES.regions, async () => {
    // `watch` makes the hubs probe each other too, so that cut links show without traffic.
    const regions = viewAll(ports, await askAll<HubState>(ports, ports.hub, { path: "/state?watch" }));
    return jsonResponse(regionListSchema, { answeredBy: ports.ownRegion, regions, ...linksOf(regions) });
  });
  mount(on, ROUTES.region, async ({ context }) => {
    const id = context.req.param("id");
    const view = viewAll(ports, await hubStates(ports)).find((region) => region.id === id);
    return view === undefined ? noSuchRegion(regionsOf(ports.config)) : jsonResponse(regionSchema, view);
  });
  mount(on, ROUTES.drain, (call) => drain(ports, call, true));
  mount(on, ROUTES.undrain, (call) => drain(ports, call, false));
}

/** The state of every region's hub that answers. */
export const hubStates = (ports: ControlPorts): Promise<readonly NodeAnswer<HubState>[]> =>
  askAll<HubState>(ports, ports.hub, { path: "/state" });

/** The regions that serve no clients, according to the own region's hub, else the first that answered. */
export function drainedBy(ports: ControlPorts, answers: readonly NodeAnswer<HubState>[]): readonly RegionId[] {
  const said = answers.filter((answer) => answer.kind === "answer");
  return (said.find(({ region }) => region === ports.ownRegion) ?? said[0])?.body.drained ?? [];
}

function viewAll(ports: ControlPorts, answers: readonly NodeAnswer<HubState>[]): RegionView[] {
  const drained = drainedBy(ports, answers);
  return answers.map((answer) => regionView(ports.config, answer.region, wordOf(answer), drained));
}

const wordOf = (answer: NodeAnswer<HubState>): HubWord =>
  answer.kind === "answer" ? { state: answer.body } : { reason: reasonOf(answer) };

async function drain(ports: ControlPorts, { context, token }: Call<unknown>, drained: boolean): Promise<Response> {
  const id = regionsOf(ports.config).find((region) => region === context.req.param("id"));
  if (id === undefined) return noSuchRegion(regionsOf(ports.config));
  const command: DrainCommand = { v: 1, region: id, drained, by: token.name };
  const answer = await askHubs<HubState>(ports, ports.ownRegion, { path: "/drain", command });
  if (answer.kind !== "answer") return problemResponse(problemOf(answer));
  // A region that is down can be drained too.
  const own: NodeAnswer<HubState> =
    answer.region === id
      ? answer
      : await ask(ports, ports.hub(id), id, { path: "/state" }, millis(LIMITS.gatherTimeoutMillis));
  return jsonResponse(regionSchema, regionView(ports.config, id, wordOf(own), answer.body.drained));
}
