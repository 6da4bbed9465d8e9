// Bodies of the control API, configurations, what nodes tell each other, files of a run, and command lines.

import fc from "fast-check";
import { LIMITS } from "../../config/limits.ts";
import bundled from "../../config/meridian.config.ts";
import { parseSeriesKey } from "../../config/metrics/tally.ts";
import { readShape } from "../../config/read-shape.ts";
import { validate } from "../../config/schema/validate.ts";
import { normaliseUrl } from "../../config/spelling/normal-url.ts";
import { bearerToken, mayPurge, parseTokens } from "../../control-plane/api/access/access.ts";
import { readCloudflarePurge } from "../../control-plane/api/compat/cloudflare.ts";
import { readFastlyPurge } from "../../control-plane/api/compat/fastly.ts";
import { readWait } from "../../control-plane/api/compat/wait.ts";
import { type PurgeBody, readPurgeBody } from "../../control-plane/api/purges/purge-body.ts";
import { register as registerSign } from "../../control-plane/cli/commands/sign.node.ts";
import { gatherScopes } from "../../control-plane/cli/purge/purge-scopes.ts";
import { type AnswerName, faultIn } from "../../control-plane/dashboard/check.ts";
import { problemOf } from "../../control-plane/dashboard/model.ts";
import { answerShapes } from "../../control-plane/dashboard/shapes.node.ts";
import { answers, messages, queries } from "../../control-plane/hub/messages.ts";
import { parseCursor } from "../../control-plane/hub/receipts/purge-list.ts";
import { judgeRun, judgeSecret, judgeTokens } from "../../control-plane/local/state/state-files.ts";
import { decodePush } from "../../control-plane/meter/push.ts";
import { readPrefetchBody } from "../../control-plane/prefetch/body.ts";
import { readSitemap } from "../../control-plane/prefetch/sitemap.ts";
import { PurgeSet } from "../../control-plane/purge/purge-set.ts";
import { scopeKey } from "../../control-plane/purge/scope.ts";
import { readAddressRecord } from "../../edge/geo/address-record.ts";
import { canonicalUrls } from "../../edge/request/cache-key.ts";
import { matchRoute } from "../../edge/route/match-route.ts";
import { runCommand } from "../control-plane/cli/run-command.ts";
import { CONFIGURATIONS } from "./configurations.ts";
import { anyValueOf, leaves, mutated, textOf } from "./inputs.ts";
import { must, mustEqual, type Target, target } from "./target.ts";

const configurations = fc.constantFrom(...CONFIGURATIONS);
const scopeTexts = textOf(
  "https://h.example",
  "http://localhost:8787",
  "//h",
  "/a",
  "/*",
  "?b=1&a=2",
  "*.h.example",
  "product-7",
  "constructor",
  "%2f",
  "[slug]",
);
const bodyOf = (sound: readonly unknown[], words: readonly string[], part: fc.Arbitrary<unknown> = leaves) =>
  fc.oneof(
    { weight: 6, arbitrary: mutated(sound, part).map((value) => JSON.stringify(value) ?? "") },
    { weight: 2, arbitrary: anyValueOf(words, part).map((value) => JSON.stringify(value) ?? "") },
    { weight: 1, arbitrary: textOf("{", "}", "[", "]", ",", ":", '"', "urls", "null", "1e999", '{"urls":["') },
  );

