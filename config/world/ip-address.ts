// IP addresses as text, in one spelling, and which of them can be looked up on a map. Databases of addresses go wrong in
// silence: a private address has some registry's record, a half-written one is read as another, and an IPv4 address written
// as IPv6 (mapped, 6to4, NAT64) is not found under it. So an address is read here first, and only then looked up.
// RFC 4291 (IPv6), RFC 5952 (its spelling), RFC 6890 (special purposes).

/** An address that was read. */
export interface IpAddress {
  readonly family: 4 | 6;
  /** Dotted decimals, or IPv6 as RFC 5952 spells it; an IPv4-mapped IPv6 address is the IPv4 address. */
  readonly text: string;
  /**
   * What to look up: the address, or the IPv4 address that a 6to4 or NAT64 address carries. Undefined for addresses that
   * are nowhere in particular: private, shared, loopback, link-local, multicast, unspecified and reserved ones.
   * Documentation addresses stay, so that examples work with what the database says about them.
   */
  readonly lookup: string | undefined;
}

/** Reads an IPv4 or IPv6 address without brackets, port or zone; undefined if the text is none. */
export function parseIpAddress(text: string): IpAddress | undefined {
  const four = parseIpv4(text);
  if (four !== undefined) return ipv4(four);
  const groups = parseIpv6(text);
  if (groups === undefined) return undefined;
  const [first, second, third] = groups as [number, number, number];
  const last = embedded(groups, 6);
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff) return ipv4(last);
  const spelt = spellIpv6(groups);
  const isNat64 = first === 0x64 && second === 0xff9b && groups.slice(2, 6).every((group) => group === 0);
  if (isNat64) return { family: 6, text: spelt, lookup: ipv4(last).lookup };
  if (first === 0x2002) return { family: 6, text: spelt, lookup: ipv4(embedded([second, third], 0)).lookup };
  // Only 2000::/3 is given out as global unicast; everything else is local, multicast, reserved or not yet assigned.
  return { family: 6, text: spelt, lookup: first >> 13 === 1 ? spelt : undefined };
}

type Octets = readonly [number, number, number, number];

function ipv4(octets: Octets): IpAddress {
  const text = octets.join(".");
  return { family: 4, text, lookup: isNowhere(octets) ? undefined : text };
}

function isNowhere([a, b, c]: Octets): boolean {
  if (a === 0 || a === 10 || a === 127 || a >= 224) return true;
  if (a === 100) return b >= 64 && b < 128;
  if (a === 169) return b === 254;
  if (a === 172) return b >= 16 && b < 32;
  if (a === 192) return b === 168 || (b === 0 && c === 0);
  return a === 198 && (b === 18 || b === 19);
}

function parseIpv4(text: string): Octets | undefined {
  // No leading zeros: some readers take "010" for eight, so it is refused rather than guessed.
  const match = /^(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})$/.exec(text);
  const octets = match?.slice(1).map(Number);
  return octets?.every((octet) => octet < 256) ? (octets as unknown as Octets) : undefined;
}

/** Eight groups of sixteen bits. */
function parseIpv6(text: string): readonly number[] | undefined {
  if (!/^[0-9a-f:.]{2,45}$/i.test(text)) return undefined;
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const [head, tail] = halves.map(groupsOf);
  if (head === undefined) return undefined;
  if (halves.length === 1) return head.length === 8 ? head : undefined;
  // "::" stands for one group of zeros or more. An IPv4 ending may only come last.
  if (tail === undefined || head.length + tail.length > 7 || (halves[0] as string).includes(".")) return undefined;
  return [...head, ...new Array<number>(8 - head.length - tail.length).fill(0), ...tail];
}

function groupsOf(half: string): readonly number[] | undefined {
  if (half === "") return [];
  const groups: number[] = [];
  const pieces = half.split(":");
  for (const [index, piece] of pieces.entries()) {
    const octets = index === pieces.length - 1 ? parseIpv4(piece) : undefined;
    if (octets !== undefined) groups.push(octets[0] * 256 + octets[1], octets[2] * 256 + octets[3]);
    else if (/^[0-9a-f]{1,4}$/i.test(piece)) groups.push(Number.parseInt(piece, 16));
    else return undefined;
  }
  return groups;
}

const embedded = (groups: readonly number[], at: number): Octets => {
  const [high, low] = [groups[at] as number, groups[at + 1] as number];
  return [high >> 8, high & 255, low >> 8, low & 255];
};

/** Lower case, no leading zeros, the longest run of two zero groups or more as "::" (the first of equals). */
function spellIpv6(groups: readonly number[]): string {
  let best = { start: 0, length: 1 };
  for (let start = 0; start < 8; start++) {
    let length = 0;
    while (start + length < 8 && groups[start + length] === 0) length++;
    if (length > best.length) best = { start, length };
  }
  const hex = groups.map((group) => group.toString(16));
  if (best.length === 1) return hex.join(":");
  return `${hex.slice(0, best.start).join(":")}::${hex.slice(best.start + best.length).join(":")}`;
}
