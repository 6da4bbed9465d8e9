// The origin client in a world with a hand-driven clock: slots, times, retries, the breaker, and what clients do to them.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { originSchema } from "../../config/schema/schema.ts";
import { epochMillis } from "../../config/units.ts";
import { ORIGIN_LIMITS } from "../../origin/limits.ts";
import { OriginClient } from "../../origin/origin.ts";
import type { OriginOutcome, OriginRequest } from "../../origin/ports.ts";
import { answer, type FakeBody, World } from "./world.ts";

function setUp(options: Record<string, unknown> = {}) {
  const world = new World();
  const origin = originSchema.parse({ url: "http://shop.example", headerTimeoutSeconds: 30, ...options });
  const client = new OriginClient("shop", origin, world.ports);
  return { world, client };
}
const get = (path = "/"): OriginRequest<FakeBody> => ({ method: "GET", path, fields: [] });
const lost = { kind: "error", error: "connection_terminated" } as const;

/** Starts a request and lets everything settle; `outcome` is filled in when it has one. */
async function start(world: World, client: OriginClient<FakeBody>, request = get()) {
  const started: { outcome?: OriginOutcome<FakeBody, never> } = {};
  void client.request(request).then((outcome) => {
    started.outcome = outcome;
  });
  await world.settle();
  return started;
}

describe("a request to an origin", () => {
  test("gives status, fields, body and the times of the exchange", async () => {
    const { world, client } = setUp();
    const started = await start(world, client);
    world.now += 70;
    world.at(0).answer(answer(200, "hello", [["etag", '"1"']]).reply);
    await world.settle();
    expect(started.outcome).toMatchObject({
      kind: "response",
      status: 200,
      fields: [["etag", '"1"']],
      body: { text: "hello" },
      requestAt: 1_000_000,
      responseAt: 1_000_070,
      retried: false,
    });
    expect(world.timers).toBe(0);
  });

  test("holds its slot until the body has ended, or has failed", async () => {
    const { world, client } = setUp({ maxConcurrent: 1 });
    await start(world, client);
    const first = answer(200);
    world.at(0).answer(first.reply);
    await start(world, client);
    expect(world.received).toHaveLength(1);
    first.end();
    await world.settle();
    expect(world.received).toHaveLength(2);
    await start(world, client);
    const second = answer(200);
    world.at(1).answer(second.reply);
    await world.settle();
    second.fail();
    await world.settle();
    expect(world.received).toHaveLength(3);
  });

  test("gives its slot to others while the body's reader rests, and only once", async () => {
    const { world, client } = setUp({ maxConcurrent: 1 });
    await start(world, client);
    const first = answer(200);
    world.at(0).answer(first.reply);
    await start(world, client);
    await start(world, client);
    first.rest();
    await world.settle();
    expect(world.received).toHaveLength(2);
    first.end();
    await world.settle();
    expect(world.received).toHaveLength(2);
  });

  test.each([
    ["an answer without a body", answer(304, null), {}],
    ["an event stream", answer(200, "data:", [["Content-Type", "text/event-stream; charset=utf-8"]]), {}],
    ["an answer that passes through", answer(200), { holdSlot: "header" as const }],
  ])("%s gives the slot back at its header", async (_name, { reply }, options) => {
    const { world, client } = setUp({ maxConcurrent: 1 });
    await start(world, client, { ...get(), ...options });
    world.at(0).answer(reply);
    await world.settle();
    expect(client.state.running).toBe(0);
  });

  test("is refused with 503 when the queue is full, and when its turn does not come in time", async () => {
    const { world, client } = setUp({
      maxConcurrent: 1,
      maxQueued: 1,
      queueTimeoutSeconds: 10,
      headerTimeoutSeconds: 60,
    });
    await start(world, client);
    const waiting = await start(world, client);
    const refused = await start(world, client);
    expect(refused.outcome).toMatchObject({ error: "queue-full", status: 503, retryAfterSeconds: 1 });
    await world.advance(9_999);
    expect(waiting.outcome).toBeUndefined();
    await world.advance(1);
    expect(waiting.outcome).toMatchObject({
      error: "connection_limit_reached",
      status: 503,
      proxyError: "connection_limit_reached",
    });
    expect(world.received).toHaveLength(1);
  });

  test("is a 504 when the header does not come in time, and is ended then", async () => {
    const { world, client } = setUp({ headerTimeoutSeconds: 30 });
    const started = await start(world, client);
    await world.advance(29_999);
    expect(started.outcome).toBeUndefined();
    await world.advance(1);
    expect(started.outcome).toMatchObject({ error: "http_response_timeout", status: 504 });
    expect(world.at(0).cancelled).toBe(true);
    expect(client.state.running).toBe(0);
  });

  test("is not late while its upload moves: the time counts from the last byte", async () => {
    const { world, client } = setUp({ headerTimeoutSeconds: 30 });
    const started = await start(world, client, { ...get(), method: "POST", body: { text: "large" } });
    world.at(0).upload = { kind: "sent", movedAt: epochMillis(world.now + 20_000) };
    await world.advance(49_999);
    expect(started.outcome).toBeUndefined();
    await world.advance(1);
    expect(started.outcome).toMatchObject({ error: "http_response_timeout" });
  });

  test.each([
    [103, 502, "http_protocol_error"],
    [521, 502, "connection_refused"],
    [522, 504, "connection_timeout"],
  ])("that is answered with the status %d is a %d by %s, and its body is let go", async (got, status, error) => {
    const { world, client } = setUp();
    const started = await start(world, client);
    world.at(0).answer(answer(got).reply);
    await world.settle();
    if (world.received[1]) world.at(1).answer(answer(got).reply);
    await world.settle();
    expect(started.outcome).toMatchObject({ kind: "failure", status, error });
    expect(world.received.every((received) => received.cancelled)).toBe(true);
    expect(client.state.running).toBe(0);
  });

  test("is refused when the fields of its answer are larger than the limit", async () => {
    const { world, client } = setUp();
    const field = (size: number) => answer(200, "ok", [["x", "a".repeat(size - 5)]]).reply;
    const fits = await start(world, client);
    world.at(0).answer(field(ORIGIN_LIMITS.originHeaderBytes));
    const tooLarge = await start(world, client);
    world.at(1).answer(field(ORIGIN_LIMITS.originHeaderBytes + 1));
    await world.settle();
    expect(fits.outcome).toMatchObject({ kind: "response" });
    expect(tooLarge.outcome).toMatchObject({ error: "http_response_header_section_size" });
  });
});

