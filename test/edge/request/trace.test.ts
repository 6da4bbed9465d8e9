// Traces are continued where they are well-formed, else begun, and follow from the request id alone.

import { expect, test } from "vitest";
import { traceparent } from "../../../edge/request/trace.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const CALLER = "b7ad6b7169203331";

test.each([
  ["a trace", `00-${TRACE}-${CALLER}-01`, "01"],
  ["a trace that is not sampled", `00-${TRACE}-${CALLER}-00`, "00"],
  ["a later version with more parts", `cc-${TRACE}-${CALLER}-09-what-the-future-brings`, "01"],
])("%s is continued under a span of ours", (_, incoming, flags) => {
  expect(traceparent(incoming, "r1")).toMatch(new RegExp(`^00-${TRACE}-(?!${CALLER})[0-9a-f]{16}-${flags}$`));
});

test.each([
  ["nothing", undefined],
  ["version ff", `ff-${TRACE}-${CALLER}-01`],
  ["a trace of zeros", `00-${"0".repeat(32)}-${CALLER}-01`],
  ["a caller of zeros", `00-${TRACE}-${"0".repeat(16)}-01`],
  ["capital letters", `00-${TRACE.toUpperCase()}-${CALLER}-01`],
  ["two fields", `00-${TRACE}-${CALLER}-01, 00-${TRACE}-${CALLER}-01`],
])("%s gives a new trace", (_, incoming) => {
  expect(traceparent(incoming, "r1")).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
  expect(traceparent(incoming, "r1")).not.toContain(TRACE);
});

test("the same request id gives the same trace, another one another", () => {
  expect(traceparent(undefined, "r1")).toBe(traceparent(undefined, "r1"));
  expect(traceparent(undefined, "r1").slice(3, 35)).not.toBe(traceparent(undefined, "r2").slice(3, 35));
});
