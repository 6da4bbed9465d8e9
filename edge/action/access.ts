// Who may come, by country and address. `deny` wins; where there is an `allow`, a client must be on one of its lists. What is not
// known is on no list: a client without an address is neither denied nor allowed by addresses, and one without a country only by
// the code "XX", which stands for just that (as it does on the platform). It is coarse: addresses are shared and countries guessed.

import type { Actions } from "../../config/schema/action-schema.ts";
import { holds, type IpNetwork, parseIpNetwork } from "../../config/world/ip-network.ts";

interface Clients {
  readonly countries: ReadonlySet<string>;
  readonly networks: readonly IpNetwork[];
}

export interface AccessRules {
  readonly allow: Clients | undefined;
  readonly deny: Clients | undefined;
}

export type Access =
  | { readonly kind: "allowed" }
  | {
      readonly kind: "denied";
      readonly code: "country-denied" | "address-denied" | "not-allowed";
      readonly detail: string;
    };

/** Prepares the rules of a route. */
export const accessRules = ({ allow, deny }: NonNullable<Actions["access"]>): AccessRules => ({
  allow: allow && clientsOf(allow),
  deny: deny && clientsOf(deny),
});

type AccessRule = NonNullable<NonNullable<Actions["access"]>["deny"]>;

const clientsOf = ({ countries = [], addresses = [] }: AccessRule): Clients => ({
  countries: new Set(countries),
  networks: addresses.flatMap((text) => {
    const parsed = parseIpNetwork(text);
    if (parsed.kind === "invalid") throw new Error(`the network ${text} was not checked: must be ${parsed.detail}`);
    return parsed.network;
  }),
});

/** Whether a client may come; `address` in its one spelling. */
export function accessOf(
  { allow, deny }: AccessRules,
  client: { readonly country?: string | undefined; readonly address?: string | undefined },
): Access {
  const country = client.country ?? "XX";
  const isIn = (networks: readonly IpNetwork[]): boolean =>
    client.address !== undefined && networks.some((network) => holds(network, client.address as string));
  if (deny?.countries.has(country)) return denied("country-denied", "Clients from this country are not served here.");
  if (deny !== undefined && isIn(deny.networks)) {
    return denied("address-denied", "Clients of this network are not served here.");
  }
  if (allow === undefined || allow.countries.has(country) || isIn(allow.networks)) return { kind: "allowed" };
  return denied("not-allowed", "Only certain countries or networks are served here.");
}

const denied = (code: (Access & { kind: "denied" })["code"], detail: string): Access => ({
  kind: "denied",
  code,
  detail,
});
