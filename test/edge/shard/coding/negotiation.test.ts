// An origin that sends plain looks like one that negotiates, at the price of one request: in time that the test moves, with
// coders that only put a name around a body, so that a test sees how often something was encoded and by what way.

import { describe, expect, test } from "vitest";
import { LIMITS } from "../../../../config/limits.ts";
import type { Config, ConfigInput } from "../../../../config/schema/schema.ts";
import type { ByteSource } from "../../../../edge/body/source.ts";
import type { Coding } from "../../../../edge/http/accept-encoding.ts";
import { routeNamed } from "../../../../edge/route/match-route.ts";
import { Negotiation } from "../../../../edge/shard/coding/negotiation.ts";
import type { TierResponse } from "../../../../edge/tier/tier.ts";
import { CONFIG, ShardWorld, statusOf, textOf } from "../../../fixtures/shard-world.ts";

const TEXT = "text of the page. ".repeat(100);
const PAGE = { "content-type": "text/html", "cache-control": "max-age=60", etag: '"v1"' };
const ROUTE = { name: "pages", origin: "shop" } as const;

/** A shard whose questions go through a negotiation; everything that was encoded and decoded is noted. */
class World extends ShardWorld {
  readonly worked: string[] = [];
  encoders = 16;
  readonly negotiation: Negotiation;

  constructor(config: ConfigInput = CONFIG) {
    super(config);
    this.negotiation = new Negotiation({
      name: "shard:weur:0",
      config: this.config,
      entries: this.entries,
      knowledge: this.knowledge,
      origin: this.asking,
      now: () => this.now,
      after: (delay, act) => this.after(delay, act),
      encode: (plain, coding) => this.#work(`${coding}`, wrapped(plain, coding)),
      decode: (encoded, coding) => this.#work(`un${coding}`, unwrapped(encoded, coding)),
    });
    this.upstream = (request) => this.negotiation.ask(request, routeOf(this.config, request.context.route));
  }

  async get(accepts: string, fields: Record<string, string> = {}, path = "/page"): Promise<TierResponse> {
    const response = this.send(path, { "accept-encoding": accepts, ...fields }, { tier: "shield" });
    await this.settle();
    return response;
  }

  /** The origin answers the one question that waits for it. */
  async answer(status: number, fields: Record<string, string>, body = TEXT): Promise<void> {
    const asked = await this.only();
    asked.answer(status, status === 304 ? fields : { "content-length": `${body.length}`, ...fields }, body);
    await this.settle();
  }

  #work(what: string, source: ByteSource): ByteSource | undefined {
    if (this.worked.length >= this.encoders) return undefined;
    this.worked.push(what);
    return source;
  }
}

const routeOf = (config: Config, name: string) => routeNamed(config, name) ?? expect.unreachable();
const bytesOf = (text: string) => new TextEncoder().encode(text);

function wrapped(plain: ByteSource, coding: Coding): ByteSource {
  const before = [bytesOf(`<${coding}>`)];
  let ended = false;
  return {
    async read() {
      const chunk = before.shift() ?? (ended ? undefined : await plain.read());
      if (chunk !== undefined || ended) return chunk;
      ended = true;
      return bytesOf(`</${coding}>`);
    },
    cancel: () => plain.cancel(),
  };
}

function unwrapped(encoded: ByteSource, coding: Coding): ByteSource {
  let whole: Uint8Array[] | undefined;
  return {
    async read() {
      if (whole !== undefined) return undefined;
      whole = [];
      for (let chunk = await encoded.read(); chunk !== undefined; chunk = await encoded.read()) whole.push(chunk);
      const text = whole.map((chunk) => new TextDecoder().decode(chunk)).join("");
      return bytesOf(text.slice(coding.length + 2, -(coding.length + 3)));
    },
    cancel: () => encoded.cancel(),
  };
}

const IN = { br: `<br>${TEXT}</br>`, gzip: `<gzip>${TEXT}</gzip>`, zstd: `<zstd>${TEXT}</zstd>` } as const;

