// Copies at the edge, in front of a shard of production code on a clock of our own. What they may never do is outlive the
// lease of the shard that gave them; what they are for is that hot pages cost no way to the shard.

import { describe, expect, test } from "vitest";
import { LIMITS } from "../../../config/limits.ts";
import type { ConfigInput } from "../../../config/schema/schema.ts";
import { epochMillis, millis } from "../../../config/units.ts";
import { formatDot } from "../../../control-plane/purge/vector.ts";
import { sourceOf } from "../../../edge/body/body-parts.ts";
import type { Body } from "../../../edge/body/source.ts";
import { Fields } from "../../../edge/http/fields.ts";
import { EDGE_LIMITS } from "../../../edge/limits.ts";
import { RegionAsker, type Served } from "../../../edge/regions/ask-regions.ts";
import { admit } from "../../../edge/request/admit.ts";
import type { TierRequest } from "../../../edge/tier/tier.ts";
import { ShardWorld, textOf } from "../../fixtures/shard-world.ts";

const configOf = (edgeCopies: boolean): ConfigInput => ({
  origins: { shop: { url: "http://origin.test" } },
  regions: { weur: { shards: 1 } },
  routes: [{ name: "pages", origin: "shop", edgeCopies }],
});

/** An edge and its region's one shard, which holds `/page`. */
class EdgeWorld extends ShardWorld {
  /** Requests that came to the shard. */
  came = 0;
  /** How long a message takes each way. */
  way = 0;
  /** Bodies end before they are whole. */
  breaksOff = false;
  /** Nobody reaches the shard. */
  isLost = false;
  readonly #asker = new RegionAsker(() => this.now);

  constructor(edgeCopies = true) {
    super(configOf(edgeCopies));
  }

  async visit(fields: Record<string, string> = {}, method = "GET"): Promise<Served> {
    const asked = Fields.from(Object.entries(fields));
    const admitted = admit({
      method,
      url: "http://site.test/page",
      fields: asked,
      cf: undefined,
      assertedAddress: undefined,
      local: true,
      region: "weur",
      countryOf: () => undefined,
      config: this.config,
    });
    if (admitted.kind === "refused") throw new Error(admitted.detail);
    const serving = { admitted, method, fields: asked, requestId: "0".repeat(32), arrivedAt: this.now };
    return this.#asker.ask(this.config, serving, {
      request: (_to, request) => this.#carry(request),
      isAlive: async () => true,
    });
  }

  /** Fills the shard with the page. */
  async fill(fields: Record<string, string> = {}, body = "old"): Promise<void> {
    const filled = this.visit();
    (await this.only()).answer(200, { "cache-control": "max-age=600", ...fields }, body);
    await filled;
  }

  /** Fills the shard, and asks until the edge may have a copy. */
  async copied(fields: Record<string, string> = {}): Promise<void> {
    await this.fill(fields);
    await this.visit();
    await this.visit();
  }

  async #carry(request: TierRequest) {
    if (this.isLost) return { kind: "lost" } as const;
    this.came += 1;
    const requestAt = this.now;
    this.now = epochMillis(this.now + this.way);
    const answer = await this.shard.handle(request);
    if (!("status" in answer)) throw new Error("the shard is behind");
    this.now = epochMillis(this.now + this.way);
    const { timings } = answer.facts;
    const body = this.#streamed(answer.body);
    return {
      kind: "answer",
      answer: { kind: "answer", ...answer, body, requestAt, responseAt: this.now, timings },
    } as const;
  }

  #streamed(body: Body): Body {
    if (body.kind !== "bytes") return body;
    const { bytes } = body;
    const given: Body = { kind: "bytes", bytes: this.breaksOff ? bytes.subarray(1) : bytes };
    return { kind: "stream", length: bytes.byteLength, open: () => sourceOf(given) };
  }
}

/** Who answered, and what. */
async function told(served: Served): Promise<string> {
  if (served.kind === "refused") return `refused: ${served.code}`;
  const { answer } = served;
  const text = answer.facts === undefined ? "" : await textOf({ ...answer, facts: answer.facts });
  return `${answer.facts?.answered.by} ${answer.status} ${text}`;
}

