// URLs and everything that is spelt, matched or signed by them; IP addresses and places.

import fc from "fast-check";
import { LIMITS } from "../../config/limits.ts";
import type { Config, Route } from "../../config/schema/schema.ts";
import { withoutAlias } from "../../config/spelling/host-aliases.ts";
import { hostNameOf, normalHost } from "../../config/spelling/normal-host.ts";
import { normaliseUrl, targetOfUrl } from "../../config/spelling/normal-url.ts";
import { purgeSpelling } from "../../config/spelling/purge-spelling.ts";
import { SIGNATURE_PARAMETERS } from "../../config/spelling/signed-url.ts";
import { epochMillis } from "../../config/units.ts";
import { parseIpAddress } from "../../config/world/ip-address.ts";
import { clientNetwork, parseIpNetwork } from "../../config/world/ip-network.ts";
import { parseMeridianFrom } from "../../config/world/meridian-from.ts";
import { parsePlaces } from "../../control-plane/latency/places.ts";
import { PURGE_LIMITS } from "../../control-plane/purge/limits.ts";
import { probesOf, purgeTarget } from "../../control-plane/purge/purge-target.ts";
import {
  type ParsedScope,
  parseHostScope,
  parsePrefixScope,
  parseTagScope,
  parseUrlScope,
  scopeKey,
} from "../../control-plane/purge/scope.ts";
import { formatDot, parseDot } from "../../control-plane/purge/vector.ts";
import { redirectOf } from "../../edge/action/redirect.ts";
import { originPath } from "../../edge/action/rewrite.ts";
import { actionsOf } from "../../edge/action/route-actions.ts";
import { checkSignature, takeSignature } from "../../edge/action/signed-url.ts";
import { Fields } from "../../edge/http/fields.ts";
import { EDGE_LIMITS } from "../../edge/limits.ts";
import { admit } from "../../edge/request/admit.ts";
import { cacheKey, canonicalUrls, wholeTarget } from "../../edge/request/cache-key.ts";
import { readingsOf } from "../../edge/route/folded-path.ts";
import { matchRoute } from "../../edge/route/match-route.ts";
import { chooseRoute, isProtected } from "../../edge/route/protected-route.ts";
import { resolveOrigin } from "../../origin/resolve-origin.ts";
import { CONFIGURATIONS } from "./configurations.ts";
import { INHERITED, textOf } from "./inputs.ts";
import { must, mustEqual, type Target, target } from "./target.ts";

const hosts = textOf(
  "h.example",
  "www.h.example",
  "localhost",
  "127.0.0.1:8787",
  ":443",
  ":80",
  ".",
  "xn--",
  "[::1]",
  "0x7f.1",
  "old.example",
);
const rests = textOf(
  "/",
  "vip",
  "/vip/",
  "/account/",
  "/eu/",
  "/a",
  "..",
  ";",
  "?",
  "&",
  "a=1",
  "b",
  "f[]=1",
  "utm_x=2",
  "%2f",
  "%2F",
  "%5c",
  "%252f",
  "%2e",
  "%41",
  "%7E",
  "|",
  "{",
  ".jpg",
  "/me|you",
);
const urls = fc
  .tuple(
    fc.constantFrom("http://", "https://", "HTTPS://"),
    fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom("h.example", "127.0.0.1:8787", "localhost:8787", ...INHERITED) },
      hosts,
    ),
    rests,
  )
  .map(([scheme, host, rest]) => `${scheme}${host}/${rest}`);
const configurations = fc.constantFrom(...CONFIGURATIONS);
const now = epochMillis(1_800_000_000_000);

