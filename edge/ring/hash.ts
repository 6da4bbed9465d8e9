// A fast 32-bit hash of text, for placement and for short names of versions. It is no guard against people who choose keys
// to collide (they gain a busier shard, nothing else) and never decides whether two keys are equal.
// Murmur3's block step and finaliser over UTF-16 code units, two to a block: names that differ in one digit spread as
// evenly as unrelated ones, which bare FNV-1a does not achieve. Its values are stored nowhere, so it may change with a version.

/** A permutation of 32-bit integers in which each bit of the input moves half the bits of the output (murmur3's finaliser). */
export function mix32(value: number): number {
  let mixed = value ^ (value >>> 16);
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

/** Hash of `text`, 0 to 2^32 - 1; another `seed` gives an unrelated function. */
export function hash32(text: string, seed = 0): number {
  let state = seed | 0;
  const even = text.length & ~1;
  for (let index = 0; index < even; index += 2) {
    state ^= scramble(text.charCodeAt(index) | (text.charCodeAt(index + 1) << 16));
    state = (state << 13) | (state >>> 19);
    state = (Math.imul(state, 5) + 0xe6546b64) | 0;
  }
  if (even < text.length) state ^= scramble(text.charCodeAt(even));
  // The length distinguishes "a" from "a" followed by U+0000, which leave the same state.
  return mix32(state ^ text.length);
}

function scramble(block: number): number {
  const product = Math.imul(block, 0xcc9e2d51);
  return Math.imul((product << 15) | (product >>> 17), 0x1b873593);
}

/** A name of 13 characters for a version of something, about 60 bits: equal texts, equal names. */
export const shortHash = (text: string): string =>
  hash32(text, 0x6d657269).toString(36).padStart(7, "0") +
  hash32(text, 0x6469616e).toString(36).padStart(7, "0").slice(-6);
