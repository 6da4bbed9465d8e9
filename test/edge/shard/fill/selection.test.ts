// What one client sends never decides what another gets, and what an origin varies on is never withheld in silence: through a
// shard and a shield, before origins that answer by whatever they see.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { EDGE_LIMITS } from "../../../../edge/limits.ts";
import { type Said, type Seen, TwoTiers } from "../../../fixtures/two-tiers.ts";

const PUBLIC = { "cache-control": "public, max-age=60" };

/** An origin that writes into its answer all that it sees. */
const echo =
  (fields: Record<string, string>) =>
  ({ fields: seen }: Seen): Said => ({
    fields,
    body: [...seen].filter(([name]) => name !== "traceparent").join("\n"),
  });

describe("the answer to a request with credentials", () => {
  test.each([
    ["a cookie", { cookie: "lang=evil" }],
    ["a cookie without a name", { cookie: "evil" }],
    ["Authorization", { authorization: "Bearer evil" }],
    ["both, on HTTP/2 split into lines", { cookie: "a=evil; b=evil", authorization: "Basic evil" }],
  ] as [string, Record<string, string>][])("is not in what others get: %s", async (_, credentials) => {
    for (const words of ["public, max-age=60", "s-maxage=60", "max-age=60, must-revalidate"]) {
      const world = new TwoTiers({}, echo({ "cache-control": words }));
      expect((await world.get("/a", credentials)).text).toContain("evil");
      const clean = await world.get("/a");
      expect(clean.text).not.toContain("evil");
    }
  });

  test("invites a request without them where its origin means it for all, and others are answered from that", async () => {
    const world = new TwoTiers({}, echo(PUBLIC));
    await world.get("/a", { cookie: "visitor=1" });
    expect(world.values("cookie")).toEqual(["visitor=1", "-"]);
    expect((await world.get("/a", { cookie: "visitor=2" })).cache).toContain("meridian-shard;hit");
    expect((await world.get("/a")).cache).toContain("meridian-shard;hit");
    expect(world.seen).toHaveLength(2);
  });

  test("keeps the cookies of the key in that request, and nothing else", async () => {
    const world = new TwoTiers({ key: { cookies: ["lang"] } }, echo(PUBLIC));
    await world.get("/a", { cookie: "visitor=1; lang=de" });
    expect(world.values("cookie")).toEqual(["visitor=1; lang=de", "lang=de"]);
    expect((await world.get("/a", { cookie: "lang=de" })).cache).toContain("meridian-shard;hit");
    expect((await world.get("/a", { cookie: "lang=fr" })).cache).toContain("uri-miss");
  });

  test.each([
    ["says nothing of others", { "cache-control": "max-age=60" }],
    ["is private", { "cache-control": "private, max-age=60" }],
    ["varies by the cookie", { ...PUBLIC, vary: "Cookie" }],
    ["varies by anything", { ...PUBLIC, vary: "*" }],
  ] as [string, Record<string, string>][])("invites nothing where it %s", async (_, fields) => {
    const world = new TwoTiers({}, echo(fields));
    await world.get("/a", { cookie: "visitor=1" });
    expect(world.seen).toHaveLength(1);
  });

  test("is stored where it says so and its route believes it", async () => {
    const world = new TwoTiers({ storePersonal: "explicit" }, echo(PUBLIC));
    await world.get("/a", { authorization: "Bearer mine" });
    const { text, cache } = await world.get("/a");
    expect([text.includes("Bearer mine"), cache.includes("meridian-shard;hit")]).toEqual([true, true]);
    expect(world.seen).toHaveLength(1);
  });

  test("is made with all that its client says, since nobody else gets it", async () => {
    const world = new TwoTiers({}, echo({ "cache-control": "private", vary: "RSC, Accept, Cookie" }));
    const fields = { cookie: "session=1", rsc: "1", accept: "text/x-component", "x-api-key": "k" };
    const { text, cache } = await world.get("/a", fields);
    for (const [name, value] of Object.entries(fields)) expect(text).toContain(`${name},${value}`);
    expect(cache).not.toContain("vary-withheld");
    expect(world.seen).toHaveLength(1);
  });
});