/** How a URL looks that is spelt once and for all. */
const SPELT =
  /^https?:\/\/(?:[a-z0-9_.-]+|\[[0-9a-f:.]+\])(?::[0-9]+)?\/[A-Za-z0-9\-._~!$&'()*+,;=:@/%]*(?:\?[A-Za-z0-9\-._~!$&()*+,;=:@/?%[\]]+)?$/;

const routed = (config: Config, url: string): Route | undefined => {
  const { host, pathname: path } = new URL(url);
  return matchRoute(config.routes, { host, path, method: "GET" });
};

export const ADDRESSES: readonly Target[] = [
  target("normal-url", fc.oneof(urls, textOf("http://", "https://", "h", "/", "?", "#", "@", ":")), (text) => {
    const normal = normaliseUrl(text);
    if (normal.kind === "invalid") return;
    const { url } = normal;
    must(SPELT.test(url) && url.length <= LIMITS.urlCharacters, "is no spelling:", url);
    mustEqual(normaliseUrl(url), normal, "has yet another spelling:");
    must(new URL(url).pathname === targetOfUrl(url).split("?")[0], "is read in another way by the URL parser:", url);
    const folded = purgeSpelling(url);
    must(purgeSpelling(folded) === folded, "has yet another purge spelling:", folded);
    const both = url.slice(url.indexOf("//"));
    must(purgeSpelling(both) === folded.slice(folded.indexOf("//")), "folds otherwise without its scheme:", url);
  }),

  target("host", hosts, (text) => {
    const host = normalHost(text);
    if (host.kind === "invalid") return;
    mustEqual(normalHost(host.host), host, "has yet another spelling:");
    must(hostNameOf(`http://${host.host}/`) === host.name, "is another host in a URL:", host);
    for (const { aliases } of CONFIGURATIONS) {
      const once = withoutAlias(aliases, `http://${host.host}/a`);
      must(withoutAlias(aliases, once) === once && normaliseUrl(once).kind === "url", "has a strange alias:", once);
    }
  }),

  target("key", fc.tuple(configurations, urls, rests), ([config, text, value]) => {
    const normal = normaliseUrl(text);
    const route = normal.kind === "url" ? routed(config, normal.url) : undefined;
    if (normal.kind === "invalid" || route === undefined) return;
    const fields = Fields.from([
      ["constructor", value],
      ["cookie", `__proto__=${value}; a=b`],
      ["user-agent", value],
    ]);
    const { key, url, forwardPath } = cacheKey({ url: normal.url, fields, country: "DE" }, route);
    const { origin } = new URL(normal.url);
    const again = cacheKey({ url: `${origin}${forwardPath}`, fields, country: "DE" }, route);
    mustEqual(again, { key, url, forwardPath }, "what is forwarded has another key:");
    must(url === purgeSpelling(url), "its URL is no purge spelling:", url);
    const origins = config.origins[route.origin];
    must(origins !== undefined, "its origin is not there");
    for (const path of [forwardPath, wholeTarget(normal.url, route), targetOfUrl(normal.url)]) {
      must(resolveOrigin(origins, originPath(route, path), "global-fetch").kind === "target", "no origin takes:", path);
    }
    const target = purgeTarget(url, []);
    must(
      target.prefixes.length <= 2 * PURGE_LIMITS.scopeDepth + 1 && target.hosts.length <= PURGE_LIMITS.scopeDepth + 1,
      "has many targets",
    );
    for (const named of [normal.url, normal.url.slice(normal.url.indexOf("//")), text]) {
      must(canonicalUrls(config.routes)(named).includes(url), "a purge does not cover what it names:", named, url);
    }
  }),

  target(
    "purge-of-another-spelling",
    fc.tuple(configurations, urls, fc.infiniteStream(fc.nat(3))),
    ([config, text, dice]) => {
      const normal = normaliseUrl(text);
      const route = normal.kind === "url" ? routed(config, normal.url) : undefined;
      if (normal.kind === "invalid" || route === undefined) return;
      const { url } = cacheKey({ url: normal.url, fields: new Fields() }, route);
      const target = targetOfUrl(normal.url);
      // Any character but those that part segments, parameters and escapes may be escaped, or its escape be written small.
      const respelt = target.replace(/%[0-9A-F]{2}|[^/?&=%+.*]/g, (character) => {
        const turn = dice.next().value;
        if (character.length === 3) return turn === 0 ? character.toLowerCase() : character;
        return turn === 0 ? `%${character.charCodeAt(0).toString(16)}` : character;
      });
      const named = normal.url.slice(0, -target.length) + respelt;
      if (named.length > LIMITS.urlCharacters) return;
      must(
        canonicalUrls(config.routes)(named).includes(url),
        "a purge of another spelling does not cover it:",
        named,
        url,
      );
    },
  ),

  target(
    "admission",
    fc.tuple(configurations, urls, fc.constantFrom("GET", "HEAD", "POST", "OPTIONS", ...INHERITED), rests, rests),
    ([config, url, method, from, demand]) => {
      const fields = Fields.from([
        ["meridian-from", from],
        ["meridian-min-purge", demand],
        ["cdn-loop", from],
        ["host", new URL("http://h.example").host],
      ]);
      for (const given of [fields, new Fields()]) {
        const admitted = admit({
          method,
          url,
          fields: given,
          cf: undefined,
          assertedAddress: undefined,
          local: true,
          region: "weur",
          countryOf: () => undefined,
          config,
        });
        if (admitted.kind === "refused") {
          must([400, 404, 405, 414, 431, 508].includes(admitted.status), "is refused strangely:", admitted);
          continue;
        }
        must(config.routes.includes(admitted.route), "follows a route that is not there");
        const redirect = actionsOf(admitted.route)?.redirect;
        const sent = redirect && redirectOf(redirect, { url: admitted.url, method, secure: "no" });
        if (sent === undefined) continue;
        const { host } = new URL(sent.location);
        must([admitted.host, "h.example"].includes(host), "is sent to another host:", sent);
      }
    },
  ),

  target("readings", fc.tuple(configurations, rests), ([config, rest]) => {
    const normal = normaliseUrl(`http://h.example/${rest}`);
    if (normal.kind === "invalid") return;
    const path = new URL(normal.url).pathname;
    const readings = readingsOf(path);
    must(
      readings.has(path) && readings.size <= 1 + 12 * (EDGE_LIMITS.unescapeRounds + 1),
      "has strange readings:",
      path,
    );
    const subject = { host: "h.example", path, method: "GET" };
    const written = matchRoute(config.routes, subject);
    const choice = chooseRoute(config.routes, subject, "strict");
    must((written === undefined) === (choice.kind === "none"), "has another route or none:", path);
    if (choice.kind !== "route" || written === undefined) return;
    must(choice.route === written || isProtected(choice.route), "lost its route to an unprotected one:", path);
    must(!isProtected(written) || choice.route === written, "lost its protection:", path);
  }),

  target(
    "signature",
    fc.tuple(
      urls,
      textOf(
        "meridian-expires=1999999999",
        "&",
        "meridian-key=k1",
        "meridian-signature=",
        "A".repeat(43),
        "meridian-prefix=/",
        "meridian-prefix=/vip/",
        "meridian-address=1",
      ),
    ),
    ([text, query]) => {
      const normal = normaliseUrl(`${text}?${query}`);
      if (normal.kind === "invalid") return;
      const cookie = `a=b; meridian-signature=${query}`;
      const { url, fields, parameters } = takeSignature(normal.url, Fields.from([["cookie", cookie]]));
      mustEqual(takeSignature(url, fields), { url, fields, parameters: [] }, "still has a signature:");
      const names = new Set<string>(Object.values(SIGNATURE_PARAMETERS));
      const left = targetOfUrl(url).split("?").slice(1).join("?").split("&");
      must(!left.some((part) => names.has(part.split("=", 1)[0] ?? "")), "still has a parameter:", url);
      const checked = checkSignature(parameters, { url, hosts: new Set(["h.example"]), address: undefined, now });
      if (checked.kind === "refused") must(checked.code.startsWith("signature-"), "is refused strangely:", checked);
      else
        must(
          checked.texts.every((line) => line.split("\n").length === 5),
          "signs a strange text:",
          checked,
        );
    },
  ),

  target("scope", fc.oneof(urls, rests, hosts, textOf("//", "h", "*.", "/*", ":80")), (text) => {
    const again = { url: parseUrlScope, prefix: parsePrefixScope, tag: parseTagScope, host: parseHostScope };
    for (const [kind, parse] of Object.entries<(text: string) => ParsedScope>(again)) {
      const parsed = parse(text);
      if (parsed.kind === "invalid") continue;
      const key = scopeKey(parsed.scope);
      // A prefix that ends in an escaped asterisk is one that a user writes in that way.
      const said = parse(key.slice(kind.length + 1));
      must(said.kind === "scope" && scopeKey(said.scope) === key, "has yet another spelling:", key, said);
      for (const { routes } of CONFIGURATIONS)
        must(probesOf(parsed.scope, canonicalUrls(routes)).length <= 16, "has many probes:", key);
    }
  }),

  target(
    "ip-address",
    textOf(
      "127.0.0.1",
      "::",
      ":",
      "1",
      ".",
      "255",
      "ffff",
      "2001:db8::",
      "/",
      "32",
      "[",
      "]",
      "%eth0",
      "256",
      "::ffff:1.2.3.4",
    ),
    (text) => {
      const address = parseIpAddress(text);
      if (address !== undefined) {
        mustEqual(parseIpAddress(address.text), address, "has yet another spelling:");
        must(parseIpNetwork(clientNetwork(address.text)).kind !== "invalid", "has no network:", address);
      }
      must(typeof parseIpNetwork(text).kind === "string", "is no answer");
    },
  ),

  target(
    "place",
    textOf("JP", "de", "35.68", ",", "139.69", "-", "+", " ", ";", "203.0.113.7", "::1", "XX"),
    (text) => {
      const from = parseMeridianFrom(text);
      if (from.kind === "coordinates") {
        const { latitude, longitude } = from.coordinates;
        must(Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180, "lies nowhere:", from);
      }
      must(typeof parsePlaces(text).kind === "string", "is no answer");
    },
  ),

  target("dot", textOf("weur", ".", "abcd", "1", "0", "apac.abcd1234.17"), (text) => {
    const dot = parseDot(text);
    must(dot === undefined || (formatDot(dot) === text && Number.isSafeInteger(dot.counter)), "is another dot:", text);
  }),
];