const PURGE = {
  urls: ["https://h.example/a"],
  prefixes: ["//h.example/b"],
  tags: ["t"],
  hosts: ["*.h.example"],
  soft: true,
  reason: "r",
  idempotencyKey: "k",
  wait: "applied",
  timeoutSeconds: 3,
  dryRun: false,
  settleSeconds: 5,
  minVersion: { notEtags: ['"a"'], lastModified: "2026-01-01T00:00:00Z" },
};
const CLOUDFLARE = {
  files: ["https://h.example/a", { url: "https://h.example/b", headers: { Origin: "x" } }],
  tags: ["t"],
  prefixes: ["h.example/c"],
  hosts: ["h.example"],
};
const DOT = { hub: "weur.abcd1234", counter: 3 };
const VECTOR = { "weur.abcd1234": 3, "apac.efgh5678": 1 };
const EVENT = {
  v: 1,
  kind: "purge",
  dot: DOT,
  at: 1_700_000_000_000,
  severity: "hard",
  scopes: [{ kind: "url", url: "https://h.example/a" }, { kind: "tag", tag: "t" }, { kind: "everything" }],
  by: "ci",
  requestDigest: "d",
  settleSeconds: 5,
};
const MESSAGES = [
  { v: 1, shard: 0, vector: VECTOR, want: VECTOR },
  {
    v: 1,
    from: "weur.abcd1234",
    region: "weur",
    vector: VECTOR,
    events: [EVENT],
    held: { weur: { hub: "weur.abcd1234", vector: VECTOR } },
    holders: { weur: "weur.abcd1234" },
    base: { vector: VECTOR, events: [], replaced: ["weur.abcd1234"] },
  },
  { v: 1, dots: [DOT], timeoutMillis: 100 },
  { v: 1, scopes: EVENT.scopes, severity: "soft", by: "ci", wait: "accepted", timeoutSeconds: 1 },
  { v: 1, region: "weur", drained: true, by: "ci" },
  { v: 1, hub: "weur.abcd1234", region: "weur", vector: VECTOR, events: [EVENT], more: false, heard: { apac: 5 } },
  { v: 1, region: "weur", states: [{ held: true, completeIn: 5, entries: 1 }] },
];
const SHAPES = answerShapes();
const TOKEN = { name: "ci", sha256: "a".repeat(64), scopes: ["purge"], hosts: ["h.example", "*.b.example"] };
const RUN = {
  v: 1,
  launcherPid: 1,
  startedAt: "2026-01-01T00:00:00Z",
  frontDoor: "http://127.0.0.1:8787",
  regions: { weur: { pid: 1, url: "http://127.0.0.1:8801" } },
};
const RECEIPT = {
  id: "weur.abcd1234.3",
  state: "applied",
  soft: false,
  scopes: { urls: ["https://h.example/a"] },
  by: "ci",
  acceptedAt: "2026-01-01T00:00:00Z",
  hub: "weur.abcd1234",
  regions: [{ region: "weur", state: "applied", entries: 1 }],
  missing: [],
  signature: "s",
};

function mustBePurge(read: PurgeBody): void {
  if (read.kind === "problem") {
    must(read.problem.status >= 400 && read.problem.status < 500, "is refused strangely:", read.problem);
    return;
  }
  const { scopes } = read.request;
  must(scopes.length > 0 && scopes.length <= 2 * LIMITS.purgeScopes, "has no scopes, or many");
  must(new Set(scopes.map(({ scope }) => scopeKey(scope))).size === scopes.length, "has a scope twice");
  const { command } = read.request;
  // The hub takes what the API has accepted, and a purge set knows what to do with it.
  const asked = messages.purges.safeParse({ ...command, scopes: scopes.map(({ scope }) => scope), by: "ci" });
  must(asked.success, "is accepted, and the hub refuses it:", asked.error?.issues);
  for (const { scope } of scopes) mayPurge(TOKEN as Parameters<typeof mayPurge>[0], scope);
}

