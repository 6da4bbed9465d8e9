// Translates Fastly's purge calls to ours, and our problems to its format. Surrogate keys are tags. A URL covers both schemes,
// since Fastly's own cache key has none. It decides nothing about tokens.

import { z } from "zod";
import { readShape } from "../../../config/read-shape.ts";
import type { Config } from "../../../config/schema/schema.ts";
import { type ApiProblem, type ProblemCode, problem } from "../problems.ts";
import { type PurgeBody, readPurgeValue } from "../purges/purge-body.ts";

/** The target of one of its calls. */
export type FastlyPurge =
  | { readonly kind: "key"; readonly key: string }
  | { readonly kind: "keys"; readonly body: string; readonly field: string | undefined }
  /** `target` is the part after `/purge/` in the request, with its query. */
  | { readonly kind: "url"; readonly target: string }
  | { readonly kind: "everything" };

/** A purge, with the keys in the order of the answer. */
export type FastlyBody =
  | (Extract<PurgeBody, { readonly kind: "purge" }> & { readonly keys: readonly string[] })
  | Extract<PurgeBody, { readonly kind: "problem" }>;

const keysSchema = z.strictObject({ surrogate_keys: z.array(z.string()).optional() });

/** Reads a call. A purge of everything is always hard, as with Fastly. Problems: malformed-body, too-many-scopes, invalid-body. */
export function readFastlyPurge(call: FastlyPurge, soft: boolean, aliases: Config["aliases"]): FastlyBody {
  switch (call.kind) {
    case "everything":
      return withKeys(readPurgeValue({ everything: true }, aliases), []);
    case "key":
      return withKeys(readPurgeValue({ tags: [call.key], soft }, aliases), [call.key]);
    case "url":
      return withKeys(readPurgeValue({ urls: [withoutScheme(call.target)], soft }, aliases), []);
    case "keys": {
      const named = readKeys(call.body, call.field);
      if (named.kind === "problem") return named;
      return withKeys(readPurgeValue({ tags: named.keys, soft }, aliases), named.keys);
    }
  }
}

const withKeys = (body: PurgeBody, keys: readonly string[]): FastlyBody =>
  body.kind === "purge" ? { ...body, keys } : body;

/** `https://host/path`, `//host/path` and `host/path` alike. */
const withoutScheme = (target: string): string => `//${target.replace(/^(?:https?:)?\/*/i, "")}`;

type Keys =
  | { readonly kind: "keys"; readonly keys: readonly string[] }
  | { readonly kind: "problem"; readonly problem: ApiProblem };

const refused = (what: ApiProblem): Keys => ({ kind: "problem", problem: what });

/** The keys of the body and of the field `Surrogate-Key`, each once. */
function readKeys(body: string, field: string | undefined): Keys {
  const listed = (field ?? "").split(/ +/).filter((key) => key !== "");
  if (body.trim() === "") return named(listed);
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch (fault) {
    if (fault instanceof SyntaxError) return refused(problem("malformed-body", "the body is not JSON"));
    throw fault;
  }
  const parsed = readShape(keysSchema, value);
  if (!parsed.success) {
    return refused(problem("invalid-body", 'the body must be {"surrogate_keys": ["key", ...]}'));
  }
  return named([...(parsed.data.surrogate_keys ?? []), ...listed]);
}

function named(keys: readonly string[]): Keys {
  if (keys.length > 0) return { kind: "keys", keys: [...new Set(keys)] };
  return refused(problem("invalid-body", "give at least one surrogate key, in the body or in the field Surrogate-Key"));
}

/** A problem in its format. `code` is ours, and stable. */
export function fastlyProblem(what: ApiProblem): {
  readonly status: number;
  readonly answer: { readonly msg: string; readonly detail: string; readonly code: ProblemCode };
} {
  const first = what.errors?.[0];
  const detail = first === undefined ? what.detail : `${itsName(first.pointer)}${first.detail}`;
  // Fastly does not use 422.
  const status = what.code === "invalid-body" ? 400 : what.status;
  return { status, answer: { msg: what.title, detail, code: what.code } };
}

/** The location of a fault, for a call with several keys; other calls have only one target. */
const itsName = (pointer: string): string =>
  pointer.replace(/^\/tags\/(\d+)$/, "surrogate key $1: ").replace(/^\/.*$/, "");