describe("what is asked for again within a lease", () => {
  test("is answered by the edge, and the shard hears nothing of it", async () => {
    const world = new EdgeWorld();
    await world.copied();
    world.came = 0;
    for (let count = 0; count < 5; count += 1) expect(await told(await world.visit())).toBe("edge 200 old");
    expect(world.came).toBe(0);
    const served = await world.visit();
    expect(served.kind === "answer" && served.answer.facts?.cacheStatus).toEqual(["meridian-edge;hit;ttl=600"]);
  });

  test("is always the shard's to answer where the route allows no copies", async () => {
    const world = new EdgeWorld(false);
    await world.copied();
    expect(await told(await world.visit())).toBe("shard 200 old");
  });

  test("is the shard's to answer if it was asked for once in a while only", async () => {
    const world = new EdgeWorld();
    await world.fill();
    for (let count = 0; count < 3; count += 1) {
      await world.pass(LIMITS.leaseMillis + 1);
      expect(await told(await world.visit())).toBe("shard 200 old");
    }
  });

  test.each<[string, Record<string, string>, string, string]>([
    ["a part of it", { range: "bytes=1-2" }, "GET", "edge 206 ld"],
    ["its head", {}, "HEAD", "edge 200 "],
    ["whether it has changed", { "if-none-match": '"1"' }, "GET", "edge 304 "],
    ["it, surely new", { "cache-control": "max-age=0" }, "GET", "waits for the origin"],
  ])("may be asked for %s", async (_what, fields, method, expected) => {
    const world = new EdgeWorld();
    await world.copied({ etag: '"1"' });
    const answer = world.visit(fields, method).then(told);
    await world.settle();
    if (world.asked.length === 0) expect(await answer).toBe(expected);
    else expect("waits for the origin").toBe(expected);
  });

  test("is answered in the variant that was asked for, or by the shard", async () => {
    const world = new EdgeWorld();
    await world.copied({ vary: "accept-language" });
    expect(await told(await world.visit())).toBe("edge 200 old");
    const german = world.visit({ "accept-language": "de" }).then(told);
    (await world.only()).answer(200, { "cache-control": "max-age=600", vary: "accept-language" }, "neu");
    expect(await german).toBe("origin 200 neu");
  });
});

describe("a copy", () => {
  test("ends with the lease of the shard that gave it, counted from before the shard was asked", async () => {
    const world = new EdgeWorld();
    await world.fill();
    await world.visit();
    // The lease has begun just now, and the shard is asked and answers a quarter of it later each.
    const leasedAt = world.now;
    world.way = LIMITS.leaseMillis / 4;
    await world.visit();
    const until = leasedAt + (LIMITS.leaseMillis * 3) / 4;
    expect(await told(await world.visit())).toBe("edge 200 old");
    world.isLost = true;
    world.now = epochMillis(until - 1);
    expect(await told(await world.visit()), "the one that should renew it").toBe("refused: regions-lost");
    expect(await told(await world.visit())).toBe("edge 200 old");
    world.now = epochMillis(until);
    expect(await told(await world.visit())).toBe("refused: regions-lost");
  });

  test("is renewed by one request when half of its time is over, while others still get it", async () => {
    const world = new EdgeWorld();
    await world.copied();
    world.came = 0;
    world.now = epochMillis(world.now + LIMITS.leaseMillis * 0.75);
    const [first, second, third] = await Promise.all([world.visit(), world.visit(), world.visit()]);
    expect([await told(first), await told(second), await told(third)]).toEqual([
      "shard 200 old",
      "edge 200 old",
      "edge 200 old",
    ]);
    expect(world.came).toBe(1);
    world.now = epochMillis(world.now + LIMITS.leaseMillis / 4);
    expect(await told(await world.visit())).toBe("edge 200 old");
  });

  test("is no answer to who demands knowledge of a purge that the shard did not have", async () => {
    const world = new EdgeWorld();
    await world.copied();
    const [[hub, counter] = ["", 0]] = Object.entries(world.purge({ kind: "everything" }));
    const demanding = world.visit({ "meridian-min-purge": formatDot({ hub, counter }) }).then(told);
    (await world.only()).answer(200, { "cache-control": "max-age=600" }, "new");
    expect(await demanding).toBe("origin 200 new");
  });

  test("is gone when a request through the same edge has changed what it is of", async () => {
    const world = new EdgeWorld();
    await world.copied();
    const changing = world.visit({}, "POST");
    (await world.only()).answer(204, {});
    await changing;
    const next = world.visit().then(told);
    (await world.only()).answer(200, { "cache-control": "max-age=600" }, "new");
    expect(await next).toBe("origin 200 new");
  });

  test("is not made of a body that broke off, and the client does not get one either", async () => {
    const world = new EdgeWorld();
    await world.fill();
    await world.visit();
    world.breaksOff = true;
    expect(await told(await world.visit())).toBe("refused: region-broke-off");
    world.breaksOff = false;
    expect(await told(await world.visit())).toBe("shard 200 old");
  });

  test("is not made of what is larger than an edge reads whole", async () => {
    const world = new EdgeWorld();
    await world.fill({}, "x".repeat(EDGE_LIMITS.copyBytes + 1));
    for (let count = 0; count < 3; count += 1) expect(await told(await world.visit())).toMatch(/^shard 200 x/);
  });

  test("is not made without a lease", async () => {
    const world = new EdgeWorld();
    await world.fill();
    world.leases = false;
    await world.pass(LIMITS.leaseMillis + 1);
    for (let count = 0; count < 3; count += 1) expect(await told(await world.visit())).toBe("shard 200 old");
    expect(millis(world.knowledge.leaseLeft)).toBe(0);
  });
});
