// Schemas of the control API's answers: the OpenAPI document is generated from them, and a test validates every answer.
// Durations and sizes have their unit in the name; instants are ISO 8601 in UTC. Request bodies are in `purge-body.ts`. A field
// may be added here; none is renamed or removed within /v1.

import { z } from "zod";
import { LIMITS } from "../../config/limits.ts";
import { BREAKER_STATES } from "../../config/metrics/metric-catalogue.ts";
import { REGION_IDS } from "../../config/world/regions.ts";
import { EXAMPLES } from "./examples.ts";
import { CODES } from "./problems.ts";

const region = z.enum(REGION_IDS);
const instant = z.iso.datetime().meta({ description: "Instant, ISO 8601 in UTC", example: "2026-11-20T10:15:00.000Z" });
const count = z.number().min(0);

export const problemSchema = z
  .strictObject({
    type: z.string().meta({ description: "Identifies the problem: a fixed prefix and `code`" }),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.enum(CODES),
    errors: z
      .array(z.strictObject({ pointer: z.string(), detail: z.string() }))
      .max(LIMITS.problemErrors)
      .optional()
      .meta({ description: "Faults of the body, each located by a JSON pointer (RFC 6901)" }),
  })
  .meta({ id: "Problem", description: "An error (RFC 9457)", example: EXAMPLES.problem });

const receiptScopesSchema = z.strictObject({
  urls: z.array(z.string()),
  prefixes: z.array(z.string()),
  tags: z.array(z.string()),
  hosts: z.array(z.string()),
  everything: z.boolean(),
});

const signatureSchema = z
  .strictObject({
    alg: z.literal("EdDSA"),
    kid: z.string().meta({ description: "The key's id in GET /v1/keys" }),
    value: z.string().regex(/^[\w-]{86}$/),
  })
  .meta({ description: "Ed25519 over the receipt without this member, as canonical JSON (RFC 8785); base64url" });

export const receiptSchema = z
  .strictObject({
    id: z.string().meta({ description: "The purge's dot: region, incarnation and number in its hub's log" }),
    state: z.enum(["accepted", "applied", "complete", "partial"]).meta({
      description:
        "accepted: durable in two hubs; applied: the shards known to each hub have acknowledged it; complete: no node can serve an older response; partial: a region is unreachable (not final)",
    }),
    soft: z.boolean(),
    scopes: receiptScopesSchema,
    by: z.string().meta({ description: "Name of the token that requested it" }),
    reason: z.string().optional(),
    settleSeconds: z.number().optional().meta({ description: "For how long refills are not stored" }),
    minVersion: z
      .strictObject({ notEtags: z.array(z.string()).optional(), lastModified: instant.optional() })
      .optional()
      .meta({ description: "Which refills are stored nevertheless" }),
    acceptedAt: instant,
    appliedAt: instant.optional(),
    completeAt: instant.optional(),
    completeBy: instant.optional().meta({ description: "While it is not complete: when it is expected to be" }),
    hub: region.meta({ description: "The region whose hub accepted it" }),
    regions: z.array(
      z.strictObject({
        region,
        state: z.enum(["pending", "accepted", "applied", "complete"]),
        appliedAt: instant.optional(),
        entries: count.optional().meta({
          description: "Entries invalidated or marked stale, if all shards of the region counted them",
        }),
        reason: z.string().optional(),
      }),
    ),
    missing: z.array(region).meta({ description: "Regions not known to have it yet" }),
    detail: z.string().optional().meta({ description: "Why the requested state is not reached" }),
    signature: signatureSchema,
  })
  .meta({ id: "Receipt", example: EXAMPLES.receipt });

export const receiptPageSchema = z
  .strictObject({
    purges: z.array(receiptSchema),
    cursor: z.string().optional().meta({ description: "Pass it as `cursor` to get the next page" }),
  })
  .meta({ id: "ReceiptPage", description: "Receipts, newest first", example: EXAMPLES.receiptPage });

export const keySetSchema = z
  .strictObject({
    keys: z.array(
      z.looseObject({
        kty: z.literal("OKP"),
        crv: z.literal("Ed25519"),
        x: z.string().regex(/^[\w-]{43}$/),
        kid: z.string().meta({ description: "The key's thumbprint (RFC 7638)" }),
        alg: z.literal("EdDSA").optional(),
        use: z.literal("sig").optional(),
      }),
    ),
  })
  .meta({
    id: "KeySet",
    description: "Public keys (RFC 7517) that verify receipts",
    example: EXAMPLES.keySet,
  });

export const dryRunSchema = z
  .strictObject({
    dryRun: z.literal(true),
    soft: z.boolean(),
    scopes: receiptScopesSchema,
    entries: count,
    bytes: count,
    regions: z.array(
      z.strictObject({ region, entries: count.optional(), bytes: count.optional(), reason: z.string().optional() }),
    ),
    missing: z.array(region).meta({ description: "Regions that did not answer: their entries are not counted" }),
  })
  .meta({ id: "DryRun", description: "What a purge would invalidate. Nothing was purged", example: EXAMPLES.dryRun });

