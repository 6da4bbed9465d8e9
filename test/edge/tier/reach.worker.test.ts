// Calling a node that may be gone: only one that shows no sign of life is given up, by the edge and by the shards below a shield.

import { describe, expect, test } from "vitest";
import { validate } from "../../../config/schema/validate.ts";
import { type EpochMillis, epochMillis, millis } from "../../../config/units.ts";
import { Fields } from "../../../edge/http/fields.ts";
import { RegionAsker } from "../../../edge/regions/ask-regions.ts";
import { admit } from "../../../edge/request/admit.ts";
import type { RegionReply } from "../../../edge/route/ask-in-order.ts";
import { ShieldAsker, type ShieldReply } from "../../../edge/shard/upstream/ask-shield.ts";
import { reach } from "../../../edge/tier/reach.worker.ts";
import type { UpstreamAnswer, UpstreamRequest } from "../../../edge/tier/tier.ts";
import { CONFIG } from "../../fixtures/shard-world.ts";

const checked = validate({ ...CONFIG, regions: { weur: {}, enam: {}, apac: {} } });
if (checked.kind === "invalid") throw new Error("the test's configuration is invalid");
const { config } = checked;
const now = (): EpochMillis => epochMillis(1_000_000);

const node = (alive: boolean) => () => ({
  fetch: async (url: string) => {
    if (url.endsWith("/alive") && alive) return new Response("alive");
    throw new Error("connection closed");
  },
});

describe("a call that fails", () => {
  test("says that the node is unreachable only where it shows no sign of life", async () => {
    expect(await reach(node(false), "/request", {}, 1_000)).toMatchObject({ kind: "unreachable" });
    expect(await reach(node(true), "/request", {}, 1_000)).toMatchObject({ kind: "broken" });
  });
});

describe("the edge", () => {
  const arrival = (fields: Fields) => ({
    method: "GET",
    url: "http://site.test/a",
    fields,
    cf: undefined,
    assertedAddress: undefined,
    local: true,
    region: "weur" as const,
    countryOf: () => undefined,
    config,
  });
  const serve = async (asker: RegionAsker, ...first: readonly RegionReply<UpstreamAnswer>[]) => {
    const replies = [...first];
    const admitted = admit(arrival(new Fields()));
    if (admitted.kind === "refused") throw new Error(admitted.detail);
    return asker.ask(
      config,
      { admitted, method: "GET", fields: new Fields(), requestId: "0".repeat(32), arrivedAt: now() },
      { request: async () => replies.shift() ?? { kind: "late" }, isAlive: async () => true },
    );
  };
  const nearest = (asker: RegionAsker): string | undefined => {
    const admitted = admit(arrival(new Fields()));
    return admitted.kind === "admitted" ? asker.regionsFor(config, admitted)[0]?.region : undefined;
  };

  test("answers that storage failed where one of the regions that gave no answer cannot use its own", async () => {
    const full = { kind: "lost", storage: true } as const;
    const answer = await serve(new RegionAsker(now), full, { kind: "lost" }, full);
    expect(answer).toMatchObject({ kind: "refused", status: 503, code: "storage-failed" });
    const lost = await serve(new RegionAsker(now), { kind: "lost" }, { kind: "lost" }, { kind: "lost" });
    expect(lost).toMatchObject({ kind: "refused", code: "regions-lost" });
  });

  test("keeps a region that lives, whatever one request does to it", async () => {
    const asker = new RegionAsker(now);
    const first = nearest(asker);
    await serve(asker, { kind: "refused" });
    expect(nearest(asker)).toBe(first);
    const other = new RegionAsker(now);
    await serve(other, { kind: "lost" });
    expect(nearest(other)).not.toBe(first);
  });

  test("asks no third region for what two living ones broke off, and calls none of them lost", async () => {
    const broken = { kind: "refused" } as const;
    expect(await serve(new RegionAsker(now), broken, broken)).toMatchObject({ code: "region-broke-off", status: 502 });
    expect(await serve(new RegionAsker(now), broken, { kind: "late" })).toMatchObject({ code: "too-late" });
    const lost = { kind: "lost" } as const;
    expect(await serve(new RegionAsker(now), lost, lost, lost)).toMatchObject({ code: "regions-lost" });
  });

  test("refuses more fields than its own tiers could hand on", () => {
    const field = (length: number) => Fields.from([["x", "a".repeat(length)]]);
    expect(admit(arrival(field(64 * 1024 - 5))).kind).toBe("admitted");
    expect(admit(arrival(field(64 * 1024 - 4)))).toMatchObject({ kind: "refused", status: 431 });
  });
});

describe("a request that must not arrive twice", () => {
  const post = (upload?: unknown): UpstreamRequest => ({
    method: "POST",
    fields: new Fields(),
    vector: {},
    keyed: { key: "pages http://site.test/a", url: "http://site.test/a", forwardPath: "/a" },
    ...(upload === undefined ? {} : { upload }),
    context: {
      v: 1,
      tier: "shard",
      url: "http://site.test/a",
      route: "pages",
      passes: true,
      ring: "",
      vector: {},
      client: { scheme: "http", host: "site.test" },
      requestId: "",
      budgetMillis: millis(1_000),
      visited: [],
    },
  });
  const below = (replies: ShieldReply[], dead = 0) => {
    const asked: string[] = [];
    let probes = 0;
    const asker = new ShieldAsker({
      config,
      region: "apac",
      now,
      newsSince: () => ({ v: 1, vector: {}, records: [] }) as never,
      apply: async () => true,
      isAlive: async () => {
        probes += 1;
        return probes > dead;
      },
      origin: async () => {
        asked.push("origin");
        return { kind: "failure", status: 502, code: "x", detail: "", proxyError: "x" };
      },
      request: async ({ region }) => {
        asked.push(region);
        return replies.shift() ?? { kind: "late" };
      },
    });
    return { asker, asked };
  };

  test.each(["with a body", "without one"])("goes to no second shield once the first may have it, %s", async (body) => {
    for (const lost of [{ kind: "lost" }, { kind: "refused" }] as const) {
      const { asker, asked } = below([lost]);
      const answer = await asker.ask(post(body === "with a body" ? {} : undefined));
      expect(answer).toMatchObject({ kind: "failure", code: "lost-on-the-way" });
      expect(asked).toHaveLength(1);
    }
  });

  test("a GET that two living shields broke off goes to no third one, and no shield is called lost", async () => {
    const { asker, asked } = below([{ kind: "refused" }, { kind: "refused" }, { kind: "refused" }]);
    const get = { ...post(undefined), method: "GET" };
    expect(await asker.ask(get)).toMatchObject({ kind: "failure", code: "shield-broke-off" });
    expect(asked).toHaveLength(2);
  });

  test("goes to the next where the first was dead before it left", async () => {
    const { asker, asked } = below([{ kind: "late" }], 1);
    expect(await asker.ask(post({}))).toMatchObject({ code: "shield-timeout" });
    expect(asked).toHaveLength(1);
  });
});
