// Reads the body of `POST /v1/purges`: from text to normalized scopes, or a problem that locates the fault. Text that is not
// JSON is malformed (400), JSON that is not a purge is invalid (422), too many scopes are too large (413). It decides nothing
// about authorization; it keeps each scope's location, so that later checks can point at it.

import { z } from "zod";
import { LIMITS } from "../../../config/limits.ts";
import { isPlain } from "../../../config/printable.ts";
import { readShape } from "../../../config/read-shape.ts";
import type { Config } from "../../../config/schema/schema.ts";
import { sitesOfHost, sitesOfUrl } from "../../../config/spelling/host-aliases.ts";
import { epochMillis } from "../../../config/units.ts";
import type { PurgeCommand } from "../../hub/commands.ts";
import type { MinVersion, Scope } from "../../purge/event.ts";
import {
  type ParsedScope,
  parseHostScope,
  parsePrefixScope,
  parseTagScope,
  parseUrlScope,
  scopeKey,
} from "../../purge/scope.ts";
import { EXAMPLES } from "../examples.ts";
import { API_LIMITS } from "../limits.ts";
import { type ApiProblem, type BodyError, problem } from "../problems.ts";

const etag = z
  .string()
  .max(LIMITS.etagCharacters)
  .regex(/^(?:W\/)?"[!#-~]*"$/, 'must be an entity tag with its quotes, "v1" or W/"v1"');

/** Reads an instant in ISO 8601 (UTC) or as an HTTP date (RFC 9110 section 5.6.7); NaN if it is neither. */
function readInstant(text: string): number {
  const isInstant = /^\d{4}-\d\d-\d\dT[\d:.]+Z$|^[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} [\d:]{8} GMT$/.test(text);
  return isInstant ? Date.parse(text) : Number.NaN;
}

const list = z.array(z.string()).max(LIMITS.purgeScopes).optional();

/** The body of `POST /v1/purges`. */
export const purgeBodySchema = z
  .strictObject({
    urls: list.meta({
      description:
        "Absolute URLs; `//host/path` covers both schemes. URLs are normalized: spelling, parameter order and parameters that the route's key ignores do not matter",
      example: ["https://shop.example/a?v=2"],
    }),
    prefixes: list.meta({
      description: "URLs without query: `https://h/a` covers `/a`, `/a/b` and `/a?x`, not `/ab`",
      example: ["https://shop.example/img"],
    }),
    tags: list.meta({ description: "Compared exactly; visible ASCII without comma or space", example: ["product-7"] }),
    hosts: list.meta({
      description: "Hosts without port, or `*.example.com` for its subdomains",
      example: ["shop.example"],
    }),
    everything: z.boolean().optional().meta({ description: "`true` purges everything; no other scope may be given" }),
    soft: z.boolean().default(false).meta({
      description:
        "Mark matching entries stale instead of invalidating them: where stale-while-revalidate allows it they are served while one request refreshes them; otherwise they are revalidated with the origin first",
    }),
    // It appears on other users' terminals, which must not interpret control sequences in it.
    reason: z
      .string()
      .max(API_LIMITS.reasonCharacters)
      .refine(isPlain, "must be one line without control characters")
      .optional(),
    idempotencyKey: z
      .string()
      .regex(
        new RegExp(`^[!-~]{1,${API_LIMITS.idempotencyKeyCharacters}}$`),
        "must be 1 to 128 visible ASCII characters",
      )
      .optional()
      .meta({
        description:
          "Requests with the same key and token are one purge, and return the same receipt from any hub, for as long as the logs keep it",
      }),
    wait: z.enum(["accepted", "applied", "complete"]).default("accepted").meta({
      description: "The state to wait for. If it is not reached within timeoutSeconds, the answer is 202",
    }),
    timeoutSeconds: z.number().min(0).max(LIMITS.purgeWaitSeconds).default(30),
    dryRun: z
      .boolean()
      .default(false)
      .meta({ description: "Count the entries that would be invalidated, without purging" }),
    settleSeconds: z.number().min(0).max(LIMITS.purgeSettleSeconds).optional().meta({
      description:
        "For an origin that lags: for this long after a node learns of the purge, it forwards fetched responses without storing them",
    }),
    minVersion: z
      .strictObject({
        notEtags: z
          .array(etag)
          .min(1)
          .max(LIMITS.notEtags)
          .optional()
          .meta({
            description: "Entity tags of old versions (weak comparison): responses with another one are stored",
            example: ['"v1"'],
          }),
        lastModified: z
          .string()
          .refine((text) => !Number.isNaN(readInstant(text)), "must be an instant in ISO 8601 (UTC) or an HTTP date")
          .optional()
          .meta({ description: "Responses with a Last-Modified of this instant or later are stored" }),
      })
      .optional()
      .meta({
        description:
          "With settleSeconds: which responses are new enough to be stored at once. All given conditions must hold",
      }),
  })
  .meta({ id: "PurgeRequest", example: EXAMPLES.purgeRequest });

/** A checked purge, before authorization. */
export interface PurgeRequest {
  /** Distinct scopes, each with its JSON pointer. */
  readonly scopes: readonly { readonly scope: Scope; readonly pointer: string }[];
  readonly dryRun: boolean;
  readonly command: Omit<PurgeCommand, "by" | "scopes">;
}

export type PurgeBody =
  | { readonly kind: "purge"; readonly request: PurgeRequest }
  | { readonly kind: "problem"; readonly problem: ApiProblem };

/** Reads the text of a body. Problems: malformed-body, too-many-scopes, invalid-body. */
export function readPurgeBody(text: string, aliases: Config["aliases"]): PurgeBody {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (fault) {
    if (fault instanceof SyntaxError) return refused(problem("malformed-body", "the body is not JSON"));
    throw fault;
  }
  return readPurgeValue(value, aliases);
}

