// Words the schema's errors about a configuration: the field as in code, and what it must be. The schema library's own messages
// list neither the known fields for an unknown one nor the alternatives of a union.

import type { z } from "zod";
import { formatPath } from "./config-path.ts";

/** One fault. */
export interface ConfigError {
  /** The field: `routes[2].key.query`, or "" for the whole. */
  readonly path: string;
  /** The fault, and what the field must be. */
  readonly detail: string;
}

type Issue = z.core.$ZodIssue;
type Path = readonly PropertyKey[];

/** At least one error for each of the `issues` that `schema` found in `input`. */
export function describeIssues(issues: readonly Issue[], schema: z.ZodType, input: unknown): ConfigError[] {
  return issues.flatMap((issue) => describe(issue, issue.path, schema, input));
}

function describe(issue: Issue, path: Path, schema: z.ZodType, input: unknown): ConfigError[] {
  const at = (detail: string): ConfigError[] => [{ path: formatPath(path), detail }];
  switch (issue.code) {
    case "unrecognized_keys": {
      const known = knownFields(schema, path);
      return issue.keys.map((key) => ({
        path: formatPath([...path, key]),
        detail: `is unknown; ${nearest(key, known) ?? `known fields are ${known.join(", ")}`}`,
      }));
    }
    case "invalid_union": {
      // A value of one alternative's form is checked against that one; otherwise all alternatives are listed.
      const fitting = issue.errors.filter((branch) => branch.every((inner) => inner.path.length > 0));
      const only = fitting.length === 1 ? fitting[0] : undefined;
      if (only !== undefined) return only.flatMap((inner) => describe(inner, [...path, ...inner.path], schema, input));
      return at(`must be ${[...new Set(issue.errors.map(alternative))].join(" or ")}`);
    }
    case "invalid_key":
      return at(`is not a valid name; it must be ${issue.issues.map(expectation).join(" and ")}`);
    default:
      return at(`${valueAt(input, path) === undefined ? "is missing; it" : ""} must be ${expectation(issue)}`.trim());
  }
}

/** The expectation, completing "must be". */
function expectation(issue: Issue): string {
  switch (issue.code) {
    case "invalid_type":
      return TYPES[issue.expected] ?? issue.expected;
    case "invalid_value": {
      const values = issue.values.map((value) => JSON.stringify(value));
      return values.length === 1 ? `${values[0]}` : `one of ${values.join(", ")}`;
    }
    case "too_small":
      return sized(issue.origin, `${issue.minimum} or more`);
    case "too_big":
      return sized(issue.origin, `${issue.maximum} or less`);
    case "invalid_format":
      return issue.format === "url" ? 'an http or https URL, such as "https://origin.example"' : issue.message;
    default:
      return issue.message;
  }
}

const TYPES: Readonly<Record<string, string>> = {
  array: "a list [...]",
  boolean: "true or false",
  int: "a whole number",
  number: "a number",
  object: "an object {...}",
  record: "an object {...}",
  string: "a text",
};

function sized(origin: string, amount: string): string {
  if (origin === "array") return `a list of ${amount}`;
  return origin === "string" ? `a text of ${amount} characters` : amount;
}

/** One alternative of a union, derived from its issues. */
function alternative(branch: readonly Issue[]): string {
  const missing = branch.find((issue) => issue.code === "invalid_type" && issue.path.length > 0);
  return missing === undefined ? branch.map(expectation).join(" and ") : `an object with ${formatPath(missing.path)}`;
}

function valueAt(input: unknown, path: Path): unknown {
  let value = input;
  for (const step of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Record<PropertyKey, unknown>)[step];
  }
  return value;
}

/** The fields that the schema knows at `path`, over all alternatives. */
function knownFields(schema: z.ZodType, path: Path): string[] {
  let current: readonly Definition[] = [definitionOf(schema)];
  for (const step of path) {
    current = current.flatMap(alternatives).flatMap((definition) => {
      const inner = definition.shape?.[String(step)] ?? definition.valueType ?? definition.element;
      return inner === undefined ? [] : [definitionOf(inner)];
    });
  }
  const ends = current.flatMap(alternatives);
  return ends.flatMap((definition) => Object.keys(definition.shape ?? definition.keyType?.def?.entries ?? {}));
}

/** What is read of the library's own description of a schema (`def`): which kind has which part is no concern here. */
interface Definition {
  readonly innerType?: z.ZodType;
  readonly options?: readonly z.ZodType[];
  readonly shape?: Readonly<Record<string, z.ZodType>>;
  readonly valueType?: z.ZodType;
  readonly element?: z.ZodType;
  readonly keyType?: { readonly def?: { readonly entries?: Readonly<Record<string, string>> } };
}

const definitionOf = (schema: z.ZodType): Definition => schema.def as Definition;

/** The definitions behind optional, default and union. */
function alternatives(definition: Definition): Definition[] {
  if (definition.innerType !== undefined) return alternatives(definitionOf(definition.innerType));
  if (definition.options !== undefined) return definition.options.map(definitionOf).flatMap(alternatives);
  return [definition];
}

/** A hint for a typo of one letter, or of case. */
function nearest(key: string, known: readonly string[]): string | undefined {
  const match = known.find((field) => isSlip(key.toLowerCase(), field.toLowerCase()));
  return match === undefined ? undefined : `did you mean ${match}?`;
}

/** Whether one text becomes the other by adding, dropping or changing one letter, or swapping two neighbours. */
function isSlip(a: string, b: string): boolean {
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start++;
  let end = 0;
  const most = Math.min(a.length, b.length) - start;
  while (end < most && a[a.length - 1 - end] === b[b.length - 1 - end]) end++;
  const [left, right] = [a.slice(start, a.length - end), b.slice(start, b.length - end)];
  if (left.length <= 1 && right.length <= 1) return true;
  return left.length === 2 && right.length === 2 && left[0] === right[1] && left[1] === right[0];
}