describe("a lost connection", () => {
  test("is tried once more for a GET, with the same fields, even if they could be read only once", async () => {
    const { world, client } = setUp();
    const once = [["accept", "text/html"]] as const;
    const started = await start(world, client, { ...get(), fields: once.values() });
    world.at(0).answer(lost);
    await world.settle();
    expect([...world.at(1).request.fields]).toEqual([["accept", "text/html"]]);
    world.now += 5;
    world.at(1).answer(answer(200).reply);
    await world.settle();
    expect(started.outcome).toMatchObject({ kind: "response", retried: true, requestAt: 1_000_000 });
  });

  test("is tried only once more, within the time of the first attempt", async () => {
    const { world, client } = setUp({ headerTimeoutSeconds: 30 });
    const started = await start(world, client);
    await world.advance(20_000);
    world.at(0).answer(lost);
    await world.advance(9_999);
    expect(started.outcome).toBeUndefined();
    await world.advance(1);
    expect(started.outcome).toMatchObject({ error: "http_response_timeout" });
    expect(world.received).toHaveLength(2);
  });

  test.each(["POST", "PUT", "DELETE"])("is not tried again for a %s", async (method) => {
    const { world, client } = setUp();
    const started = await start(world, client, { ...get(), method });
    world.at(0).answer(lost);
    await world.settle();
    expect(started.outcome).toMatchObject({ error: "connection_terminated", status: 502 });
    expect(world.received).toHaveLength(1);
  });

  test("is not tried again without a budget", async () => {
    const { world, client } = setUp({ retryBudget: 0 });
    await start(world, client);
    world.at(0).answer(lost);
    await world.settle();
    expect(world.received).toHaveLength(1);
  });
});