/** Reads a parsed body. Problems: too-many-scopes, invalid-body. */
export function readPurgeValue(value: unknown, aliases: Config["aliases"]): PurgeBody {
  const scopes = countScopes(value);
  if (scopes > LIMITS.purgeScopes) {
    return refused(problem("too-many-scopes", `${scopes} scopes; a purge may have at most ${LIMITS.purgeScopes}`));
  }
  const parsed = readShape(purgeBodySchema, value);
  if (!parsed.success) return refused(invalid(parsed.error.issues.flatMap(faultsOf)));
  return readScopes(parsed.data, aliases);
}

function readScopes(body: z.output<typeof purgeBodySchema>, aliases: Config["aliases"]): PurgeBody {
  const scopes = new Map<string, { readonly scope: Scope; readonly pointer: string }>();
  const errors: BodyError[] = [];
  const minVersion = body.minVersion && minVersionOf(body.minVersion);
  if (body.minVersion !== undefined && minVersion === undefined) {
    errors.push({ pointer: "/minVersion", detail: "must have at least one of notEtags and lastModified" });
  }
  if (minVersion !== undefined && !(body.settleSeconds !== undefined && body.settleSeconds > 0)) {
    const detail = "requires settleSeconds, the time for which older responses are not stored";
    errors.push({ pointer: "/minVersion", detail });
  }
  const fields: readonly [string, readonly string[] | undefined, (text: string) => ParsedScope][] = [
    ["urls", body.urls, parseUrlScope],
    ["prefixes", body.prefixes, parsePrefixScope],
    ["tags", body.tags, parseTagScope],
    ["hosts", body.hosts, parseHostScope],
  ];
  for (const [field, texts, parse] of fields) {
    for (const [index, text] of (texts ?? []).entries()) {
      const pointer = `/${field}/${index}`;
      const result = parse(text);
      if (result.kind === "invalid") errors.push({ pointer, detail: result.detail });
      else {
        for (const scope of onSites(aliases, result.scope)) {
          if (!scopes.has(scopeKey(scope))) scopes.set(scopeKey(scope), { scope, pointer });
        }
      }
    }
  }
  if (errors.length > 0) return refused(invalid(errors));
  if (body.everything === true) {
    // A client that also lists scopes may have meant less than everything.
    if (scopes.size > 0)
      return refused(invalid([{ pointer: "/everything", detail: "true cannot be combined with other scopes" }]));
    scopes.set("everything", { scope: { kind: "everything" }, pointer: "/everything" });
  }
  if (scopes.size === 0) {
    const detail = "must have at least one of urls, prefixes, tags and hosts, or everything: true";
    return refused(invalid([{ pointer: "", detail }]));
  }
  const command: PurgeRequest["command"] = {
    v: 1,
    severity: body.soft ? "soft" : "hard",
    wait: body.wait,
    timeoutSeconds: body.timeoutSeconds,
    ...(body.reason === undefined ? {} : { reason: body.reason }),
    ...(body.idempotencyKey === undefined ? {} : { idempotencyKey: body.idempotencyKey }),
    ...(body.settleSeconds === undefined ? {} : { settleSeconds: body.settleSeconds }),
    ...(minVersion === undefined ? {} : { minVersion }),
  };
  return { kind: "purge", request: { scopes: [...scopes.values()], dryRun: body.dryRun, command } };
}

type MinVersionBody = NonNullable<z.output<typeof purgeBodySchema>["minVersion"]>;

function minVersionOf({ notEtags, lastModified }: MinVersionBody): MinVersion | undefined {
  if (notEtags === undefined && lastModified === undefined) return undefined;
  return {
    ...(notEtags === undefined ? {} : { notEtags }),
    ...(lastModified === undefined ? {} : { lastModified: epochMillis(readInstant(lastModified)) }),
  };
}

/** A purge of an alias purges its site. */
function onSites(aliases: Config["aliases"], scope: Scope): readonly Scope[] {
  switch (scope.kind) {
    case "url":
      return sitesOfUrl(aliases, scope.url).map((url) => ({ kind: "url", url }));
    case "prefix":
      return sitesOfUrl(aliases, scope.prefix).map((prefix) => ({ kind: "prefix", prefix }));
    case "host":
      return sitesOfHost(aliases, scope.host).map((host) => ({ kind: "host", host }));
    case "tag":
    case "everything":
      return [scope];
  }
}

const refused = (what: ApiProblem): PurgeBody => ({ kind: "problem", problem: what });

function invalid(errors: readonly BodyError[]): ApiProblem {
  const first = errors[0];
  const where = first === undefined || first.pointer === "" ? "" : `${first.pointer}: `;
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : "";
  return problem("invalid-body", `${where}${first?.detail ?? "not a purge"}${more}`, errors);
}

function countScopes(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  const { urls, prefixes, tags, hosts } = value as Record<string, unknown>;
  return [urls, prefixes, tags, hosts].reduce<number>((sum, part) => sum + (Array.isArray(part) ? part.length : 0), 0);
}

/** A schema's faults and their locations. An unknown member is a fault: a misspelt `dryRun` must not purge. */
export function faultsOf(issue: z.core.$ZodIssue): readonly BodyError[] {
  const pointer = pointerTo(issue.path);
  if (issue.code !== "unrecognized_keys") return [{ pointer, detail: issue.message }];
  return issue.keys.map((key) => ({ pointer: `${pointer}${pointerTo([key])}`, detail: "unknown member" }));
}

const pointerTo = (path: readonly PropertyKey[]): string =>
  path.map((part) => `/${String(part).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