describe("one plain object in several codings", () => {
  test("costs the origin one request when clients come one after the other", async () => {
    const world = new World();
    const first = world.get("br, gzip");
    await world.answer(200, PAGE);
    expect(await textOf(await first)).toBe(IN.br);
    expect((await first).fields.get("content-encoding")).toBe("br");
    expect(await textOf(await world.get("gzip"))).toBe(IN.gzip);
    expect(await textOf(await world.get("zstd"))).toBe(IN.zstd);
    const plain = await world.get("");
    expect([await textOf(plain), plain.fields.get("etag"), plain.fields.get("content-encoding")]).toEqual([
      TEXT,
      '"v1"',
      undefined,
    ]);
    // Accepting br alone is another variant with the same bytes.
    expect(await textOf(await world.get("br"))).toBe(IN.br);
    expect(world.asked).toEqual([]);
    expect(world.worked).toEqual(["br", "unbr", "gzip", "unbr", "zstd", "unbr"]);
  });

  test("costs the origin one request when they all come at once", async () => {
    const world = new World();
    const all = ["br, gzip", "gzip", "", "zstd", "br"].map((accepts) => world.get(accepts));
    await world.answer(200, PAGE);
    const texts = await Promise.all(all.map(async (response) => textOf(await response)));
    expect(texts).toEqual([IN.br, IN.gzip, TEXT, IN.zstd, IN.br]);
    expect(world.asked).toEqual([]);
  });

  test("costs the origin one request for who comes while the body does", async () => {
    const world = new World();
    const first = world.get("br, gzip");
    const pipe = (await world.only()).stream(200, PAGE);
    pipe.write(TEXT);
    await world.settle();
    const second = world.get("gzip");
    await world.settle();
    pipe.end();
    expect([await textOf(await first), await textOf(await second)]).toEqual([IN.br, IN.gzip]);
    expect(world.asked).toEqual([]);
  });

  test("is a hit where it was made of what is stored, and shared where it was made of what comes", async () => {
    const world = new World();
    const first = world.get("br, gzip");
    const joined = world.get("zstd");
    await world.answer(200, PAGE);
    const told = [statusOf(await first), statusOf(await joined)].sort();
    expect(told).toEqual([
      "meridian-shield;fwd=uri-miss;fwd-status=200;stored;collapsed;ttl=60",
      "meridian-shield;fwd=uri-miss;fwd-status=200;stored;ttl=60",
    ]);
    await Promise.all([first, joined].map(async (response) => textOf(await response)));
    const made = await world.get("gzip");
    expect(statusOf(made)).toBe("meridian-shield;hit;ttl=60;detail=other-coding");
    expect(made.facts.answered).toEqual({ outcome: "hit", by: "shield" });
    expect(world.asked).toEqual([]);
  });

  test("is encoded once for each: a hit encodes nothing", async () => {
    const world = new World();
    const first = world.get("br, gzip");
    await world.answer(200, PAGE);
    await textOf(await first);
    const hit = await world.get("br, gzip");
    expect([statusOf(hit), await textOf(hit)]).toEqual([expect.stringContaining("hit"), IN.br]);
    expect(world.worked).toEqual(["br"]);
  });

  test("is one question for pictures, too, of which there is one form", async () => {
    const world = new World();
    const picture = { ...PAGE, "content-type": "image/png" };
    const all = ["br, gzip", "gzip", ""].map((accepts) => world.get(accepts));
    await world.answer(200, picture);
    for (const response of all) expect(await textOf(await response)).toBe(TEXT);
    expect((await all[0])?.fields.get("vary")).toBe(undefined);
    expect([world.asked, world.worked]).toEqual([[], []]);
  });

  test("is asked for in each where the origin negotiates itself", async () => {
    const world = new World();
    const all = ["br, gzip", "gzip"].map((accepts) => world.get(accepts));
    for (let question = 1; question <= 2; question += 1) {
      const asked = await world.only();
      const coding = asked.request.fields.get("accept-encoding") === "gzip" ? "gzip" : "br";
      asked.answer(200, { ...PAGE, vary: "Accept-Encoding", "content-encoding": coding }, `its own ${coding}`);
    }
    const texts = await Promise.all(all.map(async (response) => textOf(await response)));
    expect(texts).toEqual(["its own br", "its own gzip"]);
    expect(world.worked).toEqual([]);
  });
});

