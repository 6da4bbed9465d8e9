// The launcher's own endpoint, for the command line and for tests: regions stop and start, links are cut and healed. It
// listens on 127.0.0.1, requires the admin token, and uses JSON; errors are problems (RFC 9457). It decides nothing itself.
//
//   GET  /regions                    POST /regions/{id}/stop|start
//   POST /links/{from}/{to}/cut|heal (cut?how=silent|reset; {to} is a region or origin:NAME)
//   POST /tokens                     (reloads the tokens' records after a change by `meridian token`)

import { createHash, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { isRegionId, type RegionId } from "../../config/world/regions.ts";
import type { Cut } from "./link/link.node.ts";

/** A region as the endpoint shows it. */
export interface RegionStatus {
  readonly region: RegionId;
  /** `down`: it was stopped. `restarting`: it crashed and is being restarted. `failed`: it crashed too often. */
  readonly state: "live" | "drained" | "down" | "restarting" | "failed";
  readonly edge: string;
  readonly pid?: number;
  /** The targets of its cut links: regions, and origins as `origin:NAME`. */
  readonly cut: readonly string[];
}

/** The endpoint's actions on the run. Each returns false if there is no such region or link. */
export interface Controls {
  regions(): RegionStatus[];
  stopRegion(region: RegionId): Promise<boolean>;
  startRegion(region: RegionId): Promise<boolean>;
  cut(from: RegionId, to: string, how: Cut): boolean;
  heal(from: RegionId, to: string): boolean;
  readTokens(): Promise<void>;
}

/** Makes the endpoint's server. */
export function createAdmin(token: string, controls: Controls): Server {
  return createServer(async (request, response) => {
    try {
      if (isAllowed(request, token)) await serve(request, response, controls);
      else answer(response, 401, { title: "Unauthorized", detail: "The admin token is missing or wrong." });
    } catch (error) {
      answer(response, 500, { title: "Failed", detail: (error as Error).message });
    }
  });
}

const digest = (text: string): Buffer => createHash("sha256").update(text).digest();

/** Compares digests, which have equal length, in constant time. */
const isAllowed = (request: IncomingMessage, token: string): boolean =>
  timingSafeEqual(digest(request.headers.authorization ?? ""), digest(`Bearer ${token}`));

async function serve(request: IncomingMessage, response: ServerResponse, controls: Controls): Promise<void> {
  const url = new URL(request.url ?? "/", "http://launcher");
  const [, kind, first = "", second = "", third = ""] = url.pathname.split("/").map(decodeURIComponent);
  if (request.method === "GET" && kind === "regions" && first === "") {
    answer(response, 200, { regions: controls.regions() });
    return;
  }
  if (request.method === "POST" && kind === "tokens" && first === "") {
    await controls.readTokens();
    answer(response, 200, {});
    return;
  }
  const done =
    request.method === "POST" && isRegionId(first) && (await change(controls, url, kind, first, second, third));
  if (!done && kind === "links" && isRegionId(first))
    answer(response, 404, {
      title: "Not Found",
      detail: `There is no link from ${first} to ${second}.`,
    });
  else if (!done)
    answer(response, 404, { title: "Not Found", detail: `There is no ${request.method} ${url.pathname}.` });
  else answer(response, 200, { regions: controls.regions() });
}

async function change(
  controls: Controls,
  url: URL,
  kind: string | undefined,
  region: RegionId,
  second: string,
  third: string,
): Promise<boolean> {
  if (kind === "regions" && second === "stop") return controls.stopRegion(region);
  if (kind === "regions" && second === "start") return controls.startRegion(region);
  if (kind === "links" && third === "heal") return controls.heal(region, second);
  if (kind === "links" && third === "cut") {
    return controls.cut(region, second, url.searchParams.get("how") === "reset" ? "reset" : "silent");
  }
  return false;
}

function answer(response: ServerResponse, status: number, body: object): void {
  const type = status < 400 ? "application/json" : "application/problem+json";
  const problem = status < 400 ? body : { type: "about:blank", status, ...body };
  response.writeHead(status, { "Content-Type": type, "Cache-Control": "no-store" });
  response.end(`${JSON.stringify(problem)}\n`);
}
