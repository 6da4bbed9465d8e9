// Asks the control API, and turns whatever comes back into a checked value or a failure with a name. It never prints and
// never throws for what a network or a server does. Answers are checked by the API's own schemas; fields that a newer
// deployment has added are let pass (nothing is renamed or removed within /v1).

import { Agent, type Dispatcher, request } from "undici";
import type { z } from "zod";
import { LIMITS } from "../../config/limits.ts";
import { readShape } from "../../config/read-shape.ts";
import { problemSchema } from "../api/schemas.ts";
import type { Failure } from "./failure.ts";

/** What came of a request: the answer and its status, or why there is none. */
export type Answer<Value> =
  | { readonly kind: "answer"; readonly value: Value; readonly status: number }
  | { readonly kind: "failed"; readonly failure: Failure };

export interface ApiRequest<Schema extends z.ZodType> {
  readonly method?: "GET" | "POST";
  /** Path and query, from `/v1`. */
  readonly path: string;
  readonly body?: unknown;
  /** What a 2xx answer is. */
  readonly schema: Schema;
  /** The longest wait for the answer's head; `LIMITS.cliTimeoutMillis` by default. */
  readonly timeoutMillis?: number;
}

export class ApiClient {
  readonly api: string;
  readonly #token: string | undefined;
  readonly #dispatcher: Dispatcher;

  /** `api` is scheme, host and port. Without a token only what needs none is answered. */
  constructor(api: string, token: string | undefined) {
    this.api = api;
    this.#token = token;
    this.#dispatcher = new Agent({ connect: { timeout: LIMITS.cliConnectMillis }, keepAliveTimeout: 1000 });
  }

  async ask<Schema extends z.ZodType>(asked: ApiRequest<Schema>): Promise<Answer<z.output<Schema>>> {
    let status: number;
    let text: string;
    try {
      const response = await this.#send(asked);
      status = response.statusCode;
      text = await response.body.text();
    } catch (error) {
      return failed({ kind: "unreachable", api: this.api, ...causeOf(error) });
    }
    if (!isSuccess(status)) return failed(this.#refusal(asked.path, status, text));
    const value = readAs(asked.schema, parseJson(text));
    if (value === undefined) return failed({ kind: "not-the-api", api: this.api, path: asked.path, status });
    return { kind: "answer", value: value.data, status };
  }

  /**
   * Asks for an answer of one JSON object a line, and gives each to `onLine` as it comes, until the answer ends or that says
   * `enough`. `timeoutMillis` is the longest silence. Gives why it broke off, if it did.
   */
  async follow<Schema extends z.ZodType>(
    asked: ApiRequest<Schema>,
    onLine: (line: z.output<Schema>) => "more" | "enough",
  ): Promise<Failure | undefined> {
    try {
      const response = await this.#send(asked);
      const { statusCode: status } = response;
      if (!isSuccess(status)) return this.#refusal(asked.path, status, await response.body.text());
      // Leaving before the end aborts the answer, which the stream reports as an error although nothing went wrong.
      response.body.on("error", () => undefined);
      for await (const line of linesOf(response.body)) {
        const value = readAs(asked.schema, parseJson(line));
        if (value === undefined) return { kind: "not-the-api", api: this.api, path: asked.path, status };
        if (onLine(value.data) === "enough") break;
      }
      return undefined;
    } catch (error) {
      return { kind: "unreachable", api: this.api, ...causeOf(error) };
    }
  }

  #send(asked: ApiRequest<z.ZodType>): Promise<Dispatcher.ResponseData> {
    const timeout = asked.timeoutMillis ?? LIMITS.cliTimeoutMillis;
    return request(new URL(asked.path, this.api), {
      method: asked.method ?? "GET",
      headers: {
        accept: "application/json, application/jsonl, application/problem+json",
        ...(this.#token === undefined ? {} : { authorization: `Bearer ${this.#token}` }),
        ...(asked.body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(asked.body === undefined ? {} : { body: JSON.stringify(asked.body) }),
      dispatcher: this.#dispatcher,
      headersTimeout: timeout,
      bodyTimeout: timeout,
    });
  }

  #refusal(path: string, status: number, text: string): Failure {
    const problem = readAs(problemSchema, parseJson(text))?.data;
    if (!problem) return { kind: "not-the-api", api: this.api, path, status };
    return { kind: "problem", problem, tokenGiven: this.#token !== undefined };
  }

  /** Closes the connections, so that the process can end. */
  close = (): Promise<void> => this.#dispatcher.close();
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

const failed = (failure: Failure): { kind: "failed"; failure: Failure } => ({ kind: "failed", failure });

/** A JSON value as what the API answers; members that came later are let pass. Undefined if it is something else. */
export function readAs<Schema extends z.ZodType>(
  schema: Schema,
  json: unknown,
): { data: z.output<Schema> } | undefined {
  const parsed = readShape(schema, json);
  if (parsed.success) return { data: parsed.data };
  // The schemas say exactly what the API answers today. Fields that came later are no reason to refuse an answer.
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
  // Several addresses that all refuse come as one error without a message of its own.
  return { code, detail: error.message || code };
}