describe("Accept, Accept-Language and Origin", () => {
  const byAccept = ({ fields }: Seen): Said => {
    const accept = fields.get("accept") ?? "any";
    return { status: accept.includes("json") ? 406 : 200, fields: { "cache-control": "max-age=60" }, body: accept };
  };

  test.each(["application/json", "<script>evil</script>", "text/html;a=evil"])(
    "%s does not choose what all get from an origin that answers by it without saying so",
    async (accept) => {
      const world = new TwoTiers({}, byAccept);
      expect((await world.get("/a", { accept })).text).toBe("any");
      expect(await world.get("/a")).toMatchObject({ status: 200, text: "any" });
      expect(world.seen).toHaveLength(1);
    },
  );

  test("reach an origin that names them, and select what it answers", async () => {
    const world = new TwoTiers({}, ({ fields }) => ({
      fields: { ...PUBLIC, vary: "Accept-Language" },
      body: fields.get("accept-language") ?? "none",
    }));
    expect((await world.get("/a", { "accept-language": "de" })).text).toBe("de");
    expect((await world.get("/a", { "accept-language": "fr;q=0.5" })).text).toBe("fr;q=0.5");
    expect((await world.get("/a")).text).toBe("none");
    expect((await world.get("/a", { "accept-language": "DE" })).cache).toContain("meridian-shard;hit");
    // Only the first client of the URL costs a request more.
    expect(world.values("accept-language")).toEqual(["-", "de", "fr;q=0.5", "-"]);
  });

  test("select wherever they were sent, even where one answer does not name them, in every tier", async () => {
    // It negotiates, but its refusal does not say so.
    const world = new TwoTiers({}, ({ fields }) =>
      fields.get("accept")?.includes("evil")
        ? { status: 406, fields: { "cache-control": "max-age=60" }, body: "evil" }
        : { fields: { ...PUBLIC, vary: "Accept" }, body: "page" },
    );
    await world.get("/a", { accept: "text/html" });
    await world.get("/a?other", { accept: "text/html" });
    expect((await world.get("/a", { accept: "x/evil" })).text).toBe("evil");
    expect((await world.get("/a", { accept: "text/html" })).text).toBe("page");
    expect((await world.get("/a")).text).toBe("page");
  });

  test("select at a shard that has nothing of the URL, by what its shield knows", async () => {
    const world = new TwoTiers({}, ({ fields }) =>
      fields.get("accept")?.includes("evil")
        ? { status: 406, fields: { "cache-control": "max-age=60" }, body: "evil" }
        : { fields: { ...PUBLIC, vary: "Accept" }, body: "page" },
    );
    const another = new TwoTiers({}, () => ({}));
    another.shard.upstream = world.shard.upstream;
    await world.get("/a", { accept: "text/html" });
    expect((await another.get("/a", { accept: "x/evil" })).text).toBe("evil");
    expect((await another.get("/a")).text).toBe("page");
  });

  test("cost no second request where the route lists them, and then select always", async () => {
    const world = new TwoTiers({ variantHeaders: ["Accept"] }, byAccept);
    await world.get("/a", { accept: "application/json" });
    expect((await world.get("/a")).text).toBe("any");
    expect((await world.get("/a", { accept: "application/json" })).cache).toContain("meridian-shard;hit");
    expect(world.values("accept")).toEqual(["application/json", "-"]);
  });

  test("of many clients cost one request where the origin does not answer by them", async () => {
    const world = new TwoTiers({}, () => ({ fields: PUBLIC, body: "page" }));
    const languages = Array.from({ length: 50 }, (_, index) => ({ "accept-language": `de;q=0.${index}` }));
    await Promise.all(languages.map((fields) => world.get("/a", fields)));
    expect(world.seen).toHaveLength(1);
  });
});