describe("what must not be shared", () => {
  test("a stored sibling that is stale is not made into another", async () => {
    const world = new World();
    const first = world.get("br, gzip");
    await world.answer(200, PAGE);
    await textOf(await first);
    await world.pass(61_000);
    const second = world.get("gzip");
    await world.answer(200, { ...PAGE, etag: '"v2"' });
    expect((await second).fields.get("etag")).toBe('W/"v2"');
  });

  test.each(["hard", "soft"] as const)("a sibling that a %s purge ended is not made into another", async (severity) => {
    const world = new World();
    const first = world.get("br, gzip");
    await world.answer(200, PAGE);
    await textOf(await first);
    world.purge({ kind: "url", url: "http://site.test/page" }, severity);
    world.push();
    const second = world.get("gzip");
    await world.answer(200, { ...PAGE, etag: '"v2"' });
    expect((await second).fields.get("etag")).toBe('W/"v2"');
  });

  test("a sibling does not answer who wants the origin asked", async () => {
    const world = new World();
    const first = world.get("br, gzip");
    await world.answer(200, PAGE);
    await textOf(await first);
    void world.get("gzip", { "cache-control": "no-cache" });
    expect((await world.only()).request.fields.get("accept-encoding")).toBe("gzip");
  });

  // Found on real processes: a region that was cut off answered itself with 304, and served what a complete purge had ended.
  test.each(["br, gzip", "gzip"])("a sibling does not stand for the origin without a lease (%s)", async (accepts) => {
    const world = new World({ ...CONFIG, routes: [{ ...ROUTE, whenCutOff: "revalidate" }] });
    const first = world.get("br, gzip");
    await world.answer(200, PAGE);
    await textOf(await first);
    world.hubReachable = false;
    await world.pass(LIMITS.leaseMillis + 1);
    const again = world.get(accepts);
    await world.answer(200, { ...PAGE, etag: '"v2"' });
    expect((await again).fields.get("etag")).toBe('W/"v2"');
  });

  test("what is made of a sibling goes out within the lease under which it was made", async () => {
    const world = new World();
    const first = world.get("br, gzip");
    const { request } = await world.only().then((asked) => {
      asked.answer(200, { ...PAGE, "content-length": `${TEXT.length}` }, TEXT);
      return asked;
    });
    await textOf(await first);
    await world.pass(LIMITS.leaseMillis - 300);
    const answer = await world.negotiation.ask(request, routeOf(world.config, "pages"));
    expect(answer).toMatchObject({ status: 200, facts: { validFor: 300 } });
  });

  test("a question that is older than a purge is not joined after it, nor is what it brings", async () => {
    const world = new World();
    const first = world.get("br, gzip");
    const old = await world.only();
    world.purge({ kind: "url", url: "http://site.test/page" });
    world.push();
    const second = world.get("gzip");
    await world.answer(200, { ...PAGE, etag: '"v2"' });
    expect((await second).fields.get("etag")).toBe('W/"v2"');
    old.answer(200, { ...PAGE, "content-length": `${TEXT.length}` }, TEXT);
    expect((await first).fields.get("etag")).toBe('W/"v2"');
  });

  // Found by the simulator: without a lease it could not be released, was joined again each time, and ended in a 503.
  test("a question from longer ago than a lease is not joined without one", async () => {
    const world = new World({ ...CONFIG, routes: [{ ...ROUTE, whenCutOff: "revalidate" }] });
    world.hubReachable = false;
    const first = world.get("br, gzip");
    const old = await world.only();
    await world.pass(LIMITS.leaseMillis + 1);
    const second = world.get("gzip");
    await world.answer(200, { ...PAGE, etag: '"v2"' });
    expect((await second).fields.get("etag")).toBe('W/"v2"');
    old.answer(200, { ...PAGE, "content-length": `${TEXT.length}` }, TEXT);
    await world.answer(200, { ...PAGE, etag: '"v3"' });
    expect((await first).fields.get("etag")).toBe('W/"v3"');
  });

  test("what was made of a body under way has that body's stamp: a purge that came meanwhile ends it", async () => {
    const world = new World();
    const both = [world.get("br, gzip"), world.get("gzip")];
    const asked = await world.only();
    world.purge({ kind: "tag", tag: "a" });
    world.push();
    asked.answer(200, { ...PAGE, "cache-tag": "a", "content-length": `${TEXT.length}` }, TEXT);
    await world.answer(200, { ...PAGE, etag: '"v2"' });
    for (const response of both) expect((await response).fields.get("etag")).toBe('W/"v2"');
  });

  test("what is made of another's fetch is stamped with what was known when that began", async () => {
    const world = new World();
    void world.get("br, gzip");
    const asked = await world.only();
    const known = world.purge({ kind: "url", url: "http://site.test/another" });
    world.push();
    const joined = world.get("gzip");
    await world.settle();
    asked.answer(200, { ...PAGE, "content-length": `${TEXT.length}` }, TEXT);
    expect((await joined).facts.seen).toEqual({});
    await textOf(await joined);
    const derived = await world.get("zstd");
    expect([derived.facts.seen, derived.facts.vector]).toEqual([{}, known]);
  });

  test("text that the origin sends plain to one, but may send otherwise to another, is asked for again", async () => {
    const world = new World();
    const first = world.get("br, gzip");
    await world.answer(200, { ...PAGE, vary: "Accept-Encoding" });
    expect(await textOf(await first)).toBe(IN.br);
    const second = world.get("gzip");
    await world.answer(200, { ...PAGE, vary: "Accept-Encoding", "content-encoding": "gzip" }, "its own gzip");
    expect(await textOf(await second)).toBe("its own gzip");
  });

  test("a body that was asked for before an unsafe method is not joined after it", async () => {
    const world = new World();
    void world.get("br, gzip");
    const old = await world.only();
    world.negotiation.closeAll();
    void world.get("gzip");
    expect((await world.only()).request).not.toBe(old.request);
  });

  test("what answers a cookie is asked for by itself", async () => {
    const world = new World();
    void world.get("br, gzip");
    const shared = await world.only();
    void world.get("gzip", { cookie: "session=1" });
    expect((await world.only()).request).not.toBe(shared.request);
  });

  test("what is not kept is not encoded", async () => {
    const world = new World();
    const response = world.get("br, gzip");
    await world.answer(200, { ...PAGE, "cache-control": "private" });
    expect([await textOf(await response), world.worked]).toEqual([TEXT, []]);
  });
});

