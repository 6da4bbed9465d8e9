// The page reads what the API says: every answer is first held against the API's own schemas, so that neither can drift away.

import { describe, expect, it } from "vitest";
import { dryRunSchema, receiptPageSchema, regionListSchema, statsSchema } from "../../../control-plane/api/schemas.ts";
import {
  type Decoded,
  decodeDryRun,
  decodeProblem,
  decodePurges,
  decodeReceipt,
  decodeRegions,
  decodeStats,
} from "../../../control-plane/dashboard/decode.ts";
import { FakeCluster } from "../../fixtures/fake-cluster.ts";

const cluster = new FakeCluster();
cluster.advance(25);
cluster.down.add("afr");
cluster.drained.add("oc");
cluster.joining.add("me");
cluster.spared.add("enam");
const scopes = { urls: ["https://a/1"], prefixes: [], tags: ["x"], hosts: [], everything: false };
const purge = cluster.accept({ soft: true, scopes, by: "admin", reason: "<b>why</b>" });
cluster.spread(purge);
purge.stuck.set("afr", "unreachable");

function valueIn<Value>(decoded: Decoded<Value>): Value {
  if (decoded.kind === "fault") throw new Error(decoded.fault);
  return decoded.value;
}

describe("the API's answers", () => {
  it("about regions become health and hubs", () => {
    const regions = valueIn(decodeRegions(regionListSchema.parse(cluster.regionList())));
    const brief = Object.fromEntries(regions.map(({ id, health, hub }) => [id, [health, hub?.joined]]));
    expect(brief).toMatchObject({
      weur: ["live", true],
      oc: ["drained", true],
      me: ["live", false],
      afr: ["down", undefined],
    });
  });

  it("about traffic become one sample without the regions that did not answer", () => {
    const sample = valueIn(decodeStats(statsSchema.parse(cluster.stats())));
    expect(sample.at).toBe(cluster.now);
    expect(Object.keys(sample.regions)).toHaveLength(8);
    expect(sample.regions.weur?.totals.requests).toBeGreaterThan(5000);
    expect(sample.spans.length).toBeGreaterThan(1);
    expect(sample.spanFor).toBe(10_000);
    expect(sample.regions.weur?.breakers).toEqual([{ origin: "shop", shards: 2, open: 0 }]);
    expect(sample.regions.enam?.breakers).toEqual([{ origin: "shop", shards: 2, open: 1 }]);
  });

  it("without any traffic have no ratios or percentiles, which is not zero", () => {
    const quiet = new FakeCluster();
    quiet.traffic = 0;
    quiet.advance(11);
    const sample = valueIn(decodeStats(statsSchema.parse(quiet.stats())));
    expect(sample).not.toHaveProperty("p50");
    expect(sample.regions.weur).not.toHaveProperty("hitRatio");
    expect(sample.spans[0]).not.toHaveProperty("hitRatio");
  });

  it("about purges become receipts with their scopes in one list", () => {
    const page = receiptPageSchema.parse({ purges: [cluster.receipt(purge)] });
    const [receipt] = valueIn(decodePurges(page));
    expect(receipt).toMatchObject({
      state: "partial",
      soft: true,
      reason: "<b>why</b>",
      scopes: [
        { kind: "tag", value: "x" },
        { kind: "url", value: "https://a/1" },
      ],
    });
    expect(receipt?.regions.find(({ region }) => region === "afr")).toEqual({
      region: "afr",
      state: "pending",
      reason: "unreachable",
    });
  });

  it("about a dry run become counts", () => {
    const body = { dryRun: true, soft: false, scopes, entries: 3, bytes: 9, regions: [], missing: ["afr"] };
    expect(valueIn(decodeDryRun(dryRunSchema.parse(body)))).toEqual({ entries: 3, bytes: 9, missing: ["afr"] });
  });
});

describe("answers that do not fit", () => {
  it.each([
    ["body", null],
    ["regions", {}],
    ["regions[weur].status", { regions: [{ id: "weur", place: {}, status: "odd" }] }],
    ["regions[weur].place.latitude", { regions: [{ id: "weur", place: {}, status: "up", name: "", city: "" }] }],
  ])("are a fault that names %s", (place, body) => {
    expect(decodeRegions(body)).toMatchObject({ kind: "fault", fault: expect.stringContaining(place) });
  });

  it("never become an instant or a number that is none", () => {
    expect(decodeStats({ ...cluster.stats(), at: "yesterday" }).kind).toBe("fault");
    expect(decodeStats({ ...cluster.stats(), sampleSeconds: "10" }).kind).toBe("fault");
    expect(decodeReceipt({ ...cluster.receipt(purge), state: "done" }).kind).toBe("fault");
  });

  it("may name regions that this page does not know: they are passed over", () => {
    const known = cluster.region("weur");
    expect(valueIn(decodeRegions({ regions: [{ id: "moon" }, known] })).map(({ id }) => id)).toEqual(["weur"]);
  });
});

describe("problems", () => {
  it("keep the API's words and pointers", () => {
    const body = { title: "T", detail: "D", errors: [{ pointer: "/urls/0", detail: "E" }, { odd: 1 }] };
    expect(decodeProblem(422, body)).toEqual({
      status: 422,
      title: "T",
      detail: "D",
      errors: [{ pointer: "/urls/0", detail: "E" }],
    });
  });

  it.each([null, "text", [], { title: 7 }])("are made of the status when the body is %o", (body) => {
    expect(decodeProblem(502, body)).toEqual({ status: 502, title: "The answer was 502", errors: [] });
  });
});
