// The control API's client: turns every response into a checked value or a named failure. It never prints, and never throws
// for a network or server fault. It calls routes by their declarations, so that requests and responses have the routes' types,
// and responses are checked by the routes' schemas. Unknown fields are accepted, since a newer deployment may add them (nothing
// is renamed or removed within /v1).

import { Agent, type Dispatcher, request } from "undici";
import type { z } from "zod";
import { readShape } from "../../config/read-shape.ts";
import { type AnswerOf, type ApiRoute, type Given, type LineOf, schemaOf } from "../api/route.ts";
import { problemSchema } from "../api/schemas.ts";
import type { CommandFailure } from "./failure.ts";
import { CLI_LIMITS } from "./limits.ts";

/** The outcome of a request: the answer and its status, or the reason that there is none. */
export type ApiAnswer<Value> =
  | { readonly kind: "answer"; readonly value: Value; readonly status: number }
  | { readonly kind: "failed"; readonly failure: CommandFailure };

export interface AskOptions<Value> {
  /** Narrows the route's answers to the one that this call expects. By default all are accepted. */
  readonly as?: z.ZodType<Value>;
  /** Timeout for the response's head; `CLI_LIMITS.cliTimeoutMillis` by default. */
  readonly timeoutMillis?: number;
}

export class ApiClient {
  readonly api: string;
  readonly #token: string | undefined;
  readonly #dispatcher: Dispatcher;

  /** `api` is scheme, host and port. Without a token only public routes answer. */
  constructor(api: string, token: string | undefined) {
    this.api = api;
    this.#token = token;
    this.#dispatcher = new Agent({ connect: { timeout: CLI_LIMITS.cliConnectMillis }, keepAliveTimeout: 1000 });
  }

  async ask<R extends ApiRoute, Value extends AnswerOf<R> = AnswerOf<R>>(
    route: R,
    given: Given<R>,
    { as, timeoutMillis }: AskOptions<Value> = {},
  ): Promise<ApiAnswer<Value>> {
    let status: number;
    let text: string;
    try {
      const response = await this.#send(route, given, timeoutMillis);
      status = response.statusCode;
      text = await response.body.text();
    } catch (error) {
      return failed({ kind: "unreachable", api: this.api, ...causeOf(error) });
    }
    if (!isSuccess(status)) return failed(this.#refusal(route, status, text));
    const schema = as ?? (schemaOf(route, status) as z.ZodType<Value> | undefined);
    const value = schema && readAs(schema, parseJson(text));
    if (value === undefined) return failed({ kind: "not-the-api", api: this.api, path: route.path, status });
    return { kind: "answer", value: value.data, status };
  }

  /**
   * Requests a stream of JSON lines and passes each to `onLine` as it arrives, until the stream ends or `onLine` returns
   * `enough`. `timeoutMillis` bounds the silence between lines. Returns the failure if the stream broke off.
   */
  async follow<R extends ApiRoute & { readonly line: z.ZodType }>(
    route: R,
    given: Given<R>,
    timeoutMillis: number,
    onLine: (line: LineOf<R>) => "more" | "enough",
  ): Promise<CommandFailure | undefined> {
    try {
      const response = await this.#send(route, given, timeoutMillis);
      const { statusCode: status } = response;
      if (!isSuccess(status)) return this.#refusal(route, status, await response.body.text());
      // Leaving before the end aborts the answer, which the stream reports as an error although nothing went wrong.
      response.body.on("error", () => undefined);
      for await (const line of linesOf(response.body)) {
        const value = readAs(route.line, parseJson(line));
        if (value === undefined) return { kind: "not-the-api", api: this.api, path: route.path, status };
        if (onLine(value.data as LineOf<R>) === "enough") break;
      }
      return undefined;
    } catch (error) {
      return { kind: "unreachable", api: this.api, ...causeOf(error) };
    }
  }

  #send<R extends ApiRoute>(
    { method, path }: R,
    { body, query, parameters }: Given<R>,
    timeout: number = CLI_LIMITS.cliTimeoutMillis,
  ): Promise<Dispatcher.ResponseData> {
    return request(addressOf(this.api, path, parameters, query), {
      method: method === "get" ? "GET" : "POST",
      headers: {
        accept: "application/json, application/jsonl, application/problem+json",
        ...(this.#token === undefined ? {} : { authorization: `Bearer ${this.#token}` }),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      dispatcher: this.#dispatcher,
      headersTimeout: timeout,
      bodyTimeout: timeout,
    });
  }

  #refusal({ path }: ApiRoute, status: number, text: string): CommandFailure {
    const problem = readAs(problemSchema, parseJson(text))?.data;
    if (!problem) return { kind: "not-the-api", api: this.api, path, status };
    return { kind: "problem", problem, tokenGiven: this.#token !== undefined };
  }

  /** Closes the connections, so that the process can end. */
  close = (): Promise<void> => this.#dispatcher.close();
}

type Values = Readonly<Record<string, unknown>>;

/** The address of a call: the path with its parameters, and the query's values that are given. */
function addressOf(api: string, path: string, parameters: Values = {}, query: Values = {}): URL {
  const url = new URL(
    path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(parameters[name]))),
    api,
  );
  for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, String(value));
  return url;
}

/** A stream's lines, as soon as each is whole. */
async function* linesOf(body: AsyncIterable<Buffer>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of body) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
  if (rest !== "") yield rest;
}

const isSuccess = (status: number): boolean => status >= 200 && status < 300;

const failed = (failure: CommandFailure): { kind: "failed"; failure: CommandFailure } => ({ kind: "failed", failure });

/** Reads a JSON value by a schema, ignoring unknown members. Undefined if it does not match. */
export function readAs<Schema extends z.ZodType>(
  schema: Schema,
  json: unknown,
): { data: z.output<Schema> } | undefined {
  const parsed = readShape(schema, json);
  if (parsed.success) return { data: parsed.data };
  // The schemas are strict about today's fields. A field added later is no reason to refuse an answer.
  const onlyMore = parsed.error.issues.every((issue) => issue.code === "unrecognized_keys");
  return onlyMore ? { data: json as z.output<Schema> } : undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function causeOf(error: unknown): { readonly code: string; readonly detail: string } {
  if (!(error instanceof Error)) throw error;
  const code = "code" in error && typeof error.code === "string" ? error.code : error.name;
  // When all of several addresses refuse, the combined error has no message of its own.
  return { code, detail: error.message || code };
}
