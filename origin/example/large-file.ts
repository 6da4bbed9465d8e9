// The bytes of the large file: made from their position alone, so that any part can be made, and checked, without the rest.

/** The byte at an offset is one of the four of a mixed 32-bit number of its position; different everywhere, and repeatable. */
export function fillBytes(target: Uint8Array, offset: number): void {
  for (let index = 0; index < target.length; index++) {
    const position = offset + index;
    target[index] = mix(Math.floor(position / 4)) >>> ((position % 4) * 8);
  }
}

/** A 32-bit finaliser: each bit of the input changes about half of the output's. */
function mix(value: number): number {
  let hash = Math.imul(value ^ (value >>> 16), 0x45d9f3b);
  hash = Math.imul(hash ^ (hash >>> 15), 0x119de1f3);
  return hash ^ (hash >>> 16);
}
