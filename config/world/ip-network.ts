// Networks of IP addresses (CIDR, RFC 4632 and RFC 4291 section 2.3): reading them strictly, and whether one holds an address.
// Addresses come in the one spelling of ip-address.ts, so an IPv4 address written as IPv6 is found in IPv4 networks. A network
// whose address has bits set behind its prefix is refused: "10.0.0.7/8" is more often a slip than a wish for all of 10/8.

import { parseIpAddress } from "./ip-address.ts";

/** A network that was read: the first `bits` bits of `groups` (sixteen bits each) are what its addresses have in common. */
export interface IpNetwork {
  readonly family: 4 | 6;
  readonly groups: readonly number[];
  /** 0 to 32 for IPv4, 0 to 128 for IPv6. */
  readonly bits: number;
}

export type ParsedNetwork =
  | { readonly kind: "network"; readonly network: IpNetwork }
  | { readonly kind: "invalid"; readonly detail: string };

const invalid = (detail: string): ParsedNetwork => ({ kind: "invalid", detail });

/** Reads `203.0.113.0/24`, `2001:db8::/32` or a single address; `detail` of an invalid one is to be read after "must be". */
export function parseIpNetwork(text: string): ParsedNetwork {
  const slash = text.indexOf("/");
  const address = parseIpAddress(slash < 0 ? text : text.slice(0, slash));
  if (address === undefined || (address.family === 4 && text.includes(":"))) {
    return invalid(
      'an IPv4 or IPv6 address, perhaps with a prefix length, such as "203.0.113.0/24" or "2001:db8::/32"',
    );
  }
  const { family } = address;
  const most = family === 4 ? 32 : 128;
  const length = slash < 0 ? `${most}` : text.slice(slash + 1);
  const bits = Number(length);
  if (!/^(0|[1-9]\d{0,2})$/.test(length) || bits > most)
    return invalid(`an address and a prefix length of 0 to ${most}`);
  const groups = groupsOf(address.text);
  const cut = groups.map((group, index) => group & maskOf(bits, index));
  if (cut.some((group, index) => group !== groups[index])) {
    return invalid(`the first address of its network: "${spell(family, cut)}/${bits}"`);
  }
  return { kind: "network", network: { family, groups, bits } };
}

/** Whether a network holds an address, which is in its one spelling (`parseIpAddress(...).text`). */
export function holds({ family, groups, bits }: IpNetwork, address: string): boolean {
  if (address.includes(":") !== (family === 6)) return false;
  const other = groupsOf(address);
  return groups.every((group, index) => ((group ^ (other[index] ?? 0)) & maskOf(bits, index)) === 0);
}

/**
 * The key of a client where clients are distinguished by address: an IPv4 address itself, and of an IPv6 address its /64
 * network, since a single subscriber has at least that much to choose from (RFC 4291 section 2.5.1, RFC 6177).
 */
export function clientNetwork(address: string): string {
  if (!address.includes(":")) return address;
  return `${spell(6, [...groupsOf(address).slice(0, 4), 0, 0, 0, 0])}/64`;
}

/** Of the group at `index` the bits that a prefix of `bits` covers. */
const maskOf = (bits: number, index: number): number =>
  (0xffff << (16 - Math.max(0, Math.min(16, bits - index * 16)))) & 0xffff;

/** Two groups of an IPv4 address, eight of an IPv6 address. */
function groupsOf(address: string): number[] {
  if (!address.includes(":")) {
    const [a = 0, b = 0, c = 0, d = 0] = address.split(".").map(Number);
    return [a * 256 + b, c * 256 + d];
  }
  const [head = [], tail] = address
    .split("::")
    .map((half) => (half === "" ? [] : half.split(":").map((group) => Number.parseInt(group, 16))));
  if (tail === undefined) return head;
  return [...head, ...new Array<number>(8 - head.length - tail.length).fill(0), ...tail];
}

function spell(family: 4 | 6, groups: readonly number[]): string {
  if (family === 4) return groups.flatMap((group) => [group >> 8, group & 255]).join(".");
  const text = groups.map((group) => group.toString(16)).join(":");
  return parseIpAddress(text)?.text ?? text;
}
