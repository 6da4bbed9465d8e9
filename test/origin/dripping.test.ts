// Answers that drip: they keep no turn at their origin, and only so many go on beside the turns.

import { expect, test } from "vitest";
import { originSchema } from "../../config/schema/schema.ts";
import { ORIGIN_LIMITS } from "../../origin/limits.ts";
import { OriginClient } from "../../origin/origin.ts";
import type { OriginRequest } from "../../origin/ports.ts";
import { answer, type FakeBody, World } from "./world.ts";

function setUp() {
  const world = new World();
  const origin = originSchema.parse({ url: "http://shop.example", maxConcurrent: 1 });
  const client = new OriginClient<FakeBody>("shop", origin, world.ports);
  /** Asks for something whose answer begins and then drips, or is passed on to one client. */
  const ask = async (more: Partial<OriginRequest<FakeBody>> = {}, fields: [string, string][] = []) => {
    void client.request({ method: "GET", path: "/", fields: [], ...more });
    await world.settle();
    const given = answer(200, "drop", fields);
    const received = world.at(world.received.length - 1);
    received.answer(given.reply);
    await world.settle();
    return { ...given, received };
  };
  return { world, client, ask };
}

test("an answer that drips gives its turn to others, once, and goes on", async () => {
  const { world, client, ask } = setUp();
  const slow = await ask();
  expect(client.state.running).toBe(1);
  slow.drip();
  await world.settle();
  expect([client.state.running, slow.received.cancelled]).toEqual([0, false]);
  await ask();
  slow.end();
  await world.settle();
  expect(client.state.running).toBe(1);
});

test("an answer that drips and is one too many is cut off, and another may drip once one has ended", async () => {
  const { world, client, ask } = setUp();
  const drips = [];
  for (let index = 0; index <= ORIGIN_LIMITS.drippingAnswers; index += 1) {
    const slow = await ask();
    slow.drip();
    await world.settle();
    drips.push(slow);
  }
  expect(drips.map(({ received }) => received.cancelled)).toEqual([...drips.slice(1).map(() => false), true]);
  expect(client.state.running).toBe(0);
  drips[0]?.fail();
  await world.settle();
  const next = await ask();
  next.drip();
  await world.settle();
  expect(next.received.cancelled).toBe(false);
});

test.each([
  ["event streams", {}, [["content-type", "text/event-stream"]]],
  ["answers that pass to one client", { holdSlot: "header" }, []],
] as const)("%s keep no turn and may drip in any number", async (_what, request, fields) => {
  const { world, client, ask } = setUp();
  const all = [];
  for (let index = 0; index < 2 * ORIGIN_LIMITS.drippingAnswers; index += 1) {
    const stream = await ask(
      request,
      fields.map(([name, value]) => [name, value]),
    );
    expect(client.state.running).toBe(0);
    stream.drip();
    all.push(stream);
  }
  await world.settle();
  expect(all.some(({ received }) => received.cancelled)).toBe(false);
});
