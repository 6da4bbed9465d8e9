// Fastly's purge calls, for clients with the control API as their base URL: a key, several keys, all of a service, or one URL.
// Tokens, scopes, limits and receipts are those of POST /v1/purges; only the formats differ. The service is ignored: a
// deployment is one service. A purge that no hub accepted is never `ok`.

import type { Context } from "hono";
import type { Receipt } from "../../hub/commands.ts";
import { bearerToken } from "../access/access.ts";
import { admit } from "../access/admission.worker.ts";
import { readBodyIfAny } from "../body.worker.ts";
import { type ApiProblem, problem } from "../problems.ts";
import { receiptStatus } from "../purges/receipts.ts";
import { submitPurge } from "../purges/submit-purge.worker.ts";
import type { Mount } from "../route.worker.ts";
import { type FastlyPurge, fastlyProblem, readFastlyPurge } from "./fastly.ts";
import { readWait, type Wait, waitingFor } from "./wait.ts";

/** Mounts the calls, and answers in Fastly's format for every other path under /service and /purge. */
export function mountFastly(on: Mount): void {
  const { app } = on;
  app.post("/service/:service/purge_all", (context) => purge(on, context, { kind: "everything" }));
  // Fastly's client sends a key unescaped, including slashes.
  app.post("/service/:service/purge/:key{.+}", (context) =>
    purge(on, context, { kind: "key", key: context.req.param("key") }),
  );
  app.post("/service/:service/purge", (context) => purge(on, context, "keys"));
  app.on(["POST", "PURGE"], "/purge/*", (context) => {
    const { pathname, search } = new URL(context.req.raw.url);
    return purge(on, context, { kind: "url", target: `${pathname.slice("/purge/".length)}${search}` });
  });
  app.all("/purge/*", () =>
    refuse(problem("method-not-allowed", "purge a URL with POST or PURGE"), { allow: "POST, PURGE" }),
  );
  app.all("/service/*", () =>
    refuse(problem("not-found", "only POST to purge and purge_all of a service is supported")),
  );
}

async function purge(on: Mount, context: Context, call: FastlyPurge | "keys"): Promise<Response> {
  const presented = context.req.header("fastly-key") ?? bearerToken(context.req.header("authorization"));
  const admission = await admit(on, presented, ["purge"]);
  if (admission.kind === "refused") return refuse(itsToken(admission.problem), admission.fields);
  const wait = readWait(context.req.header("meridian-wait"));
  if (wait.kind === "problem") return refuse(wait.problem);
  let asked: FastlyPurge;
  if (call === "keys") {
    const field = context.req.header("surrogate-key");
    const read = await readBodyIfAny(context.req.raw);
    if (read.kind === "problem") return refuse(read.problem);
    asked = { kind: "keys", body: read.text, field };
  } else asked = call;
  const soft = context.req.header("fastly-soft-purge") !== undefined;
  const body = readFastlyPurge(asked, soft, on.ports.config.aliases);
  if (body.kind === "problem") return refuse(body.problem);
  const request = waitingFor(body.request, wait.wait);
  const submitted = await submitPurge(on, { token: admission.token, request, context });
  if (submitted.kind === "problem") return refuse(submitted.problem, submitted.fields);
  return answer(asked, body.keys, submitted.receipt, wait.wait);
}

/** The answer to several keys has an id for each: here the id of their one receipt. */
function answer(asked: FastlyPurge, keys: readonly string[], receipt: Receipt, wait: Wait): Response {
  const { id, state } = receipt;
  const status = receiptStatus(state, wait);
  const headers = { location: `/v1/purges/${id}` };
  if (asked.kind === "keys")
    return Response.json(Object.fromEntries(keys.map((key) => [key, id])), { status, headers });
  return Response.json({ status: status === 200 ? "ok" : state, id }, { status, headers });
}

/** Fastly's clients send their token in a separate field. */
const itsToken = (what: ApiProblem): ApiProblem =>
  what.code === "token-missing"
    ? problem("token-missing", "send a token of this deployment in the field Fastly-Key")
    : what;

function refuse(what: ApiProblem, fields: Readonly<Record<string, string>> = {}): Response {
  const { status, answer: body } = fastlyProblem(what);
  return Response.json(body, { status, headers: fields });
}