describe("the breaker of an origin", () => {
  test("keeps requests away, says for how long, lets one probe through, and closes when it succeeds", async () => {
    const { world, client } = setUp({ breakerFailures: 2, breakerOpenSeconds: 5, retryBudget: 0 });
    for (const index of [0, 1]) {
      await start(world, client, get(`/part-${index}`));
      world.at(index).answer(lost);
      await world.settle();
    }
    await world.advance(500);
    expect((await start(world, client)).outcome).toMatchObject({
      error: "breaker-open",
      status: 503,
      proxyError: "destination_unavailable",
      retryAfterSeconds: 5,
    });
    await world.advance(4_500);
    await start(world, client);
    expect((await start(world, client)).outcome).toMatchObject({ error: "breaker-open" });
    expect(world.received).toHaveLength(3);
    world.at(2).answer(answer(200, null).reply);
    await world.settle();
    await start(world, client);
    expect(world.received).toHaveLength(4);
    expect((["opened", "half-open", "closed"] as const).map((what) => world.counts.get(`breaker-${what}`))).toEqual([
      1, 1, 1,
    ]);
  });

  test("turns away at once all who wait when it opens", async () => {
    const { world, client } = setUp({ maxConcurrent: 1, breakerFailures: 1, retryBudget: 0 });
    await start(world, client);
    const waiting = await Promise.all([1, 2, 3].map(() => start(world, client)));
    world.at(0).answer(lost);
    await world.settle();
    expect(waiting.map(({ outcome }) => outcome?.kind === "failure" && outcome.error)).toEqual(
      Array(3).fill("breaker-open"),
    );
    expect(client.state).toMatchObject({ running: 0, waiting: 0 });
  });

  test("counts answers of 503, which go to the client all the same, but not those of 500", async () => {
    const { world, client } = setUp({ breakerFailures: 2 });
    for (const [index, status] of [500, 500, 503, 503].entries()) {
      const started = await start(world, client, get(`/part-${index}`));
      world.at(index).answer(answer(status, null).reply);
      await world.settle();
      expect(started.outcome).toMatchObject({ kind: "response", status });
      expect(client.state.breaker).toBe(index < 3 ? "closed" : "open");
    }
  });

  test.each([
    ["answers 503", answer(503, null).reply],
    ["loses its connections", lost],
    ["answers nonsense", answer(103, null).reply],
  ])("stays closed where one page %s, under however many names", async (_what, reply) => {
    const { world, client } = setUp({ retryBudget: 0 });
    for (let index = 0; index < 60; index += 1) {
      await start(world, client, get(`/broken/${index}?again=${index}`));
      world.at(index).answer(reply);
      await world.settle();
    }
    await start(world, client, get("/sound"));
    expect(world.at(60).request.path).toBe("/sound");
  });

  test("stays closed where one page never answers", async () => {
    const { world, client } = setUp({ headerTimeoutSeconds: 1 });
    for (let index = 0; index < 60; index += 1) {
      await start(world, client, get(`/silent?again=${index}`));
      await world.advance(1_000);
    }
    await start(world, client, get("/sound"));
    expect(world.at(60).request.path).toBe("/sound");
  });

  test.each([
    ["breaks off", { kind: "broken" }, "cancelled"],
    ["is too slow", { kind: "too-slow" }, "upload-below-rate"],
    ["has not ended", { kind: "moving", movedAt: epochMillis(1_000_000) }, "connection_terminated"],
  ] as const)("does not count a client whose upload %s", async (_what, upload, error) => {
    const { world, client } = setUp({ breakerFailures: 1 });
    const started = await start(world, client, { ...get(), method: "POST", body: { text: "half" } });
    world.at(0).upload = upload;
    world.at(0).answer(lost);
    await world.settle();
    expect(started.outcome).toMatchObject({ error });
    expect(client.state.breaker).toBe("closed");
  });
});