export const MESSAGES_TARGETS: readonly Target[] = [
  target(
    "purge-body",
    fc.tuple(bodyOf([PURGE, { everything: true }], Object.keys(PURGE), fc.oneof(scopeTexts, leaves)), configurations),
    ([text, { aliases }]) => {
      mustBePurge(readPurgeBody(text, aliases));
    },
  ),

  target(
    "compatible-purges",
    fc.tuple(
      bodyOf([CLOUDFLARE, { surrogate_keys: ["a", "b"] }], Object.keys(CLOUDFLARE), scopeTexts),
      scopeTexts,
      configurations,
    ),
    ([text, word, { aliases }]) => {
      mustBePurge(readCloudflarePurge(text, "soft", aliases));
      for (const call of [
        { kind: "keys", body: text, field: word },
        { kind: "key", key: word },
        { kind: "url", target: word },
      ] as const) {
        mustBePurge(readFastlyPurge(call, true, aliases));
      }
      readWait(word);
    },
  ),

  target(
    "prefetch-body",
    fc.tuple(
      bodyOf(
        [
          {
            urls: ["https://h.example/"],
            sitemap: "https://h.example/s.xml",
            regions: ["weur"],
            from: "JP",
            after: "weur.abcd1234.1",
          },
        ],
        ["urls", "sitemap", "regions"],
        fc.oneof(scopeTexts, leaves),
      ),
      configurations,
    ),
    ([text, config]) => {
      const read = readPrefetchBody(text, config);
      if (read.kind === "problem") return;
      const { urls, sitemap } = read.prefetch;
      for (const url of [...urls, ...(sitemap === undefined ? [] : [sitemap])])
        mustEqual(normaliseUrl(url), { kind: "url", url }, "is not spelt:");
    },
  ),

  target(
    "sitemap",
    textOf(
      "<urlset>",
      "</urlset>",
      "<url>",
      "</url>",
      "<loc>",
      "</loc>",
      "https://h.example/a",
      "<sitemapindex>",
      "&amp;",
      "&#0;",
      "&#x110000;",
      "&lol;",
      "<!--",
      "-->",
      "<![CDATA[",
      "]]>",
      "<!DOCTYPE",
      "<?xml",
      "?>",
      "<a b='>'/>",
      "<constructor>",
    ),
    (text) => {
      const read = readSitemap(text, 10);
      if (read.kind !== "invalid")
        must(read.locations.length <= 10 && read.omitted >= 0, "names many:", read.locations.length);
    },
  ),

  target(
    "hub-messages",
    fc.oneof(mutated(MESSAGES), anyValueOf(["v", "vector", "events", "dots", "scopes"])),
    (value) => {
      for (const schema of [...Object.values(messages), ...Object.values(answers), ...Object.values(queries)]) {
        const read = readShape(schema, value);
        if (read.success)
          must(
            schema.safeParse(JSON.parse(JSON.stringify(read.data))).success,
            "is no message when it is sent on:",
            value,
          );
      }
    },
  ),

  target("purge-set", fc.array(mutated([EVENT]), { maxLength: 3 }), (values) => {
    for (const { routes } of CONFIGURATIONS) {
      const set = new PurgeSet(canonicalUrls(routes));
      const read = readShape(messages.exchange, { ...MESSAGES[1], events: values });
      if (!read.success) continue;
      for (const event of read.data.events) {
        if (event.kind === "purge" && event.dot.counter === (set.vector[event.dot.hub] ?? 0) + 1) set.apply(event);
      }
    }
  }),

  target(
    "tokens",
    fc.tuple(bodyOf([[TOKEN]], Object.keys(TOKEN)), textOf("Bearer", " ", "abc", "=", ".", "bearer ")),
    ([text, field]) => {
      const read = parseTokens(text);
      const scope = { kind: "url", url: "https://other.example/" } as const;
      if (read.kind === "tokens")
        for (const token of read.tokens)
          must(
            token.hosts?.includes("h.example") !== true ||
              !mayPurge(token, scope) ||
              token.hosts.some((host) => host.includes("other")),
            "may purge another's host:",
            token,
          );
      bearerToken(field);
      judgeTokens(text);
      judgeSecret(text);
    },
  ),

  target(
    "configuration",
    fc.oneof(
      mutated(
        [JSON.parse(JSON.stringify(bundled)), ...CONFIGURATIONS],
        fc.oneof(leaves, textOf("/a/*", "*.h.example", "H.example", "[::1]", "/../", "weur", "key")),
      ),
      anyValueOf(["origins", "routes", "regions", "aliases", "name", "match"]),
    ),
    (value) => {
      const read = validate(value);
      if (read.kind === "invalid") {
        must(
          read.errors.length > 0 && read.errors.every(({ path, detail }) => typeof path === "string" && detail !== ""),
          "says nothing:",
          read,
        );
        return;
      }
      const again = validate(JSON.parse(JSON.stringify(read.config)));
      must(again.kind === "valid", "is valid once only:", again);
      matchRoute(read.config.routes, { host: "h.example", path: "/a", method: "GET" });
    },
  ),

  target(
    "dashboard",
    fc.oneof(
      mutated([
        RECEIPT,
        { receipts: [RECEIPT] },
        { regions: [{ id: "weur", state: "live" }] },
        { entries: 1, bytes: 2 },
      ]),
      anyValueOf(["regions", "receipts", "id", "entries"]),
    ),
    (value) => {
      for (const name of Object.keys(SHAPES.answers) as AnswerName[]) faultIn(value, name, SHAPES);
      problemOf(500, value);
    },
  ),

  target(
    "meter-push",
    fc.tuple(
      bodyOf(
        [
          {
            v: 1,
            source: "s",
            sequence: 1,
            deltas: { counters: { "meridian_requests|a|b": 1 }, gauges: {}, distributions: {} },
          },
        ],
        ["v", "source", "deltas"],
      ),
      textOf("meridian_requests", "|", "pages", "constructor"),
    ),
    ([text, key]) => {
      decodePush(text);
      parseSeriesKey(key as Parameters<typeof parseSeriesKey>[0]);
    },
  ),

  target("state-files", bodyOf([RUN], Object.keys(RUN)), (text) =>
    must(typeof judgeRun(text).kind === "string", "is no answer"),
  ),

  target(
    "address-record",
    fc.oneof(
      mutated([
        { country: { iso_code: "DE" }, location: { latitude: 1, longitude: 2 } },
        { country_code: "JP", latitude: "1", longitude: "2" },
      ]),
      leaves,
    ),
    (record) => {
      const { country, point } = readAddressRecord(record);
      must(country === undefined || /^[A-Z]{2}$/.test(country), "is no country:", country);
      must(
        point === undefined || (Math.abs(point.latitude) <= 90 && Math.abs(point.longitude) <= 180),
        "lies nowhere:",
        point,
      );
    },
  ),

  target("cursor", textOf("1700000000000", "~", "weur.abcd1234.3", "."), (text) => {
    const read = parseCursor(text);
    must(
      read === undefined || (Number.isSafeInteger(read.at) && Number.isSafeInteger(read.dot.counter)),
      "is no place:",
      read,
    );
  }),

  target(
    "scope-list",
    fc.tuple(
      textOf("url:", "prefix:", "tag:", "host:", "\n", "#", " ", "https://h/a", "everything"),
      textOf("https://h/a"),
    ),
    ([list, url]) => {
      const read = gatherScopes({ url: [url] }, list);
      if (read.kind === "scopes") must(!read.scopes.everything, "a line purges everything:", list);
    },
  ),

  target(
    "sign-command",
    fc.tuple(
      textOf("https://h.example", "/a/", "?", "meridian-key=1", "[", "|"),
      textOf("1h", "90s", "2026-12-31T23:00:00Z", "0d", "9".repeat(20)),
      fc.constantFrom("URL_KEY", "__proto__", "constructor"),
    ),
    async ([url, expires, secret]) => {
      const { exit } = await runCommand(
        registerSign,
        ["sign", "--key", "k", "--secret-name", secret, `--expires=${expires}`, "--", url],
        { environment: { URL_KEY: "s" } },
      );
      must(exit === 0 ? secret === "URL_KEY" : exit === 2, "ends strangely:", exit);
    },
  ),
];