export const regionSchema = z
  .strictObject({
    id: region,
    name: z.string(),
    city: z.string(),
    country: z.string(),
    place: z.strictObject({ latitude: z.number(), longitude: z.number() }),
    shards: z.int().min(1),
    jurisdiction: z.string().optional(),
    status: z.enum(["up", "joining", "unreachable"]).meta({
      description: "joining: its hub answers, but accepts no purges yet",
    }),
    drained: z.boolean().meta({ description: "Serves no clients" }),
    reason: z.string().optional(),
    hub: z
      .strictObject({
        id: z.string(),
        startedAt: instant,
        logLength: z.int().min(0),
        forgotten: z
          .strictObject({ events: z.int().min(0), at: instant })
          .optional()
          .meta({
            description: "Events dropped from its log, and when it last dropped some",
          }),
        emptied: z.strictObject({ at: instant, by: region }).optional().meta({
          description:
            "When it last returned from an absence longer than the logs cover, and therefore purged its whole region; and whose hub reported it",
        }),
        vector: z.record(z.string(), z.int().min(0)),
        members: z.array(
          z.strictObject({
            region,
            hub: z.string(),
            heardAt: instant.optional(),
            unansweredSince: instant.optional().meta({
              description:
                "Since when it has not answered this hub; absent if it answers, or received no recent request",
            }),
          }),
        ),
        subscribers: z.array(z.int().min(0)).meta({ description: "Shards that recently subscribed to its purges" }),
      })
      .optional(),
  })
  .meta({ id: "Region", example: EXAMPLES.region });

export const regionListSchema = z
  .strictObject({
    answeredBy: region.meta({ description: "The region whose control API answered" }),
    regions: z.array(regionSchema),
    lostRegions: z
      .array(z.strictObject({ region, heardAt: instant.optional(), heardBy: region.optional() }))
      .optional()
      .meta({
        description: "Regions that no hub of an answering majority can reach, and which hub last heard from them",
      }),
    cutLinks: z
      .array(z.strictObject({ from: region, to: region, since: instant }))
      .optional()
      .meta({ description: "Links between live regions over which `to` has not answered `from` since `since`" }),
  })
  .meta({ id: "RegionList", example: EXAMPLES.regionList });

const summaryFields = {
  requests: count,
  hitRatio: z.number().min(0).max(1).nullable().meta({
    description: "Share of cacheable requests served without the origin; null without requests",
  }),
  errorRatio: z.number().min(0).max(1).nullable().meta({ description: "Share of requests answered with 5xx" }),
  clientBytes: count,
  originRequests: count,
  originFailures: count,
  originBytes: count,
  coalescedFollowers: count,
  entries: count,
  entryBytes: count,
  timeToFirstByteMillis: z
    .strictObject({ p50: count.nullable(), p90: count.nullable(), p99: count.nullable() })
    .meta({ description: "Estimated from a histogram; null without requests" }),
};

const sampleSchema = z.strictObject({
  at: instant,
  requests: count,
  hitRatio: z.number().min(0).max(1).nullable(),
  errors: count,
  clientBytes: count,
  originRequests: count,
});

export const statsSchema = z
  .strictObject({
    at: instant,
    sampleSeconds: z.number(),
    total: z.strictObject({ ...summaryFields, series: z.array(sampleSchema) }),
    regions: z.array(
      z.strictObject({
        region,
        reachable: z.boolean(),
        since: instant.optional(),
        ...summaryFields,
        breakers: z
          .array(z.strictObject({ origin: z.string(), shard: z.int().min(0), state: z.enum(BREAKER_STATES) }))
          .meta({
            description: "Circuit breakers of shards that recently used an origin, as of their last request",
          }),
        series: z.array(sampleSchema).meta({ description: "Consecutive spans of `sampleSeconds`, oldest first" }),
      }),
    ),
  })
  .meta({ id: "Stats", example: EXAMPLES.stats });

export const explanationSchema = z
  .strictObject({
    url: z.string(),
    method: z.string(),
    route: z.string(),
    mode: z.enum(["cache", "bypass"]),
    key: z.string().optional(),
    client: z.strictObject({
      coordinates: z.strictObject({ latitude: z.number(), longitude: z.number() }),
      country: z.string().optional(),
      source: z.string(),
    }),
    regions: z.array(z.strictObject({ region, distanceKm: count, rttMillis: count.optional(), reason: z.string() })),
    shard: z.strictObject({ region, index: z.int(), ring: z.string() }).optional().meta({
      description: "Owner of the key in the first region; requests that are never stored pass through it too",
    }),
    shield: z
      .strictObject({ region, index: z.int() })
      .optional()
      .meta({ description: "The only node that contacts the origin, also for requests that are never stored" }),
    origin: z.strictObject({ name: z.string(), url: z.string() }),
    varyWithheld: z.array(z.string()).optional().meta({
      description: "Request fields in the origin's `Vary` that shared fills do not forward to it",
    }),
    rules: z.strictObject({
      ttl: z.record(z.string(), z.unknown()),
      key: z.record(z.string(), z.unknown()),
      residency: z.array(region).optional(),
      whenCutOff: z.enum(["serve", "revalidate", "refuse"]),
    }),
  })
  .meta({ id: "Explanation", example: EXAMPLES.explanation });

export const healthSchema = z
  .strictObject({
    status: z.enum(["ok", "degraded"]).meta({
      description: "degraded: this region's hub does not accept purges at the moment; the API uses another one",
    }),
    region,
    mode: z.enum(["local", "production"]),
    detail: z.string().optional(),
  })
  .meta({ id: "Health", example: EXAMPLES.health });
