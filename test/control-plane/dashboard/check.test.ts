// The page holds answers against the API's own schemas: what those accept it accepts, and what does not fit is named.

import { describe, expect, it } from "vitest";
import { EXAMPLES } from "../../../control-plane/api/examples.ts";
import { dryRunSchema, receiptPageSchema, regionListSchema, statsSchema } from "../../../control-plane/api/schemas.ts";
import { type AnswerName, faultIn } from "../../../control-plane/dashboard/check.ts";
import { healthOf, problemOf, type RegionList, reportOf, scopesOf } from "../../../control-plane/dashboard/model.ts";
import { answerShapes } from "../../../control-plane/dashboard/shapes.node.ts";
import { FakeCluster } from "../../fixtures/fake-cluster.ts";

const shapes = answerShapes();
const check = (value: unknown, name: AnswerName) => faultIn(value, name, shapes);

const cluster = new FakeCluster();
cluster.advance(25);
cluster.down.add("afr").add("sam");
cluster.lost.set("afr", 12);
cluster.cut.set(["weur", "apac"], 7);
cluster.drained.add("oc").add("sam");
cluster.joining.add("me");
const scopes = { urls: ["https://a/1"], prefixes: [], tags: ["x"], hosts: [], everything: false };
const purge = cluster.accept({ soft: true, scopes, by: "admin", reason: "<b>why</b>" });

const list = regionListSchema.parse(cluster.regionList());
const stats = statsSchema.parse(cluster.stats());
const receipt = receiptPageSchema.parse({ purges: [cluster.receipt(purge)] }).purges[0];

/** `value` with the member at `path` replaced, or taken away by undefined. */
function changed(value: unknown, path: readonly (string | number)[], member: unknown): unknown {
  const [first, ...rest] = path;
  if (first === undefined) return member;
  const copy = Array.isArray(value) ? [...value] : { ...(value as object) };
  const inside = (copy as Record<string | number, unknown>)[first];
  (copy as Record<string | number, unknown>)[first] = changed(inside, rest, member);
  return JSON.parse(JSON.stringify(copy));
}

describe("answers that fit the API's schemas", () => {
  it.each([
    ["regions", list],
    ["regions", EXAMPLES.regionList],
    ["stats", stats],
    ["stats", EXAMPLES.stats],
    ["purges", { purges: [receipt] }],
    ["purges", EXAMPLES.receiptPage],
    ["receipt", EXAMPLES.receipt],
    ["dryRun", EXAMPLES.dryRun],
  ] as const)("are taken as %s", (name, answer) => expect(check(answer, name)).toBeUndefined());

  it("are taken with fields that came later", () => {
    const [first, ...others] = list.regions;
    expect(check({ ...list, regions: [{ ...first, more: 1 }, ...others], later: true }, "regions")).toBeUndefined();
  });
});

