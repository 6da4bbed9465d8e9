// Translates Cloudflare's purge call to ours, and our problems to its envelope. Its body becomes a body of ours, so that
// scopes, limits and normalization are in one place. It decides nothing about tokens. Where its meaning is wider than ours it
// is kept (a prefix covers both schemes); where it is narrower ours applies: fields that select one variant of a file are
// ignored, since a purge here covers all variants.

import { z } from "zod";
import { readShape } from "../../../config/read-shape.ts";
import type { Config } from "../../../config/schema/schema.ts";
import type { Receipt } from "../../hub/commands.ts";
import { type ApiProblem, type ProblemCode, problem } from "../problems.ts";
import { faultsOf, type PurgeBody, readPurgeValue } from "../purges/purge-body.ts";

const texts = z.array(z.string()).optional();

/** The body of `purge_cache`. An unknown member is rejected: a misspelt one must not purge less than was meant. */
const bodySchema = z.strictObject({
  files: z
    .array(
      z.union([z.string(), z.strictObject({ url: z.string(), headers: z.record(z.string(), z.string()).optional() })]),
    )
    .optional(),
  tags: texts,
  prefixes: texts,
  hosts: texts,
  purge_everything: z.boolean().optional(),
});

/** Reads the text of a body. `severity` is soft for `invalidate_cache`. Problems: malformed-body, too-many-scopes, invalid-body. */
export function readCloudflarePurge(text: string, severity: "soft" | "hard", aliases: Config["aliases"]): PurgeBody {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (fault) {
    if (fault instanceof SyntaxError) {
      return { kind: "problem", problem: problem("malformed-body", "the body is not JSON") };
    }
    throw fault;
  }
  const parsed = readShape(bodySchema, value);
  if (!parsed.success) {
    const errors = parsed.error.issues.flatMap(faultsOf);
    return { kind: "problem", problem: problem("invalid-body", "the body is not a purge", errors) };
  }
  const { files, prefixes, purge_everything: everything, ...same } = parsed.data;
  return readPurgeValue(
    {
      ...same,
      ...(files === undefined ? {} : { urls: files.map((file) => (typeof file === "string" ? file : file.url)) }),
      ...(prefixes === undefined ? {} : { prefixes: prefixes.map(withoutScheme) }),
      ...(everything === undefined ? {} : { everything }),
      soft: severity === "soft",
    },
    aliases,
  );
}

/** Its prefixes have no scheme and cover both; an explicit scheme is kept. */
const withoutScheme = (prefix: string): string =>
  /^(?:[a-z][a-z0-9+.-]*:)?\/\//i.test(prefix) ? prefix : `//${prefix}`;

/** One fault in its envelope. */
interface Fault {
  readonly code: number;
  readonly message: string;
  readonly source?: { readonly pointer: string };
}

/** Its envelope around every answer. `state` is our addition: the receipt's state. */
export interface CloudflareAnswer {
  readonly success: boolean;
  readonly errors: readonly Fault[];
  readonly messages: readonly Fault[];
  readonly result: { readonly id: string; readonly state: Receipt["state"] } | null;
}

/** The answer for a purge that a hub accepted, with an optional note for the client. */
export const cloudflareReceipt = ({ id, state }: Receipt, note?: string): CloudflareAnswer => ({
  success: true,
  errors: [],
  messages: note === undefined ? [] : [{ code: 202, message: note }],
  result: { id, state },
});

/** The answer for a problem, with Cloudflare's code if it has one of that meaning, else the HTTP status. */
export function cloudflareProblem(what: ApiProblem): { readonly status: number; readonly answer: CloudflareAnswer } {
  const nothing = what.errors?.length === 1 && what.errors[0]?.pointer === "";
  const { status, code } = nothing ? NOTHING_TO_PURGE : faultOf(what);
  const errors: readonly Fault[] = nothing
    ? [{ code, message: "at least one of files, tags, prefixes and hosts, or purge_everything: true" }]
    : (what.errors?.map(({ pointer, detail }) => ({
        code,
        message: detail,
        source: { pointer: itsName(pointer) },
      })) ?? [{ code, message: what.detail }]);
  return { status, answer: { success: false, errors, messages: [], result: null } };
}

const NOTHING_TO_PURGE = { status: 400, code: 1012 };

const FAULTS: Partial<Record<ProblemCode, { readonly status: number; readonly code: number }>> = {
  "malformed-body": { status: 400, code: 6007 },
  "malformed-field": { status: 400, code: 6003 },
  "invalid-body": { status: 400, code: 400 },
  "token-missing": { status: 401, code: 10000 },
  "token-unknown": { status: 401, code: 10000 },
  "scope-missing": { status: 403, code: 9109 },
  "host-not-allowed": { status: 403, code: 9109 },
  "not-found": { status: 404, code: 7003 },
  "method-not-allowed": { status: 405, code: 7001 },
  "too-many-requests": { status: 429, code: 1134 },
};

const faultOf = ({ code, status }: ApiProblem): { readonly status: number; readonly code: number } =>
  FAULTS[code] ?? { status, code: status };

/** The location of a fault in its body. */
const itsName = (pointer: string): string =>
  pointer.replace(/^\/urls\b/, "/files").replace(/^\/everything\b/, "/purge_everything");
