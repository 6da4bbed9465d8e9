// GET /v1/regions and /v1/regions/{id}, and draining: asks every region's hub what it knows of itself. Who is drained is one
// hub's word, the own region's if it answers; others hear of it by gossip within moments.

import { z } from "zod";
import { LIMITS } from "../../../config/limits.ts";
import { millis } from "../../../config/units.ts";
import { REGION_IDS, type RegionId } from "../../../config/world/regions.ts";
import type { DrainCommand, HubState } from "../../hub/commands.ts";
import { linksOf } from "../links.ts";
import { type Answer, ask, askAll, askHubs, problemOf, reasonOf } from "../nodes.worker.ts";
import { type ControlPorts, regionsOf } from "../ports.worker.ts";
import { problem } from "../problems.ts";
import { type Call, jsonResponse, type Mount, mount, problemResponse } from "../route.worker.ts";
import { regionListSchema, regionSchema } from "../schemas.ts";
import { type HubWord, type RegionView, regionView } from "./region-view.ts";

const parameters = z.object({ id: z.enum(REGION_IDS).meta({ example: "weur" }) });

/** Mounts the routes under /v1/regions. */
export function mountRegions(on: Mount): void {
  const { ports } = on;
  const one = { description: "The region", content: { "application/json": { schema: regionSchema } } };
  mount(
    on,
    {
      method: "get",
      path: "/v1/regions",
      summary: "All regions and how they are",
      access: ["read"],
      responses: {
        200: { description: "The regions", content: { "application/json": { schema: regionListSchema } } },
      },
      problems: [],
    },
    async () => {
      // Somebody looks: the hubs ask each other too, so that cut links show without any traffic.
      const regions = viewAll(ports, await askAll<HubState>(ports, ports.hub, { path: "/state?watch" }));
      return jsonResponse(regionListSchema, { answeredBy: ports.ownRegion, regions, ...linksOf(regions) });
    },
  );
  mount(
    on,
    {
      method: "get",
      path: "/v1/regions/{id}",
      summary: "One region and how it is",
      access: ["read"],
      parameters,
      responses: { 200: one },
      problems: ["no-such-region"],
    },
    async ({ context }) => {
      const id = context.req.param("id");
      const view = viewAll(ports, await hubStates(ports)).find((region) => region.id === id);
      return view === undefined ? noSuchRegion(ports) : jsonResponse(regionSchema, view);
    },
  );
  for (const action of ["drain", "undrain"] as const) {
    mount(
      on,
      {
        method: "post",
        path: `/v1/regions/{id}/${action}`,
        summary: action === "drain" ? "Send a region's clients elsewhere" : "Give a drained region its clients back",
        access: ["regions"],
        parameters,
        responses: { 200: one },
        problems: ["no-such-region", "hub-unreachable", "not-joined", "not-durable", "storage-failed"],
      },
      (call) => drain(ports, call, action === "drain"),
    );
  }
}

/** The state of every region's hub, as far as they answer. */
export const hubStates = (ports: ControlPorts): Promise<readonly Answer<HubState>[]> =>
  askAll<HubState>(ports, ports.hub, { path: "/state" });

/** The regions that take no clients: the own region's hub's word, or else the first that answered. */
export function drainedBy(ports: ControlPorts, answers: readonly Answer<HubState>[]): readonly RegionId[] {
  const said = answers.filter((answer) => answer.kind === "answer");
  return (said.find(({ region }) => region === ports.ownRegion) ?? said[0])?.body.drained ?? [];
}

function viewAll(ports: ControlPorts, answers: readonly Answer<HubState>[]): RegionView[] {
  const drained = drainedBy(ports, answers);
  return answers.map((answer) => regionView(ports.config, answer.region, wordOf(answer), drained));
}

const wordOf = (answer: Answer<HubState>): HubWord =>
  answer.kind === "answer" ? { state: answer.body } : { reason: reasonOf(answer) };

async function drain(ports: ControlPorts, { context, token }: Call<unknown>, drained: boolean): Promise<Response> {
  const id = regionsOf(ports.config).find((region) => region === context.req.param("id"));
  if (id === undefined) return noSuchRegion(ports);
  const command: DrainCommand = { v: 1, region: id, drained, by: token.name };
  const answer = await askHubs<HubState>(ports, ports.ownRegion, { path: "/drain", command });
  if (answer.kind !== "answer") return problemResponse(problemOf(answer));
  // The region itself may be the one that is down: that is no reason not to drain it.
  const own: Answer<HubState> =
    answer.region === id
      ? answer
      : await ask(ports, ports.hub(id), id, { path: "/state" }, millis(LIMITS.gatherTimeoutMillis));
  return jsonResponse(regionSchema, regionView(ports.config, id, wordOf(own), answer.body.drained));
}

const noSuchRegion = (ports: ControlPorts): Response =>
  problemResponse(problem("no-such-region", `the regions are ${regionsOf(ports.config).join(", ")}`));
