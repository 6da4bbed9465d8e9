// Four stories that users of other caches tell in public, each with a name of its own, and what they come to here: two tiers of
// production code, a shard in Western Europe that asks its shield in North America, and an origin that the test speaks for.
//   Soft purges that did nothing, because a shield refreshed in the background and its stale answer was stored below as fresh.
//   Purges that had to be sent twice, because the edge heard first and took the old page from its shield once more.
//   Pages that a purge had ended, brought back by a 304 that confirmed their date.
//   Pages that were being fetched when a purge came, stored after it and served for a day.

import { expect, test } from "vitest";
import type { ConfigInput } from "../../../config/schema/schema.ts";
import { ShieldAsker, type ShieldReply } from "../../../edge/shard/upstream/ask-shield.ts";
import type { UpstreamRequest } from "../../../edge/tier/tier.ts";
import { type Asked, ShardWorld, statusOf, streamed, textOf } from "../../fixtures/shard-world.ts";

const CONFIG: ConfigInput = {
  origins: { shop: { url: "http://origin.test", shield: "enam" } },
  regions: { weur: {}, enam: {} },
  routes: [{ name: "pages", origin: "shop" }],
};
const TAG = { kind: "tag", tag: "news" } as const;
const FRESH = { "cache-control": "max-age=86400", "cache-tag": "news" };

/** A shard and its shield. Each has a hub of its own, which hears what the test lets it hear. */
class TwoTiers {
  readonly shard = new ShardWorld(CONFIG);
  readonly shield = new ShardWorld(CONFIG);

  constructor() {
    const { shard, shield } = this;
    const asker = new ShieldAsker({
      config: shard.config,
      region: "weur",
      now: () => shard.now,
      newsSince: (vector) => shard.knowledge.newsSince(vector),
      isAlive: async () => true,
      request: (_to, request) => this.#askShield(request),
      apply: async (_to, news) => shield.knowledge.apply(news) === "whole",
      origin: () => Promise.reject(new Error("only the shield asks the origin")),
    });
    shard.upstream = (request) => asker.ask(request);
  }

  /** A purge that the shard's hub took, and that the shard has applied. The shield's hub has not heard of it. */
  purgeAtShard(...[scope, severity]: Parameters<ShardWorld["purge"]>): void {
    this.shard.purge(scope, severity);
    this.shard.push();
  }

  /** The shield's hub hears of all purges, and so does the shield. */
  tellShield(): void {
    const { shard, shield } = this;
    shield.hub.merge(shard.hub.newsSince(shield.hub.vector), shield.now);
    shield.push();
  }

  /** The one request that the origin has been asked since the last time. */
  async origin(): Promise<Asked> {
    await this.settle();
    return this.shield.only();
  }

  async settle(): Promise<void> {
    for (let round = 0; round < 3; round += 1) {
      await this.shard.settle();
      await this.shield.settle();
    }
  }

  async pass(duration: number): Promise<void> {
    await this.shard.pass(duration);
    await this.shield.pass(duration);
    await this.settle();
  }

  /** Has a page stored in both tiers. */
  async store(fields: Record<string, string>, body: string): Promise<void> {
    const first = this.shard.send("/a");
    (await this.origin()).answer(200, fields, body);
    expect(await textOf(await first)).toBe(body);
    await this.settle();
  }

  /** What a client gets that has nothing but the stored page to be given: the origin is not asked. */
  async read(): Promise<string> {
    const answer = await this.shard.send("/a");
    expect(this.shield.asked).toHaveLength(0);
    return textOf(answer);
  }

  async #askShield(request: UpstreamRequest): Promise<ShieldReply> {
    const requestAt = this.shard.now;
    const answer = await this.shield.shard.handle(request);
    if (!("status" in answer)) return { kind: "behind", vector: answer.vector };
    const arrival = { requestAt, responseAt: this.shard.now, body: streamed(answer.body), timings: {} };
    return { kind: "answer", answer: { kind: "answer", ...answer, ...arrival } };
  }
}

