// Reads the control API's answers into the page's own model, once, at the boundary. The API and the page are deployed together,
// so what does not fit is a bug or another version: the reader names the field it stumbled over, and the page says so.
// Unknown regions and fields are passed over, since an older page may meet a newer API while a deploy is under way.

import { bytes, type EpochMillis, epochMillis, millis } from "../../config/units.ts";
import { isRegionId, type RegionId } from "../../config/world/regions.ts";
import type { Vector } from "../purge/vector.ts";
import type { DryRun, Health, Problem, Purge, Region, RegionReport, Sample, Span } from "./model.ts";

/** A value read, or why it could not be: `fault` names the place in the answer. */
export type Decoded<Value> =
  | { readonly kind: "value"; readonly value: Value }
  | { readonly kind: "fault"; readonly fault: string };

class Misfit extends Error {}

/** Runs a reader; a misfit becomes a value, anything else is a programmer's mistake and passes. */
function decoded<Value>(read: () => Value): Decoded<Value> {
  try {
    return { kind: "value", value: read() };
  } catch (error) {
    if (error instanceof Misfit) return { kind: "fault", fault: error.message };
    throw error;
  }
}

type Json = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function object(value: unknown, at: string): Json {
  if (!isObject(value)) throw new Misfit(`${at} is not an object`);
  return value;
}
function list(value: unknown, at: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new Misfit(`${at} is not a list`);
  return value;
}
function text(value: unknown, at: string): string {
  if (typeof value !== "string") throw new Misfit(`${at} is not a string`);
  return value;
}
function number(value: unknown, at: string): number {
  if (typeof value !== "number" || !Number.isFinite(value)) throw new Misfit(`${at} is not a number`);
  return value;
}
const optional = <Value>(value: unknown, read: (value: unknown) => Value): Value | undefined =>
  value === undefined || value === null ? undefined : read(value);

function oneOf<const Value extends string>(values: readonly Value[], value: unknown, at: string): Value {
  const found = values.find((known) => known === value);
  if (found === undefined) throw new Misfit(`${at} is none of ${values.join(", ")}`);
  return found;
}
function instant(value: unknown, at: string): EpochMillis {
  const parsed = Date.parse(text(value, at));
  if (Number.isNaN(parsed)) throw new Misfit(`${at} is not an instant`);
  return epochMillis(parsed);
}
const maybe = <Name extends string, Value>(name: Name, value: Value | undefined) =>
  (value === undefined ? {} : { [name]: value }) as { readonly [name in Name]?: Value };

/** `GET /v1/regions`. */
export const decodeRegions = (body: unknown): Decoded<readonly Region[]> =>
  decoded(() => list(object(body, "body").regions, "regions").flatMap(region));

function region(value: unknown): readonly Region[] {
  const entry = object(value, "regions[]");
  const id = text(entry.id, "regions[].id");
  if (!isRegionId(id)) return [];
  const at = `regions[${id}]`;
  const place = object(entry.place, `${at}.place`);
  const status = oneOf(["up", "joining", "unreachable"], entry.status, `${at}.status`);
  const drained = entry.drained === true;
  const health: Health = status === "unreachable" ? "down" : drained ? "drained" : "live";
  const hub = optional(entry.hub, (found) => ({
    joined: status === "up",
    vector: object(object(found, `${at}.hub`).vector, `${at}.hub.vector`) as Vector,
  }));
  return [
    {
      id,
      name: text(entry.name, `${at}.name`),
      city: text(entry.city, `${at}.city`),
      place: {
        latitude: number(place.latitude, `${at}.place.latitude`),
        longitude: number(place.longitude, `${at}.place.longitude`),
      },
      health,
      drained,
      shards: number(entry.shards, `${at}.shards`),
      ...maybe("hub", hub),
      ...maybe(
        "reason",
        optional(entry.reason, (reason) => text(reason, `${at}.reason`)),
      ),
    },
  ];
}

/** `GET /v1/stats`. */
export function decodeStats(body: unknown): Decoded<Sample> {
  return decoded(() => {
    const stats = object(body, "body");
    const total = object(stats.total, "total");
    return {
      at: instant(stats.at, "at"),
      regions: Object.fromEntries(list(stats.regions, "regions").flatMap(report)),
      ...percentiles(total, "total"),
      spans: list(total.series, "total.series").map(span),
      spanFor: millis(number(stats.sampleSeconds, "sampleSeconds") * 1000),
    };
  });
}

function report(value: unknown): readonly (readonly [RegionId, RegionReport])[] {
  const entry = object(value, "regions[]");
  const id = text(entry.region, "regions[].region");
  if (!isRegionId(id) || entry.reachable !== true) return [];
  const count = (name: string) => number(entry[name], `regions[${id}].${name}`);
  return [
    [
      id,
      {
        totals: {
          requests: count("requests"),
          bytes: bytes(count("clientBytes")),
          originRequests: count("originRequests"),
          originFailures: count("originFailures"),
        },
        entries: count("entries"),
        heldBytes: bytes(count("entryBytes")),
        breakers: breakers(entry.breakers, `regions[${id}].breakers`),
        ...maybe(
          "hitRatio",
          optional(entry.hitRatio, (ratio) => number(ratio, `regions[${id}].hitRatio`)),
        ),
        ...percentiles(entry, `regions[${id}]`),
      },
    ],
  ];
}

