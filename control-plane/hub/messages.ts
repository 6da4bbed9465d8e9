// Validates every message to a hub once, on receipt. Peers run our own code, but perhaps another version, and locally another
// process: an invalid message gets a 400 and never enters a log. Events of a later format pass with all their members, so that
// old hubs forward them intact.

import { z } from "zod";
import { LIMITS } from "../../config/limits.ts";
import { epochMillis, millis, seconds } from "../../config/units.ts";
import { REGION_IDS } from "../../config/world/regions.ts";
import type { ControlEvent } from "../purge/event.ts";
import type { AwaitRequest, DryRunRequest, ExchangeRequest, SyncRequest } from "../purge/wire.ts";
import type { DrainCommand, PurgeCommand } from "./commands.ts";
import { HUB_LIMITS } from "./limits.ts";

const region = z.enum(REGION_IDS);
const hubId = z.string().regex(/^[a-z]{2,8}\.[a-z0-9]{4,16}$/);
const counter = z.int().min(0);
const dot = z.object({ hub: hubId, counter: counter.min(1) });
const vector = z.record(hubId, counter);
const instant = z.int().min(0).transform(epochMillis);
const duration = z.int().min(0).transform(millis);
const v1 = z.literal(1);
const severity = z.enum(["soft", "hard"]);

const scope = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("url"), url: z.string() }),
  z.object({ kind: z.literal("prefix"), prefix: z.string() }),
  z.object({ kind: z.literal("tag"), tag: z.string() }),
  z.object({ kind: z.literal("host"), host: z.string() }),
  z.object({ kind: z.literal("everything") }),
]);
const scopes = z.array(scope).max(LIMITS.purgeScopes);

const minVersion = z.object({
  notEtags: z.array(z.string()).max(LIMITS.notEtags).optional(),
  lastModified: instant.optional(),
});

const logged = { v: v1, dot, at: instant };
const standingEvents = [
  z.looseObject({
    ...logged,
    kind: z.literal("join"),
    region,
    replaces: z.array(hubId),
    lifts: z.array(dot).optional(),
  }),
  z.looseObject({ ...logged, kind: z.literal("suspend"), region, hub: hubId }),
  z.looseObject({ ...logged, kind: z.enum(["drain", "undrain"]), region, by: z.string() }),
] as const;
const knownEvent = z.discriminatedUnion("kind", [
  z.looseObject({
    ...logged,
    kind: z.literal("purge"),
    severity,
    scopes,
    by: z.string(),
    reason: z.string().optional(),
    idempotencyKey: z.string().optional(),
    requestDigest: z.string(),
    settleSeconds: z.number().optional(),
    minVersion: minVersion.optional(),
  }),
  ...standingEvents,
]);
/** An event of a later format: only what every event has is checked, and nothing of it is lost. */
const laterEvent = z.looseObject({ v: z.int().min(2), kind: z.string(), dot, at: instant });
// The type knows only this version's events; the ledger asks for the version before it reads anything else.
const event = z.union([knownEvent, laterEvent]).transform((checked) => checked as ControlEvent);

const held = z.partialRecord(region, z.object({ hub: hubId, vector }));
const holders = z.partialRecord(region, hubId);
const settle = z.object({
  counter: counter.min(1),
  at: instant,
  seconds: z.number().transform(seconds),
  minVersion: minVersion.optional(),
});
const base = z.object({
  vector,
  events: z.array(z.discriminatedUnion("kind", standingEvents)),
  replaced: z.array(hubId),
  settles: z.record(hubId, z.array(settle)).optional(),
});

/** What may be asked of a hub by POST, by path. */
export const messages = {
  sync: z.object({ v: v1, shard: z.int().min(0).max(255), vector, want: vector.optional() }),
  exchange: z.object({
    v: v1,
    from: hubId,
    region,
    vector,
    base: base.optional(),
    events: z.array(event),
    held: held.optional(),
    holders: holders.optional(),
    news: z.literal(true).optional(),
  }),
  await: z.object({ v: v1, dots: z.array(dot).max(HUB_LIMITS.awaitDots), timeoutMillis: duration }),
  purges: z.object({
    v: v1,
    scopes: scopes.min(1),
    severity,
    by: z.string(),
    reason: z.string().optional(),
    idempotencyKey: z.string().optional(),
    settleSeconds: z.number().optional(),
    minVersion: minVersion.optional(),
    wait: z.enum(["accepted", "applied", "complete"]),
    timeoutSeconds: z.number().min(0).max(LIMITS.purgeWaitSeconds),
  }),
  drain: z.object({ v: v1, region, drained: z.boolean(), by: z.string() }),
  "dry-run": z.object({ v: v1, scopes }),
} satisfies {
  sync: z.ZodType<SyncRequest>;
  exchange: z.ZodType<ExchangeRequest>;
  await: z.ZodType<AwaitRequest>;
  purges: z.ZodType<PurgeCommand>;
  drain: z.ZodType<DrainCommand>;
  "dry-run": z.ZodType<DryRunRequest>;
};

/** What other nodes answer to a hub. */
export const answers = {
  exchange: z.object({
    v: v1,
    hub: hubId,
    region,
    vector,
    base: base.optional(),
    events: z.array(event),
    more: z.boolean(),
    held: held.optional(),
    holders: holders.optional(),
    heard: z.partialRecord(region, duration).optional(),
    restored: z.literal(true).optional(),
  }),
  await: z.object({
    v: v1,
    region,
    states: z.array(
      z.object({
        held: z.boolean(),
        completeIn: duration.optional(),
        completeSince: instant.optional(),
        appliedAt: instant.optional(),
        entries: z.int().min(0).optional(),
        waitingFor: z.array(z.int()).optional(),
      }),
    ),
  }),
  apply: z.object({ v: v1, vector, entries: z.int().min(0).optional(), isUnleased: z.literal(true).optional() }),
  dryRun: z.object({ v: v1, entries: z.int().min(0), bytes: z.int().min(0) }),
};

/** What may be asked in the query of `GET /purges` and `GET /purges/{id}`. */
export const queries = {
  list: z.object({
    limit: z.coerce.number().int().min(1).max(LIMITS.receiptsPage).default(50),
    cursor: z.string().optional(),
    state: z.enum(["accepted", "applied", "complete", "partial"]).optional(),
  }),
  receipt: z.object({
    wait: z.enum(["accepted", "applied", "complete"]).default("accepted"),
    timeoutSeconds: z.coerce.number().min(0).max(LIMITS.purgeWaitSeconds).default(0),
  }),
};
