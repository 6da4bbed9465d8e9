// Mounts routes. The order is authentication, rate limit, authorization, validation of the query, then the handler; the library
// runs middleware, validators and handlers in this order. A route is mounted with its OpenAPI description, so the document
// cannot omit one. Handlers return; an exception is a bug and becomes a plain 500.
// **Decided: bodies are described to the library by name, not by schema.** It would read and parse a body without a limit,
// before `body.worker.ts` could refuse it with the right status.

import { createRoute, type Hook, type OpenAPIHono, type RouteConfig } from "@hono/zod-openapi";
import type { Context, MiddlewareHandler } from "hono";
import type { z } from "zod";
import { type AccessScope, bearerToken, type TokenRecord } from "./access/access.ts";
import { type Admitting, admit } from "./access/admission.worker.ts";
import type { PurgeQuota } from "./access/purge-quota.ts";
import { type ApiProblem, PROBLEMS, type ProblemCode, problem } from "./problems.ts";
import type { ApiRoute, QueryOf } from "./route.ts";
import { problemSchema } from "./schemas.ts";

/** Variables that middleware passes to handlers. */
export interface ControlEnv {
  Variables: { readonly token?: TokenRecord };
}

/** The application. */
export type ControlApp = OpenAPIHono<ControlEnv>;

/** A handler's input. `token` is the requester's; public routes have none. */
export interface Call<Query> {
  readonly context: Context;
  readonly token: TokenRecord;
  readonly query: Query;
}

/** A place to mount routes on: the application, its ports and the buckets of its tokens. */
export interface Mount extends Admitting {
  readonly app: ControlApp;
  readonly quota: PurgeQuota;
}

const NOBODY: TokenRecord = { name: "", sha256: "", scopes: [] };

/** Mounts a route and describes it. */
export function mount<R extends ApiRoute>(
  on: Mount,
  route: R,
  handler: (call: Call<QueryOf<R>>) => Response | Promise<Response>,
): void {
  const middleware = route.access === "public" ? [] : [admitting(on, route.access)];
  on.app.openapi(createRoute({ ...describe(on, route), middleware }), (context) => {
    const query = context.req.valid("query" as never) as QueryOf<R>;
    return handler({ context, token: context.get("token") ?? NOBODY, query });
  });
}

/** Admits tokens with one of these scopes. */
const admitting =
  (on: Mount, access: readonly AccessScope[]): MiddlewareHandler<ControlEnv> =>
  async (context, next) => {
    const admission = await admit(on, bearerToken(context.req.header("authorization")), access);
    if (admission.kind === "refused") return problemResponse(admission.problem, admission.fields);
    context.set("token", admission.token);
    return next();
  };

/**
 * Answers an invalid query or path parameter. Only regions have a closed list of path parameters.
 * **Decided: a repeated query parameter is refused**, since either value might be the intended one.
 */
export const invalidRequest =
  (regions: readonly string[]): Hook<unknown, ControlEnv, string, unknown> =>
  (result, context) => {
    if (result.success) return undefined;
    if (result.target === "param") return noSuchRegion(regions);
    const issue = result.error.issues[0];
    const name = issue?.path.join(".") ?? "";
    const isRepeated = (context.req.queries(name)?.length ?? 0) > 1;
    return problemResponse(
      problem("malformed-query", `${name}: ${isRepeated ? "given more than once" : issue?.message}`),
    );
  };

/** The answer for an unknown region. */
export const noSuchRegion = (regions: readonly string[]): Response =>
  problemResponse(problem("no-such-region", `the regions are ${regions.join(", ")}`));

/** A problem as a response (RFC 9457 section 3). */
export const problemResponse = (what: ApiProblem, headers: Readonly<Record<string, string>> = {}): Response =>
  new Response(JSON.stringify(what), {
    status: what.status,
    headers: { ...headers, "content-type": "application/problem+json" },
  });

/** A JSON answer; the schema's type checks what goes into it. */
export const jsonResponse = <Schema extends z.ZodType>(
  _schema: Schema,
  body: z.input<Schema>,
  status = 200,
  headers: Record<string, string> = {},
): Response =>
  new Response(JSON.stringify(body), { status, headers: { ...headers, "content-type": "application/json" } });

function describe(on: Mount, route: ApiRoute): RouteConfig {
  const codes: ProblemCode[] = [...route.problems, "internal"];
  if (route.access !== "public") codes.push("token-missing", "token-unknown", "scope-missing", "too-many-requests");
  if (route.query !== undefined) codes.push("malformed-query");
  const request: RouteConfig["request"] = {};
  if (route.query !== undefined) request.query = route.query;
  if (route.parameters !== undefined) request.params = route.parameters;
  if (route.body !== undefined) {
    const name = route.body.meta()?.id ?? "";
    on.app.openAPIRegistry.register(name, route.body);
    const schema = { $ref: `#/components/schemas/${name}` };
    request.body = { required: true, content: { "application/json": { schema } } };
  }
  const access =
    route.access === "public" ? "No token." : `Requires a token with the scope ${route.access.join(" or ")}.`;
  return {
    method: route.method,
    path: route.path,
    summary: route.summary,
    description: access,
    security: route.access === "public" ? [] : [{ token: [] }],
    request,
    responses: { ...problemResponses(codes), ...route.responses },
  };
}

function problemResponses(codes: readonly ProblemCode[]): RouteConfig["responses"] {
  const byStatus = new Map<number, ProblemCode[]>();
  for (const code of new Set(codes)) {
    const status = PROBLEMS[code].status;
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return Object.fromEntries(
    [...byStatus].map(([status, of]) => [
      status,
      {
        description: of.map((code) => `\`${code}\`: ${PROBLEMS[code].title}`).join("; "),
        content: { "application/problem+json": { schema: problemSchema } },
      },
    ]),
  );
}
