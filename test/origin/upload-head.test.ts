// Uploads before they take a turn: what has not begun to come must not cost anybody else their turn.

import { expect, test } from "vitest";
import { LIMITS } from "../../config/limits.ts";
import { originSchema } from "../../config/schema/schema.ts";
import { gatherUpload } from "../../origin/gather.worker.ts";
import { ORIGIN_LIMITS } from "../../origin/limits.ts";
import { OriginClient } from "../../origin/origin.ts";
import type { OriginOutcome, OriginRequest } from "../../origin/ports.ts";
import { answer, type FakeBody, World } from "./world.ts";

const body = { text: "slow" };
const upload = (path: string): OriginRequest<FakeBody> => ({ method: "POST", path, fields: [], body });

function setUp() {
  const world = new World();
  const client = new OriginClient<FakeBody>("shop", originSchema.parse({ url: "http://shop.example" }), world.ports);
  const outcomes: OriginOutcome<FakeBody, never>[] = [];
  const start = (request: OriginRequest<FakeBody>) => {
    void client.request(request).then((outcome) => outcomes.push(outcome));
  };
  return { world, client, outcomes, start };
}

test("uploads that drip take no turn, and a request beside them is sent at once", async () => {
  const { world, client, outcomes, start } = setUp();
  world.gather = () => new Promise(() => undefined);
  for (let index = 0; index < 16; index += 1) start(upload(`/${index}`));
  start({ method: "GET", path: "/clean", fields: [] });
  await world.settle();
  expect(world.received.map(({ request }) => request.path)).toEqual(["/clean"]);
  world.at(0).answer(answer(200, null).reply);
  await world.advance(LIMITS.uploadHeadMillis);
  const slow = outcomes.filter(({ kind }) => kind === "failure");
  expect(slow).toHaveLength(16);
  expect(slow[0]).toMatchObject({ status: 408, error: "upload-too-slow", proxyError: "http_request_error" });
  expect([world.givenUp, client.state.running, client.state.breaker, world.timers]).toEqual([16, 0, "closed", 0]);
});

test("an upload that breaks off at its beginning is the client's fault, and the origin is not asked", async () => {
  const { world, outcomes, start } = setUp();
  world.gather = async () => undefined;
  start(upload("/"));
  await world.settle();
  expect(outcomes).toMatchObject([{ status: 408, error: "upload-broken" }]);
  expect(world.received).toHaveLength(0);
});

test("a bounded number of uploads begins at once, and another may when one has begun", async () => {
  const { world, outcomes, start } = setUp();
  const begins: (() => void)[] = [];
  world.gather = (whole) => new Promise((resolve) => begins.push(() => resolve(whole)));
  for (let index = 0; index <= ORIGIN_LIMITS.uploadHeads; index += 1) start(upload(`/${index}`));
  await world.settle();
  expect(outcomes).toMatchObject([{ status: 503, error: "uploads-full" }]);
  begins[0]?.();
  await world.settle();
  start(upload("/next"));
  await world.settle();
  expect([outcomes.length, world.received.length, begins.length]).toEqual([1, 1, ORIGIN_LIMITS.uploadHeads + 1]);
});

test("uploads of one client that drip leave room for the beginnings of others", async () => {
  const { world, outcomes, start } = setUp();
  world.gather = (whole) => (whole === body ? new Promise(() => undefined) : Promise.resolve(whole));
  const crowd = { ...upload("/drip"), client: "203.0.113.1" };
  for (let index = 0; index < 4 * ORIGIN_LIMITS.uploadHeads; index += 1) start(crowd);
  await world.settle();
  expect(outcomes).toHaveLength(4 * ORIGIN_LIMITS.uploadHeads - ORIGIN_LIMITS.uploadHeadsOfClient);
  expect(outcomes[0]).toMatchObject({ status: 503, error: "uploads-full", retryAfterSeconds: 1 });
  start({ ...upload("/other"), body: { text: "fast" }, client: "203.0.113.2" });
  await world.settle();
  expect(world.received.map(({ request }) => request.path)).toEqual(["/other"]);
  await world.advance(LIMITS.uploadHeadMillis);
  start({ ...crowd, path: "/again", body: { text: "fast" } });
  await world.settle();
  expect(world.at(1).request.path).toBe("/again");
});

test("the gathered beginning goes on as one piece, followed by the rest", async () => {
  let left = LIMITS.uploadHeadBytes / 1024 + 2;
  const source = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (left === 0) return controller.close();
      left -= 1;
      controller.enqueue(new Uint8Array(1024).fill(left));
    },
  });
  const whole = await gatherUpload(source).body;
  const sizes: number[] = [];
  for await (const piece of whole ?? []) sizes.push(piece.byteLength);
  expect(sizes).toEqual([LIMITS.uploadHeadBytes, 1024, 1024]);
});

test("an upload whose source breaks off while it is gathered has no body", async () => {
  const source = new ReadableStream<Uint8Array>({ pull: (controller) => controller.error(new Error("gone")) });
  expect(await gatherUpload(source).body).toBeUndefined();
});