test("an encoded answer is only for those who accept that, whether its origin says so or not", async () => {
  const world = new TwoTiers({ compress: "off" }, ({ fields }) =>
    fields.get("accept-encoding")?.includes("gzip")
      ? { fields: { ...PUBLIC, "content-encoding": "gzip" }, body: "zipped" }
      : { fields: PUBLIC, body: "plain" },
  );
  expect((await world.get("/a", { "accept-encoding": "gzip" })).text).toBe("zipped");
  expect((await world.get("/a")).text).toBe("plain");
  expect((await world.get("/a", { "accept-encoding": "gzip" })).cache).toContain("meridian-shard;hit");
});

describe("a request field that answers vary by, and that shared fills do not send", () => {
  /** Pages for browsers, and their data for the framework that runs in them. */
  const framework = ({ fields }: Seen): Said => ({
    fields: { ...PUBLIC, vary: "RSC, Next-Router-State-Tree, Accept-Encoding" },
    body: fields.has("rsc") ? `data for ${fields.get("next-router-state-tree")}` : "page",
  });
  const RSC = { rsc: "1", "next-router-state-tree": "tree" };

  test.each([
    ["before anything is stored", []],
    ["after the page is stored", [{}]],
    ["after another such request", [RSC]],
  ] as [string, Record<string, string>[]][])("is sent for its client alone, who is told: %s", async (_, before) => {
    const world = new TwoTiers({}, framework);
    for (const fields of before) await world.get("/a", fields);
    const got = await world.get("/a", RSC);
    expect(got.text).toBe("data for tree");
    expect(got.cache).toMatch(/meridian-shield;.*detail=vary-withheld.*, meridian-shard;.*detail=vary-withheld/);
    expect(got.answer.facts.withheld).toEqual(["next-router-state-tree", "rsc"]);
    expect((await world.get("/a")).text).toBe("page");
    expect((await world.get("/a")).cache).toContain("meridian-shard;hit");
  });

  test("costs a second request only while nothing is known of the URL", async () => {
    const world = new TwoTiers({}, framework);
    await world.get("/a", RSC);
    await world.get("/a", RSC);
    await world.get("/a");
    await world.get("/a", { rsc: "1", "next-router-state-tree": "other" });
    expect(world.values("rsc")).toEqual(["-", "1", "1", "-", "1"]);
  });

  test("does not push what others get out of the store, whatever its values", async () => {
    const world = new TwoTiers({}, framework);
    await world.get("/a");
    for (let index = 0; index < 40; index += 1) await world.get("/a", { rsc: `${index}` });
    expect((await world.get("/a")).cache).toContain("meridian-shard;hit");
  });

  test("leaves those who wait for the page one request for all of them", async () => {
    const world = new TwoTiers({}, framework);
    // With a lease in hand requests join in the order in which they come.
    await world.get("/other");
    const all = [world.get("/a", RSC), ...Array.from({ length: 20 }, () => world.get("/a"))];
    const texts = (await Promise.all(all)).map(({ text }) => text);
    expect(texts).toEqual(["data for tree", ...Array.from({ length: 20 }, () => "page")]);
    expect(world.values("rsc")).toEqual(["-", "-", "1", "-"]);
  });

  test("is answered for HEAD alike, which leaves the page as it is", async () => {
    const world = new TwoTiers({}, (seen) => ({
      ...framework(seen),
      fields: { ...framework(seen).fields, etag: seen.fields.has("rsc") ? '"data"' : '"page"' },
    }));
    await world.get("/a");
    const head = await world.get("/a", RSC, "HEAD");
    expect([head.answer.fields.get("etag"), head.cache.includes("vary-withheld")]).toEqual(['"data"', true]);
    expect((await world.get("/a")).cache).toContain("meridian-shard;hit");
  });

  test("selects variants where the route detects it", async () => {
    const world = new TwoTiers({ detectVary: true }, framework);
    expect((await world.get("/a", RSC)).text).toBe("data for tree");
    expect((await world.get("/a")).text).toBe("page");
    const again = await world.get("/a", RSC);
    expect([again.text, again.cache.includes("meridian-shard;hit")]).toEqual(["data for tree", true]);
    expect(again.cache).not.toContain("vary-withheld");
  });

  test("selects variants where the route lists it, and costs no second request", async () => {
    const world = new TwoTiers({ variantHeaders: ["RSC", "Next-Router-State-Tree"] }, framework);
    expect((await world.get("/a", RSC)).text).toBe("data for tree");
    expect((await world.get("/a")).text).toBe("page");
    expect((await world.get("/a", RSC)).cache).toContain("meridian-shard;hit");
    expect(world.seen).toHaveLength(2);
  });

  test("is detected for eight names of a URL and no more: requests with others pass", async () => {
    const names = Array.from({ length: 12 }, (_, index) => `x-field-${String.fromCharCode(97 + index)}`);
    const world = new TwoTiers({ detectVary: true }, ({ fields }) => ({
      fields: { ...PUBLIC, vary: names.join() },
      body: names.filter((name) => fields.has(name)).join(),
    }));
    const [first = "", last = ""] = [names[0], names.at(-1)];
    for (const name of [first, last]) expect((await world.get("/a", { [name]: "1" })).text).toBe(name);
    expect((await world.get("/a", { [first]: "1" })).cache).toContain("meridian-shard;hit");
    expect((await world.get("/a", { [last]: "1" })).cache).toContain("vary-withheld");
  });

  test("is not stored by where its value is too long, though it is detected", async () => {
    const world = new TwoTiers({ detectVary: true }, framework);
    const long = { rsc: "x".repeat(EDGE_LIMITS.selectingCharacters + 1) };
    for (const fields of [long, {}, long]) await world.get("/a", fields);
    expect((await world.get("/a", long)).cache).toContain("detail=vary-withheld");
    expect((await world.get("/a")).cache).toContain("meridian-shard;hit");
  });

  test("is a constant if it is User-Agent: one answer for all, and it is said", async () => {
    const world = new TwoTiers({ detectVary: true }, ({ fields }) => ({
      fields: { ...PUBLIC, vary: "User-Agent" },
      body: fields.get("user-agent") ?? "",
    }));
    const got = await world.get("/a", { "user-agent": "curl" });
    expect([got.text, got.cache.includes("stored"), got.cache.includes("vary-withheld")]).toEqual([
      "Meridian",
      true,
      true,
    ]);
    expect(got.answer.facts.withheld).toEqual(["user-agent"]);
    expect((await world.get("/a", { "user-agent": "wget" })).cache).toContain("meridian-shard;hit");
  });

  test.each(["Range", "X-Forwarded-Proto", "Via", "Host", "Connection", "Meridian-Country", "If-None-Match"])(
    "is none of these, which Meridian or the protocol sets: %s",
    async (name) => {
      const world = new TwoTiers({}, () => ({ fields: { ...PUBLIC, vary: name }, body: "page" }));
      const got = await world.get("/a", { [name.toLowerCase()]: "bytes=0-9" });
      expect(got.cache).not.toContain("vary-withheld");
      expect((await world.get("/a")).cache).toContain("meridian-shard;hit");
    },
  );

  test("is not looked for in an origin's errors, which cost no second request", async () => {
    const world = new TwoTiers({}, () => ({ status: 503, fields: { vary: "RSC" } }));
    await world.get("/a", RSC);
    expect(world.seen).toHaveLength(1);
  });

  test("that an origin names only the second time is sent with everything else, and that is the end of it", async () => {
    let asked = 0;
    const world = new TwoTiers({}, () => {
      asked += 1;
      return { fields: { ...PUBLIC, vary: ["Accept", "Accept-Language", "Origin"].slice(0, asked).join() } };
    });
    const got = await world.get("/a", { accept: "text/html", "accept-language": "de", origin: "https://a.example" });
    expect(got.status).toBe(200);
    expect(world.seen).toHaveLength(3);
  });
});

