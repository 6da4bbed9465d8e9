// Fields that a route removes, sets and adds: of the client's request (as if it had not sent them), of the origin's request,
// and of the response to the client. Always in this order: remove, set, add. Which names may be touched is checked with the
// configuration (config/schema/action-fields.ts). On shared fills the values are constants or facts that the key holds: the caller of
// `toOrigin` hands over only those, and a fact that is not known sets nothing.

import type { Actions } from "../../config/schema/action-schema.ts";
import { passesFor } from "../../config/schema/reserved-fields.ts";
import { Fields } from "../http/fields.ts";
import type { Device } from "../request/device.ts";

/** Facts about a client that the origin may be sent. */
export interface ClientFacts {
  readonly country?: string | undefined;
  readonly device?: Device | undefined;
  readonly address?: string | undefined;
  readonly scheme: "http" | "https";
  readonly host: string;
}

/** The client's request without the fields that the route removes. */
export function withoutRemoved(fields: Fields, names: readonly string[]): Fields {
  const gone = new Set(names);
  return Fields.from([...fields].filter(([name]) => !gone.has(name)));
}

/** Sets and adds the route's fields of the origin's request. `set` with a fact that is not known leaves no such field at all. */
export function toOrigin(fields: Fields, rules: NonNullable<Actions["request"]>, facts: ClientFacts): void {
  for (const [name, value] of Object.entries(rules.set ?? {})) {
    const text = typeof value === "string" ? value : facts[value.client];
    // Also what a client sent in another spelling, which gateways before an origin would read as the same field.
    for (const [other] of [...fields]) if (passesFor(other, name.toLowerCase())) fields.delete(other);
    if (text !== undefined) fields.set(name, text);
  }
  for (const [name, value] of Object.entries(rules.add ?? {})) {
    const text = typeof value === "string" ? value : facts[value.client];
    if (text !== undefined) fields.append(name, text);
  }
}

/** Does to a response's fields what the route says. */
export function toClient(fields: Fields, rules: NonNullable<Actions["response"]>): void {
  for (const name of rules.remove ?? []) fields.delete(name.toLowerCase());
  for (const [name, value] of Object.entries(rules.set ?? {})) fields.set(name, value);
  for (const [name, value] of Object.entries(rules.add ?? {})) fields.append(name, value);
}
