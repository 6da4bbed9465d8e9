// POST /client/v4/zones/{zone}/purge_cache and invalidate_cache, Cloudflare's purge calls, for clients with
// `<control API>/client/v4` as their base URL. Tokens, scopes, limits and receipts are those of POST /v1/purges; only the
// formats differ. The zone is ignored: a deployment is one zone. A purge that no hub accepted is never a success.

import type { Context } from "hono";
import { bearerToken } from "../access/access.ts";
import { admit } from "../access/admission.worker.ts";
import { readBody } from "../body.worker.ts";
import { type ApiProblem, problem } from "../problems.ts";
import { receiptStatus } from "../purges/receipts.ts";
import { submitPurge } from "../purges/submit-purge.worker.ts";
import type { Mount } from "../route.worker.ts";
import { cloudflareProblem, cloudflareReceipt, readCloudflarePurge } from "./cloudflare.ts";
import { readWait, waitingFor } from "./wait.ts";

const ZONE = "/client/v4/zones/:zone";

/** Mounts both calls, and answers in Cloudflare's format for every other path under /client/v4. */
export function mountCloudflare(on: Mount): void {
  on.app.post(`${ZONE}/purge_cache`, (context) => purge(on, context, "hard"));
  on.app.post(`${ZONE}/invalidate_cache`, (context) => purge(on, context, "soft"));
  on.app.all(`${ZONE}/:call{purge_cache|invalidate_cache}`, () =>
    refuse(problem("method-not-allowed", "purge with POST"), { allow: "POST" }),
  );
  on.app.all("/client/v4/*", () =>
    refuse(problem("not-found", "only purge_cache and invalidate_cache of a zone are supported")),
  );
}

async function purge(on: Mount, context: Context, severity: "soft" | "hard"): Promise<Response> {
  const presented = bearerToken(context.req.header("authorization"));
  if (presented === undefined && context.req.header("x-auth-key") !== undefined) return refuse(GLOBAL_KEY);
  const admission = await admit(on, presented, ["purge"]);
  if (admission.kind === "refused") return refuse(admission.problem, admission.fields);
  const wait = readWait(context.req.header("meridian-wait"));
  if (wait.kind === "problem") return refuse(wait.problem);
  const text = await readBody(context.req.raw);
  if (text.kind === "problem") return refuse(text.problem);
  const body = readCloudflarePurge(text.text, severity, on.ports.config.aliases);
  if (body.kind === "problem") return refuse(body.problem);
  const request = waitingFor(body.request, wait.wait);
  const submitted = await submitPurge(on, { token: admission.token, request, context });
  if (submitted.kind === "problem") return refuse(submitted.problem, submitted.fields);
  const { receipt } = submitted;
  const status = receiptStatus(receipt.state, wait.wait);
  const note = status === 200 ? undefined : `accepted, but not ${wait.wait} yet: see /v1/purges/${receipt.id}`;
  return Response.json(cloudflareReceipt(receipt, note), {
    status,
    headers: { location: `/v1/purges/${receipt.id}` },
  });
}

/** A global key belongs to an account. There are no accounts here, only tokens with scopes. */
const GLOBAL_KEY = problem(
  "token-missing",
  "X-Auth-Key is not supported: send Authorization: Bearer with a token of this deployment (apiToken in the client)",
);

function refuse(what: ApiProblem, fields: Readonly<Record<string, string>> = {}): Response {
  const { status, answer } = cloudflareProblem(what);
  return Response.json(answer, { status, headers: fields });
}