describe("answers that do not fit", () => {
  it.each([
    ["regions", null, "the body is not of type object"],
    ["regions", {}, "answeredBy is no"],
    ["regions", changed(list, ["regions"], {}), "regions is not of type array"],
    [
      "regions",
      changed(list, ["regions", 1, "status"], "odd"),
      "regions[1].status is not one of up, joining, unreachable",
    ],
    [
      "regions",
      changed(list, ["regions", 0, "place", "latitude"], undefined),
      "regions[0].place.latitude is not of type number",
    ],
    ["regions", changed(list, ["regions", 0, "id"], "moon"), "regions[0].id is not one of"],
    ["regions", changed(list, ["cutLinks", 0, "since"], "yesterday"), "cutLinks[0].since is not an instant"],
    ["stats", changed(stats, ["at"], "yesterday"), "at is not an instant"],
    ["stats", changed(stats, ["sampleSeconds"], "10"), "sampleSeconds is not of type number"],
    ["stats", changed(stats, ["total", "requests"], -1), "total.requests is less than 0"],
    ["stats", changed(stats, ["total", "hitRatio"], "all"), "total.hitRatio is not of type number"],
    ["receipt", changed(receipt, ["state"], "done"), "state is not one of"],
    ["receipt", changed(receipt, ["scopes", "urls", 0], 7), "scopes.urls[0] is not of type string"],
    ["dryRun", changed(EXAMPLES.dryRun, ["dryRun"], false), "dryRun is not true"],
    [
      "regions",
      changed(list, ["regions", 0, "hub", "vector", "weur.k3f9x2"], 1.5),
      "vector.weur.k3f9x2 is not of type integer",
    ],
  ] as const)("as %s are a fault that names its place: %#", (name, answer, fault) => {
    expect(check(answer, name)).toContain(fault);
  });

  it("are just those that the schemas refuse, whichever member is missing or null", () => {
    const pairs = [
      ["regions", regionListSchema, EXAMPLES.regionList],
      ["stats", statsSchema, EXAMPLES.stats],
      ["purges", receiptPageSchema, EXAMPLES.receiptPage],
      ["dryRun", dryRunSchema, EXAMPLES.dryRun],
    ] as const;
    for (const [name, schema, example] of pairs) {
      for (const path of pathsIn(example)) {
        for (const member of [undefined, null, {}, [], "text", -1]) {
          const answer = changed(example, path, member);
          const isFine = check(answer, name) === undefined;
          // Exact spellings, lengths and upper bounds are the API's to keep; the page only relies on what it was given.
          if (!isFine)
            expect(schema.safeParse(answer).success, `${path.join(".")} = ${JSON.stringify(member)}`).toBe(false);
          else if (member !== "text" && member !== undefined)
            expect(schema.safeParse(answer).success, `${path.join(".")} = ${JSON.stringify(member)}`).toBe(true);
        }
      }
    }
  });
});

/** The path of every member of an example, at every depth. */
function pathsIn(value: unknown, path: readonly (string | number)[] = []): readonly (string | number)[][] {
  if (typeof value !== "object" || value === null) return [];
  const keys = Array.isArray(value) ? [...value.keys()] : Object.keys(value);
  return keys.flatMap((key) => [
    [...path, key],
    ...pathsIn((value as Record<string | number, unknown>)[key], [...path, key]),
  ]);
}

describe("what the page derives", () => {
  it("is a health for each region, in which lost says more than unreachable", () => {
    const { regions, lostRegions } = list as RegionList;
    const healths = Object.fromEntries(regions.map((region) => [region.id, healthOf(region, lostRegions)]));
    expect(healths).toMatchObject({ weur: "live", oc: "drained", me: "live", afr: "lost", sam: "unreachable" });
  });

  it("is a report of regions that answered, and none of others", () => {
    expect(reportOf(stats, "weur")?.requests).toBeGreaterThan(5000);
    expect(reportOf(stats, "afr")).toBeUndefined();
    expect(reportOf(undefined, "weur")).toBeUndefined();
  });

  it("is one list of a purge's scopes", () => {
    if (!receipt) throw new Error("the page of receipts has one");
    expect(scopesOf(receipt)).toEqual([
      { kind: "tag", value: "x" },
      { kind: "url", value: "https://a/1" },
    ]);
    expect(scopesOf({ ...receipt, scopes: { ...scopes, everything: true } })[0]).toEqual({
      kind: "everything",
      value: "",
    });
  });
});

describe("problems", () => {
  it("keep the API's words and pointers", () => {
    const body = { title: "T", detail: "D", errors: [{ pointer: "/urls/0", detail: "E" }, { odd: 1 }] };
    expect(problemOf(422, body)).toEqual({
      status: 422,
      title: "T",
      detail: "D",
      errors: [{ pointer: "/urls/0", detail: "E" }],
    });
  });

  it.each([null, "text", [], { title: 7 }])("are made of the status when the body is %o", (body) => {
    expect(problemOf(502, body)).toEqual({ status: 502, title: "The answer was 502", errors: [] });
  });
});
