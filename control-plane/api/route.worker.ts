// How every route of the API is mounted: who asks is established, then how often, then what they may do, then their query is
// checked, and only then the handler runs. A route is mounted with its OpenAPI description, so the document cannot leave one
// out. Handlers return; what they throw is a mistake of ours and becomes a plain 500.

import type { OpenAPIHono, RouteConfig } from "@hono/zod-openapi";
import type { Context } from "hono";
import type { z } from "zod";
import { type AccessScope, bearerToken, type TokenRecord } from "./access/access.ts";
import { type Admitting, admit } from "./access/admission.worker.ts";
import type { PurgeQuota } from "./access/purge-quota.ts";
import { PROBLEMS, type Problem, type ProblemCode, problem } from "./problems.ts";
import { problemSchema } from "./schemas.ts";

/** A route: its description, and the scopes of which a token needs one. `public` needs no token. */
export interface Route<Query extends z.ZodType> {
  readonly method: "get" | "post";
  readonly path: string;
  readonly summary: string;
  readonly access: readonly AccessScope[] | "public";
  readonly query?: Query;
  readonly parameters?: z.ZodObject;
  readonly body?: z.ZodType;
  readonly responses: RouteConfig["responses"];
  /** Problems that it gives, beside those of every route with a token or a query. */
  readonly problems: readonly ProblemCode[];
}

/** What a handler gets. `token` is the one that asked; public routes have none. */
export interface Call<Query> {
  readonly context: Context;
  readonly token: TokenRecord;
  readonly query: Query;
}

/** A place to mount routes on: the application, its ports and the buckets of its tokens. */
export interface Mount extends Admitting {
  readonly app: OpenAPIHono;
  readonly quota: PurgeQuota;
  /** Methods and paths mounted so far. */
  readonly mounted: { readonly method: string; readonly path: string }[];
}

const NOBODY: TokenRecord = { name: "", sha256: "", scopes: [] };

/** Mounts a route and describes it. */
export function mount<Query extends z.ZodType>(
  on: Mount,
  route: Route<Query>,
  handler: (call: Call<z.output<Query>>) => Response | Promise<Response>,
): void {
  on.mounted.push({ method: route.method.toUpperCase(), path: route.path });
  on.app.openAPIRegistry.registerPath(describe(route));
  on.app.on([route.method.toUpperCase()], [route.path.replaceAll(/\{(\w+)\}/g, ":$1")], async (context) => {
    let token = NOBODY;
    if (route.access !== "public") {
      const admission = await admit(on, bearerToken(context.req.header("authorization")), route.access);
      if (admission.kind === "refused") return problemResponse(admission.problem, admission.fields);
      token = admission.token;
    }
    const query = route.query?.safeParse(context.req.query());
    if (query !== undefined && !query.success) {
      const issue = query.error.issues[0];
      return problemResponse(problem("malformed-query", `${issue?.path.join(".")}: ${issue?.message}`));
    }
    return handler({ context, token, query: query?.data as z.output<Query> });
  });
}

/** A problem as a response (RFC 9457 section 3). */
export const problemResponse = (what: Problem, headers: Readonly<Record<string, string>> = {}): Response =>
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

function describe(route: Route<z.ZodType>): RouteConfig {
  const codes: ProblemCode[] = [...route.problems, "internal"];
  if (route.access !== "public") codes.push("token-missing", "token-unknown", "scope-missing", "too-many-requests");
  if (route.query !== undefined) codes.push("malformed-query");
  const request: RouteConfig["request"] = {};
  if (route.query !== undefined) request.query = route.query as z.ZodObject;
  if (route.parameters !== undefined) request.params = route.parameters;
  if (route.body !== undefined) {
    request.body = { required: true, content: { "application/json": { schema: route.body } } };
  }
  const access = route.access === "public" ? "No token." : `A token with the scope ${route.access.join(" or ")}.`;
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