describe("where everything is forwarded, an answer that varies by what Meridian says of its client", () => {
  test.each(["X-Forwarded-For", "Forwarded", "Accept, Via", "Meridian-Country", "traceparent"])(
    "is that client's own, whatever others write into the field: %s",
    async (vary) => {
      const world = new TwoTiers({ forward: "all" }, () => ({ fields: { ...PUBLIC, vary }, body: "yours" }));
      await world.get("/a");
      expect((await world.get("/a")).cache).not.toContain("meridian-shard;hit");
      expect(world.seen).toHaveLength(2);
    },
  );

  test.each(["X-Forwarded-Proto", "X-Forwarded-Host", "X-Other"])("is stored if the key holds it: %s", async (vary) => {
    const world = new TwoTiers({ forward: "all" }, () => ({ fields: { ...PUBLIC, vary }, body: "ours" }));
    await world.get("/a");
    expect((await world.get("/a")).cache).toContain("meridian-shard;hit");
  });
});

describe("whatever clients send", () => {
  const names = [
    "accept",
    "accept-language",
    "cookie",
    "authorization",
    "origin",
    "referer",
    "user-agent",
    "range",
    "if-none-match",
    "if-modified-since",
    "if-range",
    "cache-control",
    "traceparent",
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-original-url",
    "rsc",
    "x-other",
  ];
  const value = fc.constantFrom("", "a", "de, en;q=0.5", "text/html", "bytes=0-1", '"a"', "evil=1", "no-cache", "1");
  const request = fc.dictionary(fc.constantFrom(...names), value, { maxKeys: 6 });
  // What part of it an origin is asked for depends on what is known of its URL.
  const whole = request.filter((fields) => !("range" in fields || "if-range" in fields));
  const method = fc.constantFrom("GET", "GET", "GET", "HEAD");
  const rule = fc.constantFrom<object>(
    {},
    { detectVary: true },
    { variantHeaders: ["RSC", "Accept"] },
    { key: { headers: ["X-Other"], cookies: ["evil"] } },
    { ttl: { edgeSeconds: 60 } },
  );
  const said = fc.record({
    status: fc.constantFrom(200, 200, 200, 404, 406),
    fields: fc.record(
      {
        "cache-control": fc.constantFrom("public, max-age=60", "max-age=60", "s-maxage=60", "no-cache", "private"),
        vary: fc.constantFrom("Accept", "RSC, Accept-Language", "Cookie", "Origin, X-Other", "User-Agent", "RSC"),
        etag: fc.constantFrom('"a"'),
      },
      { requiredKeys: [] },
    ),
  });

  test("a client gets what it would have got alone: nothing of those who came before it", async () => {
    let stored = 0;
    const others = fc.array(fc.tuple(request, method), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(rule, said, others, whole, async (route, { status, fields }, before, mine) => {
        // What it says depends on what it sees in no way that it does not say, save that it writes all of it down.
        const origin = (seen: Seen): Said => ({ ...echo(fields)(seen), status });
        const world = new TwoTiers(route, origin);
        for (const [theirs, how] of before) await world.get("/a", theirs, how);
        const got = await world.get("/a", mine);
        const alone = await new TwoTiers(route, origin).get("/a", mine);
        if (got.cache.includes("meridian-shard;hit")) stored += 1;
        const isPersonal = "cookie" in mine || "authorization" in mine;
        // A request with credentials may be answered from what is stored for all.
        if (!isPersonal) expect([got.status, got.text]).toEqual([alone.status, alone.text]);
        else if (got.cache.includes("meridian-shard;hit")) expect(got.text).not.toMatch(/authorization,/);
      }),
      { numRuns: 400 },
    );
    expect(stored).toBeGreaterThan(40);
  });
});