describe("a question that fails", () => {
  test.each(["fail", "break"] as const)("(%s) keeps nobody waiting: each asks for itself", async (how) => {
    const world = new World();
    // The shard's own failure reaches whoever asked, in whichever way it does.
    world.get("br, gzip").catch(() => undefined);
    const failing = await world.only();
    const second = world.get("gzip");
    await world.settle();
    failing[how]();
    await world.answer(200, PAGE);
    const third = world.get("zstd");
    const texts = [await textOf(await second), await textOf(await third)];
    expect([texts, world.asked]).toEqual([[IN.gzip, IN.zstd], []]);
  });
});

describe("revalidation", () => {
  test("asks the origin with its own tag, and one 304 confirms every coding", async () => {
    const world = new World();
    const first = world.get("br, gzip");
    await world.answer(200, PAGE);
    await textOf(await first);
    await textOf(await world.get("gzip"));
    await world.pass(61_000);
    const again = world.get("br, gzip");
    const asked = await world.only();
    expect(asked.request.fields.get("if-none-match")).toBe('"v1"');
    asked.answer(304, { etag: '"v1"', "cache-control": "max-age=60", vary: "X-Forwarded-Proto" });
    const { status, fields } = await again;
    expect([status, fields.get("etag"), fields.get("content-encoding"), fields.get("accept-ranges")]).toEqual([
      200,
      'W/"v1"',
      "br",
      "none",
    ]);
    expect(await textOf(await world.get("gzip"))).toBe(IN.gzip);
    expect([world.asked, world.worked]).toEqual([[], ["br", "unbr", "gzip"]]);
  });

  test("with a new version serves that, in every coding", async () => {
    const world = new World();
    const first = world.get("br, gzip");
    await world.answer(200, PAGE);
    await textOf(await first);
    await textOf(await world.get("gzip"));
    await world.pass(61_000);
    const again = world.get("br, gzip");
    await world.answer(200, { ...PAGE, etag: '"v2"' }, TEXT.toUpperCase());
    expect(await textOf(await again)).toBe(IN.br.toUpperCase().replaceAll("BR>", "br>"));
    expect(await textOf(await world.get("gzip"))).toBe(IN.gzip.toUpperCase().replaceAll("GZIP>", "gzip>"));
    expect(world.asked).toEqual([]);
  });
});

