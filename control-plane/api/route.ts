// What a route of the control API is, as data: method, path, who may call it, what it takes and what it answers. The API mounts
// its routes from these declarations and the CLI calls them by the same ones, so a route that changes breaks the CLI when it is
// compiled. **Decided: no `hc` client.** It would need the types of workerd in Node's files, and reads no answer line by line.

import type { z } from "zod";
import type { AccessScope } from "./access/access.ts";
import type { ProblemCode } from "./problems.ts";

/** An answer as the OpenAPI document describes it: for each media type its schema. */
export interface RouteAnswer {
  readonly description: string;
  readonly content: Readonly<Record<string, { readonly schema: z.ZodType }>>;
}

export interface Route {
  readonly method: "get" | "post";
  /** As OpenAPI writes it: `/v1/purges/{id}`. */
  readonly path: string;
  readonly summary: string;
  /** The scopes of which a token needs one. `public` needs no token. */
  readonly access: readonly AccessScope[] | "public";
  readonly query?: z.ZodObject;
  /** The path's parameters, each under the name that it has there. */
  readonly parameters?: z.ZodObject;
  /** A JSON body. The schema has an `id`, its name among the document's components. */
  readonly body?: z.ZodType;
  /** Answers of success, by status. */
  readonly responses: Readonly<Record<number, RouteAnswer>>;
  /** For an answer of one JSON object a line: what a line is. */
  readonly line?: z.ZodType;
  /** Problems that it gives, beside those of every route with a token or a query. */
  readonly problems: readonly ProblemCode[];
}

const JSON_TYPE = "application/json";

/** An answer in JSON. */
export const json = <Schema extends z.ZodType>(schema: Schema, description: string) => ({
  description,
  content: { [JSON_TYPE]: { schema } } as { readonly [JSON_TYPE]: { readonly schema: Schema } },
});

/** The schema of a JSON answer with this status; undefined if the route has none. */
export const schemaOf = ({ responses }: Route, status: number): z.ZodType | undefined =>
  responses[status]?.content[JSON_TYPE]?.schema;

type OutputOf<Schema> = Schema extends z.ZodType ? z.output<Schema> : undefined;
type JsonOf<Answer> = Answer extends { readonly content: { readonly [JSON_TYPE]: { readonly schema: infer Schema } } }
  ? OutputOf<Schema>
  : never;

/** What a route's handler reads from the query. */
export type QueryOf<R extends Route> = OutputOf<R["query"]>;
/** What a route answers in JSON, over all statuses of success. */
export type AnswerOf<R extends Route> = JsonOf<R["responses"][keyof R["responses"]]>;
/** What a line of a route's answer is. */
export type LineOf<R extends Route> = OutputOf<R["line"]>;

/** A client writes what a schema reads, and may hold it in values that nobody changes. */
type Written<Value> = Value extends readonly (infer Item)[]
  ? readonly Written<Item>[]
  : Value extends object
    ? { readonly [Name in keyof Value]: Written<Value[Name]> }
    : Value;
type InputOf<R extends Route, Part extends "query" | "parameters" | "body"> = R[Part] extends z.ZodType
  ? { readonly [Name in Part]: Written<z.input<R[Part]>> }
  : { readonly [Name in Part]?: never };

/** What a client gives with a call of a route. */
export type Given<R extends Route> = InputOf<R, "query"> & InputOf<R, "parameters"> & InputOf<R, "body">;