/** An API from before it told them says nothing of breakers. */
function breakers(value: unknown, at: string): RegionReport["breakers"] {
  const byOrigin = new Map<string, { shards: number; open: number }>();
  for (const item of value === undefined ? [] : list(value, at)) {
    const { origin, state } = object(item, `${at}[]`);
    const name = text(origin, `${at}[].origin`);
    const before = byOrigin.get(name) ?? { shards: 0, open: 0 };
    byOrigin.set(name, { shards: before.shards + 1, open: before.open + (state === "closed" ? 0 : 1) });
  }
  return [...byOrigin].map(([origin, counts]) => ({ origin, ...counts }));
}

function percentiles(entry: Json, at: string) {
  const times = object(entry.timeToFirstByteMillis, `${at}.timeToFirstByteMillis`);
  const read = (value: unknown) => millis(number(value, `${at}.timeToFirstByteMillis`));
  return { ...maybe("p50", optional(times.p50, read)), ...maybe("p99", optional(times.p99, read)) };
}

function span(value: unknown): Span {
  const entry = object(value, "series[]");
  return {
    at: instant(entry.at, "series[].at"),
    requests: number(entry.requests, "series[].requests"),
    originRequests: number(entry.originRequests, "series[].originRequests"),
    ...maybe(
      "hitRatio",
      optional(entry.hitRatio, (ratio) => number(ratio, "series[].hitRatio")),
    ),
  };
}

/** `GET /v1/purges`. */
export const decodePurges = (body: unknown): Decoded<readonly Purge[]> =>
  decoded(() => list(object(body, "body").purges, "purges").map(receipt));

/** `POST /v1/purges`, `GET /v1/purges/{id}`. */
export const decodeReceipt = (body: unknown): Decoded<Purge> => decoded(() => receipt(body));

function receipt(value: unknown): Purge {
  const entry = object(value, "receipt");
  const scopes = object(entry.scopes, "scopes");
  const listed = (kind: string, name: string) =>
    list(scopes[name], `scopes.${name}`).map((scope) => ({ kind, value: text(scope, `scopes.${name}[]`) }));
  return {
    id: text(entry.id, "id"),
    state: oneOf(["accepted", "applied", "complete", "partial"], entry.state, "state"),
    soft: entry.soft === true,
    scopes: [
      ...(scopes.everything === true ? [{ kind: "everything", value: "" }] : []),
      ...listed("host", "hosts"),
      ...listed("prefix", "prefixes"),
      ...listed("tag", "tags"),
      ...listed("url", "urls"),
    ],
    by: text(entry.by, "by"),
    acceptedAt: instant(entry.acceptedAt, "acceptedAt"),
    hub: text(entry.hub, "hub"),
    regions: list(entry.regions, "regions").flatMap(progress),
    ...maybe(
      "reason",
      optional(entry.reason, (reason) => text(reason, "reason")),
    ),
    ...maybe(
      "appliedAt",
      optional(entry.appliedAt, (at) => instant(at, "appliedAt")),
    ),
    ...maybe(
      "completeBy",
      optional(entry.completeBy, (at) => instant(at, "completeBy")),
    ),
  };
}

function progress(value: unknown): Purge["regions"] {
  const entry = object(value, "regions[]");
  const id = text(entry.region, "regions[].region");
  if (!isRegionId(id)) return [];
  const state = oneOf(["pending", "accepted", "applied", "complete"], entry.state, `regions[${id}].state`);
  return [
    {
      region: id,
      state,
      ...maybe(
        "reason",
        optional(entry.reason, (reason) => text(reason, "reason")),
      ),
    },
  ];
}

/** `POST /v1/purges` with `dryRun`. */
export const decodeDryRun = (body: unknown): Decoded<DryRun> =>
  decoded(() => {
    const entry = object(body, "body");
    return {
      entries: number(entry.entries, "entries"),
      bytes: bytes(number(entry.bytes, "bytes")),
      missing: list(entry.missing, "missing").map((id) => text(id, "missing[]")),
    };
  });

/** A body of type `application/problem+json`; what is not one becomes a problem with the status alone. */
export function decodeProblem(status: number, body: unknown): Problem {
  const entry = isObject(body) ? body : {};
  const errors = Array.isArray(entry.errors) ? entry.errors.filter(isObject) : [];
  return {
    status,
    title: typeof entry.title === "string" ? entry.title : `The answer was ${status}`,
    ...(typeof entry.detail === "string" && { detail: entry.detail }),
    errors: errors.flatMap(({ pointer, detail }) =>
      typeof pointer === "string" && typeof detail === "string" ? [{ pointer, detail }] : [],
    ),
  };
}
