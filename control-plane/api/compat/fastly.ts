// Fastly's purge calls in our terms, and our problems in its shape: pure translation both ways. Surrogate keys are tags. A URL
// stands for both schemes, as Fastly's own cache key holds none. It decides nothing about tokens.

import { z } from "zod";
import { readShape } from "../../../config/read-shape.ts";
import type { Config } from "../../../config/schema/schema.ts";
import { type Problem, type ProblemCode, problem } from "../problems.ts";
import { type PurgeBody, readPurgeValue } from "../purges/purge-body.ts";

/** What one of its calls asks to be purged. */
export type FastlyPurge =
  | { readonly kind: "key"; readonly key: string }
  | { readonly kind: "keys"; readonly body: string; readonly field: string | undefined }
  /** `target` is what follows `/purge/` in the request, with its query. */
  | { readonly kind: "url"; readonly target: string }
  | { readonly kind: "everything" };

/** A purge, with the keys in the order in which they are answered. */
export type FastlyBody =
  | (Extract<PurgeBody, { readonly kind: "purge" }> & { readonly keys: readonly string[] })
  | Extract<PurgeBody, { readonly kind: "problem" }>;

const keysSchema = z.strictObject({ surrogate_keys: z.array(z.string()).optional() });

/** Reads a call. Everything is purged hard, whatever `soft` says, as Fastly does. Problems: malformed-body, too-many-scopes, invalid-body. */
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
  | { readonly kind: "problem"; readonly problem: Problem };

const refused = (what: Problem): Keys => ({ kind: "problem", problem: what });

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
    return refused(problem("invalid-body", '{"surrogate_keys": ["key", ...]} is all that a body may hold'));
  }
  return named([...(parsed.data.surrogate_keys ?? []), ...listed]);
}

function named(keys: readonly string[]): Keys {
  if (keys.length > 0) return { kind: "keys", keys: [...new Set(keys)] };
  return refused(problem("invalid-body", "no surrogate key is named, in the body or in the field Surrogate-Key"));
}

/** A problem in its shape. `code` is ours, and stable. */
export function fastlyProblem(what: Problem): {
  readonly status: number;
  readonly answer: { readonly msg: string; readonly detail: string; readonly code: ProblemCode };
} {
  const first = what.errors?.[0];
  const detail = first === undefined ? what.detail : `${itsName(first.pointer)}${first.detail}`;
  // Fastly knows no 422.
  const status = what.code === "invalid-body" ? 400 : what.status;
  return { status, answer: { msg: what.title, detail, code: what.code } };
}

/** Where a fault is, for a call with several keys; other calls have but one thing that can be wrong. */
const itsName = (pointer: string): string =>
  pointer.replace(/^\/tags\/(\d+)$/, "surrogate key $1: ").replace(/^\/.*$/, "");