describe("a client that gives up", () => {
  test("before it began is not sent to the origin", async () => {
    const { world, client } = setUp();
    const started = await start(world, client, { ...get(), signal: AbortSignal.abort() });
    expect(started.outcome).toMatchObject({ error: "cancelled" });
    expect(world.received).toHaveLength(0);
  });

  test("while it waits leaves the queue to the others", async () => {
    const { world, client } = setUp({ maxConcurrent: 1 });
    await start(world, client);
    const controller = new AbortController();
    const gone = await start(world, client, { ...get("/gone"), signal: controller.signal });
    await start(world, client, get("/next"));
    controller.abort();
    await world.settle();
    expect(gone.outcome).toMatchObject({ error: "cancelled" });
    world.at(0).answer(answer(200, null).reply);
    await world.settle();
    expect(world.at(1).request.path).toBe("/next");
  });

  test("at the very time at which its turn in the queue runs out gets one outcome", async () => {
    const { world, client } = setUp({ maxConcurrent: 1, queueTimeoutSeconds: 10 });
    await start(world, client);
    const controller = new AbortController();
    const gone = await start(world, client, { ...get(), signal: controller.signal });
    world.now += 10_000;
    controller.abort();
    await world.settle();
    expect(gone.outcome).toMatchObject({ kind: "failure" });
    expect(client.state.waiting).toBe(0);
  });

  test("while the origin thinks ends the request, frees the slot and says nothing against the origin", async () => {
    const { world, client } = setUp({ breakerFailures: 1 });
    const controller = new AbortController();
    const gone = await start(world, client, { ...get(), signal: controller.signal });
    controller.abort();
    await world.settle();
    expect(gone.outcome).toMatchObject({ error: "cancelled" });
    expect(world.at(0).cancelled).toBe(true);
    expect(client.state).toEqual({ running: 0, waiting: 0, breaker: "closed" });
  });

  test("while the body is read ends it, and after its end changes nothing", async () => {
    const { world, client } = setUp();
    const [early, late] = [new AbortController(), new AbortController()];
    await start(world, client, { ...get(), signal: early.signal });
    await start(world, client, { ...get(), signal: late.signal });
    const bodies = [answer(200), answer(200)];
    for (const [index, { reply }] of bodies.entries()) world.at(index).answer(reply);
    bodies[1]?.end();
    await world.settle();
    early.abort();
    late.abort();
    await world.settle();
    expect(world.received.map((received) => received.cancelled)).toEqual([true, false]);
  });
});

test("whatever origins and clients do, every request gets one outcome and every slot and timer comes back", async () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant("start" as const), method: fc.constantFrom("GET", "POST"), hold: fc.boolean() }),
    fc.record({
      kind: fc.constant("answer" as const),
      pick: fc.nat(),
      status: fc.constantFrom(200, 304, 500, 503, 103),
    }),
    fc.record({ kind: fc.constant("lose" as const), pick: fc.nat() }),
    fc.record({ kind: fc.constant("end" as const), pick: fc.nat() }),
    fc.record({ kind: fc.constant("abort" as const), pick: fc.nat() }),
    fc.record({ kind: fc.constant("advance" as const), by: fc.nat(20_000) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const { world, client } = setUp({ maxConcurrent: 2, maxQueued: 3, breakerFailures: 3, queueTimeoutSeconds: 10 });
      const started: { outcome?: unknown }[] = [];
      const controllers: AbortController[] = [];
      const bodies: { end: () => void }[] = [];
      for (const action of steps) {
        if (action.kind === "start") {
          const controller = new AbortController();
          controllers.push(controller);
          const holdSlot = action.hold ? ("body" as const) : ("header" as const);
          started.push(
            await start(world, client, { ...get(), method: action.method, signal: controller.signal, holdSlot }),
          );
        } else if (action.kind === "answer") {
          const reply = answer(action.status, action.status === 304 ? null : "ok");
          bodies.push(reply);
          world.received[action.pick % Math.max(1, world.received.length)]?.answer(reply.reply);
        } else if (action.kind === "lose") {
          world.received[action.pick % Math.max(1, world.received.length)]?.answer(lost);
        } else if (action.kind === "end") bodies[action.pick % Math.max(1, bodies.length)]?.end();
        else if (action.kind === "abort") controllers[action.pick % Math.max(1, controllers.length)]?.abort();
        else await world.advance(action.by);
        await world.settle();
        expect(client.state.running).toBeLessThanOrEqual(2);
        expect(client.state.waiting).toBeLessThanOrEqual(3);
      }
      await world.advance(200_000);
      for (const { end } of bodies) end();
      await world.settle();
      for (const { outcome } of started) expect(outcome).toBeDefined();
      expect(client.state).toMatchObject({ running: 0, waiting: 0 });
      expect(world.timers).toBe(0);
    }),
    { numRuns: 200 },
  );
});
