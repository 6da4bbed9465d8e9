// The platform's cache stands between a Worker's fetch and the origin. It must never answer for the origin: what it stored before a
// purge would be stamped as fetched after it.

import { describe, expect, test } from "vitest";
import type { Environment } from "../../config/node/environment.worker.ts";
import { originSchema } from "../../config/schema/schema.ts";
import { originSender } from "../../origin/fetch.worker.ts";

const ORIGIN = originSchema.parse({ url: "http://origin.test" });

/** What an origin fetch says to the platform. */
async function saidToPlatform(method: string, fields: readonly (readonly [string, string])[] = []): Promise<unknown> {
  let cf: unknown;
  const fetch = async (_url: string, init: RequestInit) => {
    ({ cf } = init as { readonly cf?: unknown });
    return new Response("x");
  };
  const send = originSender({ ORIGIN_SHOP: { fetch } } as unknown as Environment, "shop", ORIGIN);
  await send({ method, path: "/", fields, clientHost: "site.test" }).reply;
  return cf;
}

describe("every fetch of an origin keeps the platform's cache out", () => {
  test.each([
    ["GET", []],
    ["HEAD", []],
    ["POST", []],
    ["GET", [["range", "bytes=0-1"]]],
    ["GET", [["upgrade", "websocket"]]],
  ] as const)("%s with %o", async (method, fields) => {
    expect(await saidToPlatform(method, fields)).toMatchObject({ cacheTtl: -1 });
  });
});
