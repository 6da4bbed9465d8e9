// Every route of the control API: the OpenAPI document, the mounts and the CLI's calls use this list. Nothing is renamed or
// removed within /v1. Other CDNs' purge APIs are not here (`compat/`).

import { z } from "zod";
import { LIMITS } from "../../config/limits.ts";
import { REGION_IDS } from "../../config/world/regions.ts";
import { parseCursor } from "../hub/receipts/purge-list.ts";
import { prefetchBodySchema } from "../prefetch/body.ts";
import { prefetchLineSchema } from "../prefetch/lines.ts";
import { purgeBodySchema } from "./purges/purge-body.ts";
import { type ApiRoute, json } from "./route.ts";
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
        .meta({ description: "The region whose hub is tried first; the API's own by default" }),
    }),
    body: purgeBodySchema,
    responses: {
      200: json(z.union([receiptSchema, dryRunSchema]), "The requested state is reached; or the result of a dry run"),
      202: json(receiptSchema, "Accepted; the requested state is not reached yet"),
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
        .regex(/^[0-9]{1,3}$/, `must be a number from 1 to ${LIMITS.receiptsPage}`)
        .refine(
          (text) => Number(text) >= 1 && Number(text) <= LIMITS.receiptsPage,
          `must be from 1 to ${LIMITS.receiptsPage}`,
        )
        .default("20")
        .meta({ description: `Receipts on the page, 1 to ${LIMITS.receiptsPage}` }),
      cursor: z
        .string()
        .refine((text) => parseCursor(text) !== undefined, "not a page's cursor")
        .optional()
        .meta({ description: "`cursor` of the previous page" }),
      state: z.enum(["accepted", "applied", "complete", "partial"]).optional(),
    }),
    responses: { 200: json(receiptPageSchema, "A page of receipts") },
    problems: ["hub-unreachable", "not-joined", "storage-failed"],
  },
  receipt: {
    method: "get",
    path: "/v1/purges/{id}",
    summary: "A purge's current receipt",
    access: ["read", "purge"],
    parameters: z.object({ id: z.string().meta({ example: "weur.k3f9x2.17" }) }),
    responses: { 200: json(receiptSchema, "The receipt") },
    problems: ["no-such-purge", "purge-forgotten", "hub-unreachable", "not-joined", "storage-failed"],
  },
  keys: {
    method: "get",
    path: "/v1/keys",
    summary: "The public keys that verify receipts",
    access: "public",
    responses: { 200: json(keySetSchema, "A set of JSON Web Keys") },
    problems: [],
  },
  prefetch: {
    method: "post",
    path: "/v1/prefetch",
    summary: "Load URLs, or those of a sitemap, into regions' caches",
    access: ["prefetch", "purge"],
    body: prefetchBodySchema,
    responses: {
      200: {
        description:
          "Progress, one JSON object per line, each with a `kind`: `began`, `sitemap`, `visited`, `passed-over`, `failed`, and last `ended`, whose `left` lists the URLs to request again",
        content: { "application/jsonl": { schema: z.string() } },
      },
    },
    line: prefetchLineSchema,
    problems: ["malformed-body", "host-not-allowed", "body-too-large", "unsupported-media-type", "invalid-body"],
  },
  regions: {
    method: "get",
    path: "/v1/regions",
    summary: "All regions and their state",
    access: ["read"],
    responses: { 200: json(regionListSchema, "The regions") },
    problems: [],
  },
  region: {
    method: "get",
    path: "/v1/regions/{id}",
    summary: "One region and its state",
    access: ["read"],
    ...oneRegion,
    problems: ["no-such-region"],
  },
  drain: { ...draining, path: "/v1/regions/{id}/drain", summary: "Send a region's clients to other regions" },
  undrain: { ...draining, path: "/v1/regions/{id}/undrain", summary: "Let a drained region serve clients again" },
  health: {
    method: "get",
    path: "/v1/health",
    summary: "Health of the control API",
    access: "public",
    responses: { 200: json(healthSchema, "The API works; `status` describes its own region's hub") },
    problems: [],
  },
  stats: {
    method: "get",
    path: "/v1/stats",
    summary: "Traffic, hit ratio and latency, per region and overall",
    access: ["read"],
    responses: { 200: json(statsSchema, "Totals since each meter started, and the last twenty minutes as a series") },
    problems: [],
  },
  explain: {
    method: "get",
    path: "/v1/explain",
    summary: "Which region, shard, cache key and rules would serve a request, and why",
    access: ["read"],
    query: z.object({
      url: z.string().min(1).meta({ description: "The client's absolute URL", example: "https://shop.example/a" }),
      from: z.string().min(1).max(64).optional().meta({
        description: "The client's place: a country, an IP address or `latitude,longitude`",
        example: "JP",
      }),
      method: z
        .string()
        .regex(/^[A-Z]{1,16}$/, "must be a method in upper case")
        .default("GET"),
    }),
    responses: { 200: json(explanationSchema, "The explanation; nothing was fetched") },
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
} as const satisfies Record<string, ApiRoute>;