describe("bodies", () => {
  test("that break off break off in every coding, and nothing of them is kept", async () => {
    const world = new World();
    const both = [world.get("br, gzip"), world.get("gzip")];
    const pipe = (await world.only()).stream(200, PAGE, 5000);
    pipe.write(TEXT);
    await world.settle();
    pipe.break();
    for (const response of both) await expect(textOf(await response)).rejects.toThrow("connection lost");
    void world.get("br, gzip");
    await world.only();
  });

  test("that end before their announced length break off, too", async () => {
    const world = new World();
    const response = world.get("br, gzip");
    const pipe = (await world.only()).stream(200, { ...PAGE, "content-length": "5000" }, 5000);
    pipe.write(TEXT);
    pipe.end();
    await expect(textOf(await response)).rejects.toThrow("ended after");
  });

  test("of no announced length that turn out short are left as they are", async () => {
    const world = new World();
    const response = world.get("br, gzip");
    const pipe = (await world.only()).stream(200, PAGE);
    pipe.write("short");
    pipe.end();
    expect(await textOf(await response)).toBe("short");
    expect([(await response).fields.get("etag"), (await response).fields.get("vary")]).toEqual(['"v1"', undefined]);
  });

  test("of no announced length that pause are not waited for", async () => {
    const world = new World();
    const response = world.get("br, gzip");
    const pipe = (await world.only()).stream(200, PAGE);
    pipe.write("head");
    await world.settle();
    await world.pass(50);
    expect((await response).fields.get("content-encoding")).toBe("br");
    pipe.write("foot");
    pipe.end();
    expect(await textOf(await response)).toBe("<br>headfoot</br>");
  });

  test("go out plain while every encoder is at work", async () => {
    const world = new World();
    world.encoders = 0;
    const response = world.get("br, gzip");
    await world.answer(200, PAGE);
    expect([await textOf(await response), (await response).fields.get("vary")]).toEqual([TEXT, "Accept-Encoding"]);
  });

  test("leave nothing in memory when they have ended", async () => {
    const { spooledBytes } = await import("../../../../edge/body/spool.ts");
    const before = spooledBytes();
    const world = new World();
    const all = ["br, gzip", "gzip", ""].map((accepts) => world.get(accepts));
    await world.answer(200, PAGE);
    for (const response of all) await textOf(await response);
    await world.settle();
    expect(spooledBytes()).toBe(before);
  });
});

describe("requests that are none of its business", () => {
  test("parts are asked for and given as they are", async () => {
    const world = new World();
    const route = routeOf(world.config, "pages");
    void world.get("br, gzip");
    const { request } = await world.only();
    request.fields.set("range", "bytes=0-9");
    const answer = world.negotiation.ask(request, route);
    (await world.only()).answer(206, { ...PAGE, "content-range": "bytes 0-9/1800" }, "text of th");
    expect(await answer).toMatchObject({ status: 206, body: { length: 10 } });
    expect(world.worked).toEqual([]);
  });

  test("a route may leave bodies alone", async () => {
    const world = new World({ ...CONFIG, routes: [{ ...ROUTE, compress: "off" }] });
    const response = world.get("br, gzip");
    await world.answer(200, PAGE);
    expect([await textOf(await response), (await response).fields.get("vary"), world.worked]).toEqual([
      TEXT,
      undefined,
      [],
    ]);
  });

  test("an upload on condition names the origin's tag beside ours", async () => {
    const world = new World();
    void world.send("/page", { "if-match": 'W/"v1"' }, {}, "PUT");
    expect((await world.only()).request.fields.get("if-match")).toBe('W/"v1", "v1"');
  });

  test("HEAD says of a response what GET would", async () => {
    const world = new World();
    const response = world.send("/page", { "accept-encoding": "br, gzip" }, { tier: "shield" }, "HEAD");
    await world.answer(200, { ...PAGE, "content-length": "1800" }, "");
    const { fields } = await response;
    expect([fields.get("content-encoding"), fields.get("etag"), fields.get("vary")]).toEqual([
      "br",
      'W/"v1"',
      "Accept-Encoding",
    ]);
  });
});
