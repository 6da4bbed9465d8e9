// Every route of the control API: the OpenAPI document, the handlers' mounts and the CLI's calls are made from this list. Nothing
// is renamed or removed within /v1. The purge calls of other CDNs' clients are not here (`compat/`).

import { z } from "zod";
import { LIMITS } from "../../config/limits.ts";
import { REGION_IDS } from "../../config/world/regions.ts";
import { parseCursor } from "../hub/receipts/purge-list.ts";
import { prefetchBodySchema } from "../prefetch/body.ts";
import { prefetchLineSchema } from "../prefetch/lines.ts";
import { purgeBodySchema } from "./purges/purge-body.ts";
import { json, type Route } from "./route.ts";
import {
  dryRunSchema,
  explanationSchema,
  healthSchema,
  keySetSchema,
  receiptPageSchema,
  receiptSchema,
  regionListSchema,
  regionSchema,
  statsSchema,
} from "./schemas.ts";

const oneRegion = {
  parameters: z.object({ id: z.enum(REGION_IDS).meta({ example: "weur" }) }),
  responses: { 200: json(regionSchema, "The region") },
} as const;

const draining = {
  method: "post",
  access: ["regions"],
  problems: ["no-such-region", "hub-unreachable", "not-joined", "not-durable", "storage-failed"],
  ...oneRegion,
} as const;

export const ROUTES = {
  purge: {
    method: "post",
    path: "/v1/purges",
    summary: "Purge by URL, prefix, tag, host or everything",
    access: ["purge"],
    query: z.object({
      via: z
        .enum(REGION_IDS)
        .optional()
        .meta({ description: "The region whose hub is asked first; the API's own by default" }),
    }),
    body: purgeBodySchema,
    responses: {
      200: json(z.union([receiptSchema, dryRunSchema]), "The state waited for is reached; or the answer to a dry run"),
      202: json(receiptSchema, "Accepted, and not yet in the state waited for"),
    },
    problems: [
      "malformed-body",
      "host-not-allowed",
      "idempotency-conflict",
      "body-too-large",
      "too-many-scopes",
      "unsupported-media-type",
      "invalid-body",
      "hub-unreachable",
      "not-joined",
      "not-durable",
      "storage-failed",
    ],
  },
  purges: {
    method: "get",
    path: "/v1/purges",
    summary: "Recent purges, newest first",
    access: ["read", "purge"],
    query: z.object({
      limit: z
        .string()
        .regex(/^[0-9]{1,3}$/, `a number from 1 to ${LIMITS.receiptsPage}`)
        .refine((text) => Number(text) >= 1 && Number(text) <= LIMITS.receiptsPage, `from 1 to ${LIMITS.receiptsPage}`)
        .default("20")
        .meta({ description: `Receipts on the page, 1 to ${LIMITS.receiptsPage}` }),
      cursor: z
        .string()
        .refine((text) => parseCursor(text) !== undefined, "not the cursor of a page")
        .optional()
        .meta({ description: "From the page before" }),
      state: z.enum(["accepted", "applied", "complete", "partial"]).optional(),
    }),
    responses: { 200: json(receiptPageSchema, "A page of receipts") },
    problems: ["hub-unreachable", "not-joined", "storage-failed"],
  },
  receipt: {
    method: "get",
    path: "/v1/purges/{id}",
    summary: "One purge's receipt as it is now",
    access: ["read", "purge"],
    parameters: z.object({ id: z.string().meta({ example: "weur.k3f9x2.17" }) }),
    responses: { 200: json(receiptSchema, "The receipt") },
    problems: ["no-such-purge", "purge-forgotten", "hub-unreachable", "not-joined", "storage-failed"],
  },
  keys: {
    method: "get",
    path: "/v1/keys",
    summary: "The public keys that receipts are signed with",
    access: "public",
    responses: { 200: json(keySetSchema, "A set of JSON Web Keys") },
    problems: [],
  },
  prefetch: {
    method: "post",
    path: "/v1/prefetch",
    summary: "Warm URLs, or those of a sitemap, in regions",
    access: ["prefetch", "purge"],
    body: prefetchBodySchema,
    responses: {
      200: {
        description:
          "How it goes, one JSON object a line, each with its `kind`: `began`, `sitemap`, `visited`, `passed-over`, `failed`, and last `ended`, whose `left` are URLs to ask for again",
        content: { "application/jsonl": { schema: z.string() } },
      },
    },
    line: prefetchLineSchema,
    problems: ["malformed-body", "host-not-allowed", "body-too-large", "unsupported-media-type", "invalid-body"],
  },
  regions: {
    method: "get",
    path: "/v1/regions",
    summary: "All regions and how they are",
    access: ["read"],
    responses: { 200: json(regionListSchema, "The regions") },
    problems: [],
  },
  region: {
    method: "get",
    path: "/v1/regions/{id}",
    summary: "One region and how it is",
    access: ["read"],
    ...oneRegion,
    problems: ["no-such-region"],
  },
  drain: { ...draining, path: "/v1/regions/{id}/drain", summary: "Send a region's clients elsewhere" },
  undrain: { ...draining, path: "/v1/regions/{id}/undrain", summary: "Give a drained region its clients back" },
  health: {
    method: "get",
    path: "/v1/health",
    summary: "Whether the control API works",
    access: "public",
    responses: { 200: json(healthSchema, "It does, and this is how its own region's hub is") },
    problems: [],
  },
  stats: {
    method: "get",
    path: "/v1/stats",
    summary: "Traffic, hit ratio and times, for each region and in all",
    access: ["read"],
    responses: { 200: json(statsSchema, "Totals since each meter began, and the last twenty minutes as a series") },
    problems: [],
  },
  explain: {
    method: "get",
    path: "/v1/explain",
    summary: "Which region, shard, cache key and rules a request would meet, and why",
    access: ["read"],
    query: z.object({
      url: z.string().min(1).meta({ description: "The client's absolute URL", example: "https://shop.example/a" }),
      from: z.string().min(1).max(64).optional().meta({
        description: "Where the client is: a country, an address or `lat,long`",
        example: "JP",
      }),
      method: z
        .string()
        .regex(/^[A-Z]{1,16}$/, "a method in upper case")
        .default("GET"),
    }),
    responses: { 200: json(explanationSchema, "The explanation. Nothing was fetched") },
    problems: [],
  },
  metrics: {
    method: "get",
    path: "/metrics",
    summary: "All regions' metrics for Prometheus",
    access: ["read"],
    responses: {
      200: { description: "Text exposition format 0.0.4", content: { "text/plain": { schema: z.string() } } },
    },
    problems: [],
  },
  document: {
    method: "get",
    path: "/v1/openapi.json",
    summary: "This description of the API",
    access: "public",
    responses: { 200: json(z.looseObject({ openapi: z.string() }), "OpenAPI 3.1") },
    problems: [],
  },
  page: {
    method: "get",
    path: "/",
    summary: "The dashboard",
    access: "public",
    responses: { 200: { description: "A page for a browser", content: { "text/html": { schema: z.string() } } } },
    problems: [],
  },
} as const satisfies Record<string, Route>;
