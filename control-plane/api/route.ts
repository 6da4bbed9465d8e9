// ApiRoute declarations as data: method, path, access, inputs and answers. The API mounts its routes from them and the CLI calls
// them, so that an incompatible change is a compile error in the CLI. **Decided: no `hc` client.** It would need workerd's types
// in Node's files, and cannot read an answer line by line.

import type { z } from "zod";
import type { AccessScope } from "./access/access.ts";
import type { ProblemCode } from "./problems.ts";

/** An answer in the OpenAPI document: a schema per media type. */
export interface RouteAnswer {
  readonly description: string;
  readonly content: Readonly<Record<string, { readonly schema: z.ZodType }>>;
}

export interface ApiRoute {
  readonly method: "get" | "post";
  /** In OpenAPI syntax: `/v1/purges/{id}`. */
  readonly path: string;
  readonly summary: string;
  /** The scopes of which a token needs one. `public` routes need no token. */
  readonly access: readonly AccessScope[] | "public";
  readonly query?: z.ZodObject;
  /** The path's parameters, by name. */
  readonly parameters?: z.ZodObject;
  /** A JSON body. The schema has an `id`, its name among the document's components. */
  readonly body?: z.ZodType;
  /** Answers of success, by status. */
  readonly responses: Readonly<Record<number, RouteAnswer>>;
  /** For an answer of JSON lines: a line's schema. */
  readonly line?: z.ZodType;
  /** Its problems, in addition to those of every route with a token or a query. */
  readonly problems: readonly ProblemCode[];
}

const JSON_TYPE = "application/json";

/** An answer in JSON. */
export const json = <Schema extends z.ZodType>(schema: Schema, description: string) => ({
  description,
  content: { [JSON_TYPE]: { schema } } as { readonly [JSON_TYPE]: { readonly schema: Schema } },
});

/** The schema of a JSON answer with this status; undefined if the route has none. */
export const schemaOf = ({ responses }: ApiRoute, status: number): z.ZodType | undefined =>
  responses[status]?.content[JSON_TYPE]?.schema;

type OutputOf<Schema> = Schema extends z.ZodType ? z.output<Schema> : undefined;
type JsonOf<Answer> = Answer extends { readonly content: { readonly [JSON_TYPE]: { readonly schema: infer Schema } } }
  ? OutputOf<Schema>
  : never;

/** A route's query as its handler reads it. */
export type QueryOf<R extends ApiRoute> = OutputOf<R["query"]>;
/** A route's JSON answer, over all success statuses. */
export type AnswerOf<R extends ApiRoute> = JsonOf<R["responses"][keyof R["responses"]]>;
/** A line of a route's answer. */
export type LineOf<R extends ApiRoute> = OutputOf<R["line"]>;

/** A schema's input type for clients, accepting readonly values. */
type Written<Value> = Value extends readonly (infer Item)[]
  ? readonly Written<Item>[]
  : Value extends object
    ? { readonly [Name in keyof Value]: Written<Value[Name]> }
    : Value;
type InputOf<R extends ApiRoute, Part extends "query" | "parameters" | "body"> = R[Part] extends z.ZodType
  ? { readonly [Name in Part]: Written<z.input<R[Part]>> }
  : { readonly [Name in Part]?: never };

/** A client's arguments for a call of a route. */
export type Given<R extends ApiRoute> = InputOf<R, "query"> & InputOf<R, "parameters"> & InputOf<R, "body">;
