// The control API: a Hono application over the ports. Every response has the security fields and `no-store`; there is no CORS,
// since the dashboard has the same origin and scripts need none. Unknown paths are 404, known ones with another method 405;
// an unexpected fault is a plain 500 and a line in the log.

import { OpenAPIHono } from "@hono/zod-openapi";
import type { Bucket } from "../../config/token-bucket.ts";
import { PurgeQuota } from "./access/purge-quota.ts";
import { mountCloudflare } from "./compat/cloudflare.worker.ts";
import { mountFastly } from "./compat/fastly.worker.ts";
import { mountObservation } from "./observe/observe.worker.ts";
import { mountRegions } from "./observe/regions.worker.ts";
import { mountPage } from "./page/page.worker.ts";
import { type ControlPorts, regionsOf } from "./ports.worker.ts";
import { mountPrefetch } from "./prefetch.worker.ts";
import { problem } from "./problems.ts";
import { mountPurges } from "./purges/purges.worker.ts";
import {
  type ControlApp,
  type ControlEnv,
  invalidRequest,
  type Mount,
  mount,
  problemResponse,
} from "./route.worker.ts";
import { ROUTES } from "./routes.ts";

/** The application for these ports. Build it once per isolate: it holds the token buckets. */
export function controlApp(ports: ControlPorts): ControlApp {
  const app = new OpenAPIHono<ControlEnv>({ defaultHook: invalidRequest(regionsOf(ports.config)) });
  const on: Mount = { app, ports, buckets: new Map<string, Bucket>(), quota: new PurgeQuota() };
  app.use(async (context, next) => {
    await next();
    const { headers } = context.res;
    for (const [name, value] of securityFields(ports)) if (!headers.has(name)) headers.set(name, value);
  });
  mountPurges(on);
  mountPrefetch(on);
  mountRegions(on);
  mountObservation(on);
  mountDocument(on);
  mountPage(on);
  mountCloudflare(on);
  mountFastly(on);
  app.notFound((context) => {
    const allowed = allowedMethods(app, context.req.path);
    if (allowed.length === 0) return problemResponse(problem("not-found", "/v1/openapi.json lists all resources"));
    const detail = `${context.req.path} supports ${allowed.join(", ")}`;
    return problemResponse(problem("method-not-allowed", detail), { allow: allowed.join(", ") });
  });
  app.onError((fault, context) => {
    ports.log(`${context.req.method} ${context.req.path} failed`, fault);
    return problemResponse(problem("internal", "the deployment's log has the details"));
  });
  return app;
}

const securityFields = (ports: ControlPorts): readonly (readonly [string, string])[] => [
  ["cache-control", "no-store"],
  ["content-security-policy", "default-src 'none'; frame-ancestors 'none'"],
  ["x-content-type-options", "nosniff"],
  ["x-frame-options", "DENY"],
  ["referrer-policy", "no-referrer"],
  ["cross-origin-opener-policy", "same-origin"],
  ["cross-origin-resource-policy", "same-origin"],
  // A local run has only plain HTTP, and browsers would remember this field after the run.
  ...(ports.localMode ? [] : [["strict-transport-security", "max-age=31536000"] as const]),
];

/** The methods that a path supports; GET implies HEAD. Empty if no route has the path. */
function allowedMethods({ router }: ControlApp, path: string): readonly string[] {
  // Routes for every method are middleware.
  const has = (method: string) => router.match(method, path)[0].some(([[, route]]) => route.method === method);
  return [...(has("POST") ? ["POST"] : []), ...(has("GET") ? ["GET", "HEAD"] : [])];
}

function mountDocument(on: Mount): void {
  on.app.openAPIRegistry.registerComponent("securitySchemes", "token", { type: "http", scheme: "bearer" });
  let document: string | undefined;
  mount(on, ROUTES.document, () => {
    document ??= JSON.stringify(
      on.app.getOpenAPI31Document({
        openapi: "3.1.0",
        info: {
          title: "Meridian control API",
          version: "1",
          description:
            "Purges, regions, statistics and explanations of a Meridian deployment. Errors are RFC 9457 problems with a stable `code`.",
          license: { name: "MIT" },
        },
        servers: [{ url: "/" }],
      }),
    );
    return new Response(document, { headers: { "content-type": "application/json" } });
  });
}
