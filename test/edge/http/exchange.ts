// Short ways to write requests, responses and policies for the tests of the HTTP core. All instants are from one fixed day.

import { routeSchema } from "../../../config/schema/schema.ts";
import { type EpochMillis, epochMillis, millis } from "../../../config/units.ts";
import { Fields } from "../../../edge/http/fields.ts";
import { decideStore, type StoreDecision } from "../../../edge/http/store.ts";
import { type Policy, policyOf, type StoredResponse, type Terms } from "../../../edge/http/terms.ts";

/** The time of the tests, a whole second. */
export const NOW = epochMillis(Date.UTC(2026, 10, 21, 12, 0, 0));

/** The HTTP-date so many seconds after `NOW`. */
export const dateIn = (seconds: number): string => new Date(NOW + seconds * 1000).toUTCString();

/** Fields from an object; an array gives several lines. */
export function fieldsOf(values: Readonly<Record<string, string | readonly string[]>>): Fields {
  const fields = new Fields();
  for (const [name, value] of Object.entries(values)) {
    for (const line of typeof value === "string" ? [value] : value) fields.append(name, line);
  }
  return fields;
}

export type RouteOptions = Partial<Parameters<typeof routeSchema.parse>[0] & object> & Record<string, unknown>;

export const routeOf = (options: RouteOptions = {}) => routeSchema.parse({ name: "all", origin: "shop", ...options });

/** The policy of a route with these options, with a retention of seven days. */
export const policyWith = (options: RouteOptions = {}): Policy => policyOf(routeOf(options), 7 * 86_400);

export const POLICY = policyWith();

/** Decides on a response to a GET that came at `NOW`, born then unless said otherwise. */
export function decide(
  response: Readonly<Record<string, string | readonly string[]>>,
  options: {
    request?: Readonly<Record<string, string>>;
    method?: string;
    status?: number;
    policy?: Policy;
    bornAt?: EpochMillis;
    personal?: boolean;
  } = {},
): StoreDecision {
  const { request = {}, method = "GET", status = 200, policy = POLICY, bornAt = NOW, personal } = options;
  return decideStore(
    { method, fields: fieldsOf(request), ...(personal === undefined ? {} : { personal }) },
    { status, fields: fieldsOf(response), bornAt, receivedAt: NOW },
    policy,
  );
}

/** The terms that a response is stored on; fails the test if it is not. */
export function termsOf(...parameters: Parameters<typeof decide>): Terms {
  const decision = decide(...parameters);
  if (decision.kind !== "store") throw new Error(`not stored: ${decision.reason}`);
  return decision.terms;
}

/** The reason for which a response is refused; "stored" if it is not. */
export function refusalOf(...parameters: Parameters<typeof decide>): string {
  const decision = decide(...parameters);
  return decision.kind === "refuse" ? decision.reason : "stored";
}

/** A stored response with these fields, born at `NOW` and fresh for 60 s unless said otherwise. */
export function storedWith(
  fields: Readonly<Record<string, string | readonly string[]>> = {},
  terms: Partial<Terms> = {},
  status = 200,
): StoredResponse {
  return {
    status,
    fields: fieldsOf(fields),
    terms: {
      bornAt: NOW,
      freshFor: millis(60_000),
      staleWhileRevalidateFor: millis(0),
      staleIfErrorFor: millis(0),
      mustRevalidate: false,
      alwaysRevalidate: false,
      heuristic: false,
      ...terms,
    },
  };
}