test("stale from a shield stored as fresh: a soft purge is a no-op for as long as the page may be stored", async () => {
  const tiers = new TwoTiers();
  await tiers.store({ ...FRESH, "cache-control": "max-age=86400, stale-while-revalidate=86400", etag: '"1"' }, "old");
  tiers.purgeAtShard(TAG, "soft");
  tiers.tellShield();
  const stale = await tiers.shard.send("/a");
  expect(statusOf(stale)).toContain("detail=refreshing");
  expect(await textOf(stale)).toBe("old");
  // The refresh reaches the origin: the shield, which holds the old page too, does not answer with it.
  (await tiers.origin()).answer(200, { ...FRESH, etag: '"2"' }, "new");
  await tiers.settle();
  expect(await tiers.read()).toBe("new");
});

test("purge reaching the edge before the shield: the edge fills itself with the old page, and needs a second purge", async () => {
  const tiers = new TwoTiers();
  await tiers.store(FRESH, "old");
  tiers.purgeAtShard(TAG);
  const again = tiers.shard.send("/a");
  (await tiers.origin()).answer(200, FRESH, "new");
  expect(await textOf(await again)).toBe("new");
  await tiers.settle();
  // The purge comes to the shield at last, which has acted on it already: nothing is fetched again.
  tiers.tellShield();
  await tiers.pass(1_000);
  expect(await tiers.read()).toBe("new");
});

test("304 merging with a purged body: a date that two versions share brings the old page back", async () => {
  const tiers = new TwoTiers();
  const dated = { "cache-tag": "news", "last-modified": "Wed, 31 Dec 2025 00:00:00 GMT" };
  await tiers.store({ ...dated, "cache-control": "max-age=1" }, "old");
  await tiers.pass(1_500);
  const again = tiers.shard.send("/a");
  const question = await tiers.origin();
  expect(question.request.fields.has("if-modified-since")).toBe(true);
  tiers.purgeAtShard(TAG);
  tiers.tellShield();
  question.answer(304, dated);
  // Fetched whole, by what was known when the question was asked; and then once more, by the purge.
  await answerAll(tiers, "new", { ...dated, "cache-control": "max-age=86400" });
  expect(await textOf(await again)).toBe("new");
  expect(await tiers.read()).toBe("new");
});

test("late fill after purge: what was under way is stored when the purge has passed, and nobody looks again", async () => {
  const tiers = new TwoTiers();
  const waiting = tiers.shard.send("/a");
  const late = await tiers.origin();
  tiers.purgeAtShard(TAG);
  tiers.tellShield();
  late.answer(200, FRESH, "old");
  await answerAll(tiers, "new", FRESH);
  expect(await textOf(await waiting)).toBe("new");
  expect(await tiers.read()).toBe("new");
});

test("three hundred unrelated purges during three hundred cold requests for one object make one origin request", async () => {
  const tiers = new TwoTiers();
  const all = [];
  for (let count = 0; count < 300; count += 1) {
    all.push(tiers.shard.send("/a"));
    await tiers.shard.settle();
    const scopes = [
      { kind: "tag", tag: `other-${count}` },
      { kind: "url", url: `http://site.test/other/${count}` },
    ] as const;
    tiers.purgeAtShard(scopes[count % 2] as (typeof scopes)[number]);
    if (count % 3 === 0) tiers.tellShield();
  }
  (await tiers.origin()).answer(200, FRESH, "once");
  for (const answer of await Promise.all(all)) expect(await textOf(answer)).toBe("once");
  expect(tiers.shield.asked).toHaveLength(0);
});

/** Answers whatever the origin is asked from now on, until it is asked nothing more; at least one question must come. */
async function answerAll(tiers: TwoTiers, body: string, fields: Record<string, string>): Promise<void> {
  await tiers.settle();
  expect(tiers.shield.asked).not.toHaveLength(0);
  for (let round = 0; round < 4 && tiers.shield.asked.length > 0; round += 1) {
    for (const asked of tiers.shield.asked.splice(0)) asked.answer(200, fields, body);
    await tiers.settle();
  }
}
