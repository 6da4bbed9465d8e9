// What a run is made of: ports, how many regions, the configuration that its regions get, and what its doors pass on.

import { createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import { formatClientAssertion, parseClientAssertion, signedText } from "../../../config/node/client-assertion.ts";
import type { Config, ConfigInput } from "../../../config/schema/schema.ts";
import { validate } from "../../../config/schema/validate.ts";
import { bytes, MiB } from "../../../config/units.ts";
import { REGION_IDS } from "../../../config/world/regions.ts";
import { endToEnd } from "../../../control-plane/local/door/end-to-end-fields.ts";
import { signClient } from "../../../control-plane/local/door/sign-client.node.ts";
import { effectiveConfig, unservableRoutes } from "../../../control-plane/local/prepare/effective-config.ts";
import { portPlan } from "../../../control-plane/local/prepare/ports.ts";
import { MARGIN_BYTES, REGION_BYTES, regionsThatFit } from "../../../control-plane/local/prepare/region-count.ts";

describe("ports", () => {
  it("are those that the documentation promises", () => {
    const plan = portPlan(8787);
    expect([plan.frontDoor, plan.control, plan.exampleOrigin]).toEqual([8787, 8786, 8799]);
    expect(REGION_IDS.map((region) => plan.edges[region])).toEqual([
      8801, 8802, 8803, 8804, 8805, 8806, 8807, 8808, 8809,
    ]);
  });
});

describe("the number of regions", () => {
  const roomFor = (count: number) => bytes(MARGIN_BYTES + count * REGION_BYTES);
  it("is all of them where memory allows", () => {
    expect(regionsThatFit(REGION_IDS, bytes(8192 * MiB))).toEqual({ regions: REGION_IDS, leftOut: [] });
    expect(regionsThatFit(REGION_IDS, roomFor(9)).leftOut).toEqual([]);
  });

  it("falls by one for each that does not fit, in the regions' own order", () => {
    expect(regionsThatFit(REGION_IDS, bytes(roomFor(9) - 1)).leftOut).toHaveLength(1);
    expect(regionsThatFit(REGION_IDS, roomFor(3)).regions).toEqual(["enam", "weur", "apac"]);
  });

  it("is never none", () => {
    expect(regionsThatFit(["oc", "me"], bytes(0)).regions).toEqual(["oc"]);
  });
});

const base: ConfigInput = {
  origins: {
    shop: { url: "http://127.0.0.1:8799", place: "enam", shield: ["enam", "weur"] },
    other: { url: "http://127.0.0.1:9999", place: { latitude: 1, longitude: 2 } },
  },
  regions: { enam: {}, weur: {}, eeur: {}, apac: {} },
  routes: [
    { name: "eu", match: { paths: ["/eu/*"] }, origin: "shop", residency: ["weur", "eeur"] },
    { name: "all", origin: "other", prefer: { JP: ["apac", "enam"], DE: ["eeur"] } },
  ],
};
const checked = (input: ConfigInput): Config => {
  const result = validate(input);
  if (result.kind === "invalid") throw new Error(JSON.stringify(result.errors));
  return result.config;
};

describe("the configuration of a run", () => {
  const cut = effectiveConfig(checked(base), { regions: ["weur", "apac"], frontDoor: 9799, exampleOriginPort: 9811 });

  it("names only regions that take part, and is valid again", () => {
    expect(Object.keys(cut.regions)).toEqual(["weur", "apac"]);
    expect(cut.origins.shop?.shield).toEqual(["weur"]);
    expect(cut.routes[0]?.residency).toEqual(["weur"]);
    expect(cut.routes[1]?.prefer).toEqual({ JP: ["apac"] });
    expect(validate(JSON.parse(JSON.stringify(cut))).kind).toBe("valid");
  });

  it("is one site under all its ports and names, so that it is stored and purged as one", () => {
    expect(cut.aliases["localhost:9799"]).toBe("127.0.0.1:9799");
    expect(cut.aliases["127.0.0.1:9813"]).toBe("127.0.0.1:9799");
    expect(cut.aliases["127.0.0.1:9799"]).toBeUndefined();
  });

  it("has the example origin at its port of this run, and other origins where they are", () => {
    expect(cut.origins.shop?.url).toBe("http://127.0.0.1:9811");
    expect(cut.origins.other?.url).toBe("http://127.0.0.1:9999");
  });

  it("has the user's own site in place of every origin, at no known place", () => {
    const settings = {
      regions: ["weur"],
      frontDoor: 9799,
      exampleOriginPort: 9811,
      originUrl: "https://my.site",
    } as const;
    for (const origin of Object.values(effectiveConfig(checked(base), settings).origins)) {
      expect(origin.url).toBe("https://my.site");
      expect(origin.place).toBeUndefined();
    }
  });

  it("is refused where a route could be served by no region that takes part", () => {
    expect(unservableRoutes(checked(base), ["apac", "weur"])).toEqual([]);
    expect(unservableRoutes(checked(base), ["apac"])).toEqual([expect.stringContaining('"eu"')]);
  });
});

describe("fields that a door passes on", () => {
  it("are all but those of the connection, those that it names and those that are dropped", () => {
    const raw = [
      "Host",
      "h",
      "Connection",
      "close, X-Mine",
      "X-Mine",
      "1",
      "TE",
      "trailers",
      "Meridian-Internal-A",
      "2",
    ];
    const kept = endToEnd([...raw, "Set-Cookie", "a", "set-cookie", "b"], "close, X-Mine", ["meridian-internal-*"]);
    expect(kept).toEqual(["Host", "h", "Set-Cookie", "a", "set-cookie", "b"]);
  });
});

describe("what is said of a client", () => {
  it("reads back as it was written", () => {
    const assertion = { address: "2001:db8::1", timestampMillis: 1_700_000_000_000, nonce: "abcdefgh" };
    const signature = "A".repeat(43);
    expect(parseClientAssertion(formatClientAssertion(assertion, signature))).toEqual({ ...assertion, signature });
  });

  it("is signed over the address, the time and the nonce", () => {
    const parsed = parseClientAssertion(signClient("key", "::ffff:192.0.2.1", 5));
    expect(parsed?.address).toBe("192.0.2.1");
    const expected = createHmac("sha256", "key").update(`meridian-client-v1|192.0.2.1|5|${parsed?.nonce}`);
    expect(parsed?.signature).toBe(expected.digest("base64url"));
    expect(signedText({ address: "a", timestampMillis: 1, nonce: "n" })).toBe("meridian-client-v1|a|1|n");
  });

  it.each(["", "v1;a", "v2;192.0.2.1;5;abcdefgh;x", `v1;not an address;5;abcdefgh;${"A".repeat(43)}`])(
    "is not read from %j",
    (text) => expect(parseClientAssertion(text)).toBeUndefined(),
  );
});
