// Which requests have content, and that nothing of it is lost on the way.

import { expect, test } from "vitest";
import { type Millis, millis } from "../../config/units.ts";
import { contentOf } from "../../edge/content.worker.ts";

const LONG: Millis = millis(60_000);

/** A request as the platform gives it: with a body even where the client sent none. */
function request(pieces: readonly (string | Error)[], contentLength?: string, ends: "ends" | "goes on" = "ends") {
  let cancelled: unknown;
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const piece of pieces) {
        if (piece instanceof Error) return controller.error(piece);
        controller.enqueue(new TextEncoder().encode(piece));
      }
      if (ends === "ends") controller.close();
    },
    cancel: (reason) => {
      cancelled = reason;
    },
  });
  const headers = new Headers(contentLength === undefined ? {} : { "content-length": contentLength });
  return { asked: { body, headers } as unknown as Request, cancelled: () => cancelled };
}

test.each([
  ["no body at all", { body: null, headers: new Headers() } as unknown as Request],
  ["a length of 0", request([], "0").asked],
  ["no chunks", request([]).asked],
  ["empty pieces alone", request(["", ""]).asked],
])("a request has no content with %s", async (_, asked) => {
  expect(await contentOf(asked, LONG)).toEqual({ kind: "none" });
});

test.each([
  ["in one piece", ["abc"]],
  ["in several", ["", "a", "", "bc"]],
])("content of unknown length comes whole %s", async (_, pieces) => {
  const content = await contentOf(request(pieces).asked, LONG);
  expect(content.kind === "some" && (await new Response(content.body).text())).toBe("abc");
});

test("content of a length is not touched", async () => {
  const { asked } = request(["abc"], "3");
  expect(await contentOf(asked, LONG)).toEqual({ kind: "some", body: asked.body });
});

test("content that does not come in time is unknown, and may still come", async () => {
  const { asked, cancelled } = request([], undefined, "goes on");
  const content = await contentOf(asked, millis(0));
  if (content.kind !== "unknown") throw new Error(content.kind);
  await content.body.cancel("gone");
  expect(cancelled()).toBe("gone");
});

test("content that breaks off breaks off for whoever reads it", async () => {
  const content = await contentOf(request([new Error("reset")]).asked, LONG);
  if (content.kind !== "some") throw new Error(content.kind);
  await expect(new Response(content.body).text()).rejects.toThrow("reset");
});
