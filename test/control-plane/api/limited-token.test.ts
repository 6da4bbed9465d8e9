// What a token that is limited to hosts may learn and use up: its own hosts' purges, and its own quota.

import { expect, test } from "vitest";
import { LIMITS } from "../../../config/limits.ts";
import { epochMillis } from "../../../config/units.ts";
import { maySee, type TokenRecord } from "../../../control-plane/api/access/access.ts";
import { PurgeQuota } from "../../../control-plane/api/access/purge-quota.ts";
import { API_LIMITS } from "../../../control-plane/api/limits.ts";
import { Deployment } from "./deployment.ts";

interface Listed {
  readonly purges: readonly { readonly id: string; readonly by: string }[];
}

const OTHERS = [
  { urls: ["https://bank.example/secret"], reason: "a secret" },
  { urls: ["https://shop.example/a", "https://bank.example/secret"] },
  { hosts: ["bank.example"] },
  { tags: ["shop"] },
  { everything: true },
];

const urls = (count: number, from = 0): string[] =>
  Array.from({ length: count }, (_, index) => `https://shop.example/${from + index}`);

test("a token limited to hosts sees its own purges and those of its hosts, and no others", async () => {
  const deployment = await Deployment.start();
  const hidden: string[] = [];
  for (const body of OTHERS) {
    const answer = await deployment.purge(body);
    hidden.push(((await answer.json()) as { id: string }).id);
  }
  const ofItsHost = (
    (await (await deployment.purge({ urls: ["https://www.shop.example/b"] })).json()) as { id: string }
  ).id;
  const own = ((await (await deployment.purge({ urls: urls(1) }, "shop")).json()) as { id: string }).id;

  const list = async (as: "shop" | "purge" | "read") =>
    (await (await deployment.request("/v1/purges", { as })).json()) as Listed;
  expect((await list("shop")).purges.map(({ id }) => id)).toEqual([own, ofItsHost]);
  for (const as of ["purge", "read"] as const) expect((await list(as)).purges).toHaveLength(OTHERS.length + 2);

  for (const id of hidden) {
    const answer = await deployment.request(`/v1/purges/${id}`, { as: "shop" });
    expect([answer.status, await answer.json()]).toMatchObject([404, { code: "no-such-purge" }]);
  }
  for (const id of [own, ofItsHost]) {
    expect((await deployment.request(`/v1/purges/${id}`, { as: "shop" })).status).toBe(200);
  }
});

test("a token that may read sees all, limited or not", () => {
  const record: TokenRecord = { name: "t", sha256: "", scopes: ["purge", "read"], hosts: ["shop.example"] };
  const purge = { by: "other", scopes: [{ kind: "everything" } as const] };
  expect(maySee(record, purge)).toBe(true);
  expect(maySee({ ...record, scopes: ["admin"] }, purge)).toBe(true);
  expect(maySee({ ...record, scopes: ["purge", "prefetch"] }, purge)).toBe(false);
});

test("scopes count: after so many at once a token is told when to come again, and others are not", async () => {
  const deployment = await Deployment.start();
  const call = (index: number) =>
    deployment.purge({ urls: urls(LIMITS.purgeScopes, index * LIMITS.purgeScopes) }, "shop");
  const calls = API_LIMITS.apiScopeBurst / LIMITS.purgeScopes;
  for (let index = 0; index < calls; index += 1) expect((await call(index)).status).toBeLessThan(300);
  const refused = await call(calls);
  expect([refused.status, await refused.json()]).toMatchObject([429, { code: "too-many-requests" }]);
  expect(refused.headers.get("retry-after")).toBe(`${LIMITS.purgeScopes / API_LIMITS.apiScopesPerSecond}`);
  expect((await deployment.purge({ urls: urls(1) })).status).toBeLessThan(300);
  deployment.time = epochMillis(deployment.time + (LIMITS.purgeScopes / API_LIMITS.apiScopesPerSecond) * 1000);
  expect((await call(calls)).status).toBeLessThan(300);
});

test("a dry run costs as many scopes as it names", async () => {
  const deployment = await Deployment.start();
  const body = { urls: urls(LIMITS.purgeScopes), dryRun: true };
  const calls = API_LIMITS.apiScopeBurst / LIMITS.purgeScopes;
  for (let index = 0; index < calls; index += 1) expect((await deployment.purge(body, "shop")).status).toBe(200);
  expect((await deployment.purge(body, "shop")).status).toBe(429);
});

test("a token has so many scopes settle at once, which come back as their windows close", () => {
  const quota = new PurgeQuota();
  const at = (seconds: number) => epochMillis(1_000_000 + seconds * 1_000);
  expect(quota.take("t", API_LIMITS.apiSettleWindows, 600, at(0)).kind).toBe("taken");
  expect(quota.take("t", 1, 600, at(0))).toMatchObject({ kind: "refused", problem: { status: 429 } });
  expect(quota.take("t", 1, undefined, at(0)).kind).toBe("taken");
  expect(quota.take("t", 1, 0, at(0)).kind).toBe("taken");
  expect(quota.take("other", 1, 600, at(0)).kind).toBe("taken");
  expect(quota.take("t", API_LIMITS.apiSettleWindows, 600, at(LIMITS.purgeSettleSeconds - 1)).kind).toBe("refused");
  expect(quota.take("t", API_LIMITS.apiSettleWindows, 600, at(LIMITS.purgeSettleSeconds)).kind).toBe("taken");
});

test.each<[string, number]>([
  ["application/json", 200],
  ["application/json; charset=utf-8", 200],
  ['Application/JSON;Charset="UTF-8"', 200],
  ["application/json; charset=utf-16", 415],
  ["application/json;charset=utf-16le", 415],
  ["application/json; version=1; charset=iso-8859-1", 415],
  ["application/json; charset=utf-8; charset=utf-16", 415],
  ["application/json; charset=", 415],
])("a purge sent as %s is answered with %i", async (type, status) => {
  const deployment = await Deployment.start();
  const body = JSON.stringify({ urls: urls(1) });
  const init = { method: "POST", as: "purge", body, headers: { "content-type": type } } as const;
  expect((await deployment.request("/v1/purges", init)).status).toBe(status);
});
