// The schema of Meridian's configuration file: it validates, sets defaults, and defines the types. `validate.ts` then checks rules
// between fields (such as a route with an unknown origin). The configuration is plain data, sent to every region as JSON.

import { z } from "zod";
import { REGION_IDS } from "../world/regions.ts";
import { actionsSchema, fieldName } from "./action-schema.ts";
import { FRAMEWORK_NAMES } from "./frameworks.ts";

const regionId = z.enum(REGION_IDS);
const coordinates = z.strictObject({
  latitude: z.number().min(-90).max(90),
  longitude: z.number().min(-180).max(180),
});
const name = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,31}$/, "a name: a lower-case letter, then up to 31 letters, digits or hyphens");
const durationSeconds = z.number().min(0).max(31_536_000);

/** An origin: the source of a route's responses, and the limits of requests to it. */
export const originSchema = z.strictObject({
  /** Scheme, host and optional port; a path is not allowed. */
  url: z.url({ protocol: /^https?$/ }),
  /** Its place, which determines shields and emulated distances. */
  place: z.union([regionId, coordinates]).optional(),
  /** The only region whose shards contact this origin, then its fallbacks. By default the nearest first. */
  shield: z.union([regionId, z.array(regionId).min(1)]).optional(),
  /** The `Host` that the origin sees; its own by default, "client" passes the client's. */
  host: z.union([z.literal("client"), z.string().min(1)]).optional(),
  /** A secret field by which the origin knows that a request came through Meridian: its value is the environment's secret of this name. */
  secretHeader: z.strictObject({ name: fieldName, secret: z.string().min(1) }).optional(),
  /** Concurrent requests per shield shard (at most four on the platform: an object may wait for six answers at once). */
  maxConcurrent: z.int().min(1).max(256).default(4),
  /** Requests queued for a turn, per shield shard; further ones are refused with 503. */
  maxQueued: z.int().min(0).max(10_000).default(1024),
  /** How long a request may wait for a turn. */
  queueTimeoutSeconds: durationSeconds.default(10),
  /** Timeout for the origin's response head. */
  headerTimeoutSeconds: durationSeconds.default(30),
  /** How long the origin's body may pause. */
  idleTimeoutSeconds: durationSeconds.default(30),
  /**
   * The breaker opens after this many failures in a row, and tries one request again after `breakerOpenSeconds`. Failures that
   * one page can cause (an answer of 502, 503 or 504, a lost connection, silence) count only together with those of two other
   * parts of the site: one failing page never closes the others.
   */
  breakerFailures: z.int().min(1).max(1000).default(10),
  breakerOpenSeconds: durationSeconds.default(5),
  /** A safe request may be retried once while retries are at most this share of requests. */
  retryBudget: z.number().min(0).max(1).default(0.2),
});

/** Lifetimes: unset fields leave them to the origin's `Cache-Control`. */
const ttlSchema = z.strictObject({
  /** Overrides the origin's freshness for cacheable successful responses. */
  edgeSeconds: durationSeconds.optional(),
  /** Freshness if the origin gives none and has no `Last-Modified`. */
  defaultSeconds: durationSeconds.optional(),
  /** Freshness by status for errors without the origin's own (`{ 404: 5 }`). */
  byStatus: z
    .record(z.string().regex(/^[2-5][0-9]{2}$/, "a final status code, 200 to 599"), durationSeconds)
    .default({}),
  /** Serve stale while revalidating in the background, unless the origin sets it. */
  staleWhileRevalidateSeconds: durationSeconds.default(0),
  /** Serve stale if the origin fails or is unreachable, unless the origin sets it. */
  staleIfErrorSeconds: durationSeconds.default(300),
  /** The upper bound for serving stale, regardless of the origin. */
  maxStaleSeconds: durationSeconds.optional(),
});

/** The cache key's parts, and so the parts of a request that the origin receives. */
const keySchema = z.strictObject({
  /** Which query parameters count: all, none, only these, or all but these (`utm_*` allowed). */
  query: z
    .union([
      z.enum(["all", "none"]),
      z.strictObject({ only: z.array(z.string()) }),
      z.strictObject({ except: z.array(z.string()) }),
    ])
    .default("all"),
  /**
   * `keep`: the order of parameters counts, and the origin is asked in the order that the client wrote. `sort`: they are sorted by
   * name (those of one name keep their order), in the key and in the request, so that all orders share one entry. Not for origins
   * that sign their queries or read `a[][x]`. A purge of a URL is about every order, either way.
   */
  queryOrder: z.enum(["keep", "sort"]).default("keep"),
  /** Request fields in the key. */
  headers: z.array(fieldName).max(8).default([]),
  /** Cookies in the key; only these reach the origin without making the request personal. */
  cookies: z.array(z.string().min(1)).max(8).default([]),
  /** Whether the client's country is in the key. */
  country: z.boolean().default(false),
  /** Whether the client's device class is in the key: mobile, tablet, desktop or bot, by User-Agent and Sec-CH-UA-Mobile. */
  device: z.boolean().default(false),
});

