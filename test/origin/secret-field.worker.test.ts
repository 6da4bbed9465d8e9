// The field that proves to an origin that a request came through Meridian: no client can send what passes for it.

import { expect, test } from "vitest";
import type { Environment } from "../../config/node/environment.worker.ts";
import { originSchema } from "../../config/schema/schema.ts";
import { originSender } from "../../origin/fetch.worker.ts";

const ORIGIN = originSchema.parse({
  url: "http://origin.test",
  secretHeader: { name: "X-Origin-Secret", secret: "ORIGIN_SECRET" },
});

/** The fields that the origin gets of a request with these. */
async function sent(fields: readonly (readonly [string, string])[]): Promise<Record<string, string>> {
  let got: Headers | undefined;
  const binding = {
    fetch: async (_url: string, init: RequestInit) => {
      got = new Headers(init.headers as HeadersInit);
      return new Response("x");
    },
  };
  const environment = { ORIGIN_SHOP: binding, ORIGIN_SECRET: "right" } as unknown as Environment;
  const { reply } = originSender(
    environment,
    "shop",
    ORIGIN,
  )({ method: "GET", path: "/", fields, clientHost: "site.test" });
  await reply;
  return Object.fromEntries(got ?? []);
}

test("only Meridian's own value arrives, in the one spelling", async () => {
  const forged = ["x-origin-secret", "x_origin_secret", "X_Origin-Secret", "x.origin.secret"];
  const fields = [...forged.map((name) => [name, "guess"] as const), ["x-origin-secrets", "other"] as const];
  expect(await sent(fields)).toEqual({ "x-origin-secret": "right", "x-origin-secrets": "other" });
});