/** Which requests a rule is for; every part that is given must match. */
const matchSchema = z.strictObject({
  /** Exact hosts without port, or `*.example.com` for its subdomains. */
  hosts: z.array(z.string().min(1)).min(1).optional(),
  /** Paths: exact, or ending in `*` for everything below; `*.jpg` matches by ending. */
  paths: z.array(z.string().min(1)).min(1).optional(),
  methods: z
    .array(z.string().regex(/^[A-Z]+$/, "a method in capital letters, such as GET"))
    .min(1)
    .optional(),
});

/** A rule for a set of URLs. The first route that matches is used; the last should match everything. */
export const routeSchema = z.strictObject({
  name,
  match: matchSchema.default({}),
  origin: name,
  /** `cache`: by RFC 9111 and what follows; `bypass`: forward everything but the content of GET and HEAD, which is refused (400); store nothing. */
  mode: z.enum(["cache", "bypass"]).default("cache"),
  ttl: ttlSchema.prefault({}),
  key: keySchema.prefault({}),
  /** `key`: the origin sees what the key and the selecting fields determine; `all`: everything, with only `Vary` between clients. */
  forward: z.enum(["key", "all"]).default("key"),
  /**
   * Request fields that every fill sends and that select variants on this route, whether or not `Vary` names them. Without
   * being listed, Accept-Encoding does, and Accept, Accept-Language and Origin do for URLs whose answers name them in `Vary`.
   */
  variantHeaders: z.array(fieldName).max(16).default([]),
  /**
   * Whether any other request field that an answer names in `Vary` selects variants of its URL from then on, up to eight a URL.
   * Otherwise requests that have such a field go to the origin, and `Cache-Status` says `detail=vary-withheld`.
   */
  detectVary: z.boolean().default(false),
  /**
   * The framework that the origin runs: adds the request fields and cookies by which its servers answer differently to
   * `variantHeaders` and `bypassCookies` (config/schema/frameworks.ts has each).
   */
  framework: z.enum(FRAMEWORK_NAMES).optional(),
  /** Cookies with which a request bypasses the cache, such as a preview's; `wordpress_logged_in_*` means all such names. */
  bypassCookies: z.array(z.string().min(1).max(128)).max(16).default([]),
  /** Whether a client's `Cache-Control` may ask for revalidation. */
  clientCacheControl: z.enum(["honour", "ignore"]).default("honour"),
  /**
   * A response with `Set-Cookie` is stored only if it says `public` or `s-maxage` (`explicit`), never, or like any other
   * (`always`, as RFC 9111 section 7.3 has it: every client then gets the same cookie).
   */
  storeSetCookie: z.enum(["explicit", "never", "always"]).default("explicit"),
  /**
   * Whether the answer to a request with `Authorization`, or with a cookie that is not in the key, may be stored for all:
   * `never`, or where it says `public`, `s-maxage` or `must-revalidate` (`explicit`, RFC 9111 section 3.5). With `never`, such
   * an answer still has the URL fetched once more, without the credentials, for everybody else.
   */
  storePersonal: z.enum(["never", "explicit"]).default("never"),
  /**
   * Whether the answer to a POST that gives a lifetime and names its own URL in `Content-Location` answers GETs of that URL
   * (RFC 9110 section 9.3.3). It may hold what one client sent, and the origin alone vouches that it is everybody's.
   */
  storePost: z.enum(["never", "explicit"]).default("never"),
  /**
   * Response fields that speak to this cache above `Cache-Control` (RFC 9213), the first that is valid alone. Our own
   * `Meridian-CDN-Cache-Control` always comes before them.
   */
  targets: z.array(fieldName).max(8).default(["CDN-Cache-Control", "Surrogate-Control"]),
  /**
   * What a 304 is worth whose validator is not the stored response's: `strict` fetches again (RFC 9111 section 4.3.4),
   * `lenient` believes the origin and keeps the stored one, for servers that change the tag of what they compress.
   */
  notModified: z.enum(["strict", "lenient"]).default("strict"),
  /**
   * Where a successful unsafe request invalidates responses (RFC 9111 section 4.4, RFC 9875): in its own region and at the
   * shield, or `everywhere`, as a purge. Clients that may send such requests can then cause purges, within a rate. A group
   * becomes a tag, which invalidates on all hosts, while RFC 9875 means those of one site: over-purging costs a refetch. If hosts
   * have different owners, prefix each owner's groups.
   */
  invalidation: z.enum(["region", "everywhere"]).default("region"),
  /** Whether `Cache-Status` includes the cache key, for debugging which requests share entries. */
  showKey: z.boolean().default(false),
  /** The only regions that may store or see these responses. A request that none of them can serve gets an error. */
  residency: z.array(regionId).min(1).optional(),
  /**
   * Regions for clients of a country (ISO 3166 code) or continent (AF AN AS EU NA OC SA), before distance decides. Where a
   * code is both, it is the continent's: `SA` is South America, `country:SA` Saudi Arabia.
   */
  prefer: z
    .record(
      z.string().regex(/^(country:)?[A-Z]{2}$/, "a country or continent in two capital letters"),
      z.array(regionId).min(1),
    )
    .default({}),
  /** What a region does while it cannot reach its hub. */
  whenCutOff: z.enum(["serve", "revalidate", "refuse"]).default("serve"),
  /**
   * Whether edges keep copies of popular responses, each for at most the two seconds of its shard's lease: the fastest answers,
   * without a request to the shard. A `complete` purge has reached them; one that is only `applied` may not have, and a client
   * may see a change made elsewhere up to two seconds late.
   */
  edgeCopies: z.boolean().default(false),
  /**
   * `auto`: text that the origin sends uncompressed is stored and served compressed, in each client's preferred coding; except
   * responses that have `no-transform`, are personal or are not stored. `off`: bodies are as the origin sends them.
   */
  compress: z.enum(["auto", "off"]).default("auto"),
  /**
   * Whether clients may open WebSockets. Elsewhere an `Upgrade` is ignored, as RFC 9110 section 7.8 allows: a WebSocket goes from the
   * edge straight to the origin, past cache, gate and shield, and no other request may.
   */
  websocket: z.boolean().default(false),
  /** Changes to requests and responses, in the order of edge/action/README.md. */
  actions: actionsSchema.optional(),
});

/** A participating region: its place and shards. */
export const regionSchema = z.strictObject({
  /** Where its shards run; the place of the location hint by default. */
  place: coordinates.optional(),
  /** Shards, each with a weight: 2 holds twice the keys of 1, and 0 none (to take a shard out). A number n means n shards of weight 1. */
  shards: z.union([z.int().min(1).max(256), z.array(z.number().min(0).max(100)).min(1).max(256)]).default(4),
  /** A Durable Object jurisdiction that binds this region's shards and hub in production. */
  jurisdiction: z.enum(["eu", "fedramp"]).optional(),
});

export const configSchema = z.strictObject({
  origins: z.record(name, originSchema),
  regions: z.partialRecord(regionId, regionSchema.prefault({})),
  routes: z.array(routeSchema).min(1).max(256),
  /** Bytes of entries that one isolate may hold (shared by the shards that live in it). */
  memoryMiB: z.number().min(1).max(100).default(64),
  /** How long an entry is kept at most, fresh or stale. */
  maxRetentionSeconds: durationSeconds.default(7 * 86_400),
  /** Other hosts of a site (with their port, if any), each with the site's host, which is not an alias itself. */
  aliases: z.record(z.string().min(1), z.string().min(1)).default({}),
  /**
   * Whether a path that an origin may read as a protected route's (`//vip/a`, `/vip%2Fa`, `/x/..;/vip/a`, `/VIP/a`) is answered by that route.
   * Protected are routes with `signed`, `access`, `rateLimit`, `residency` or `mode: "bypass"`. Where two of them claim a path, it is refused.
   */
  strictPaths: z.boolean().default(true),
  /** The hostname of the control API and dashboard in production; locally they have a port of their own. */
  controlHost: z.string().min(1).optional(),
});

/** The configuration as written: defaults may be omitted. */
export type ConfigInput = z.input<typeof configSchema>;
/** The configuration with every default filled in. */
export type Config = z.output<typeof configSchema>;
export type Origin = z.output<typeof originSchema>;
export type Route = z.output<typeof routeSchema>;
export type RegionConfig = z.output<typeof regionSchema>;

/** Types a configuration file while it is written; checks nothing at run time (`validate` does). */
export const defineConfig = (config: ConfigInput): ConfigInput => config;
