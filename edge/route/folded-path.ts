// As which paths an origin may read a path. Servers and frameworks fold differently: some resolve `%2F`, `%5C` and a second round
// of escapes before they route, merge slashes, drop `;parameters`, take overlong UTF-8 or `%u002f`, ignore case, or drop dots and
// spaces at the end of a segment. No cache knows which origin does what, and in what order. So this gives every reading that the
// known ones arrive at, for rules that must hold whichever it is (protected-route.ts, signatures for a folder). It is never used to
// spell a URL, a key or a request.

import { withoutDotSegments } from "../../config/spelling/purge-spelling.ts";
import { EDGE_LIMITS } from "../limits.ts";

/** Whether any origin may read this path as another one, letters' case apart. */
export const isPlain = (path: string): boolean => !/[%;\\]|\/\/|[. ](?:\/|$)/.test(path);

/**
 * Every way in which `path` (normalised, without query) may be read, each once, itself among them. At most 36 for each round of
 * unescaping, of which there are `EDGE_LIMITS.unescapeRounds`; 12 where no escape stands for a control, "?" or "#".
 */
export function readingsOf(path: string): ReadonlySet<string> {
  const readings = new Set<string>([path]);
  if (isPlain(path)) return readings;
  let text = path;
  for (let round = 0; round <= EDGE_LIMITS.unescapeRounds; round++) {
    for (const slashed of withoutCutters(text).flatMap((one) => [one, one.replaceAll("\\", "/")])) {
      for (const bare of withAndWithoutEnds(slashed)) {
        // Merging first makes `/x//../a` end in `/a`, resolving first in `/x/a`.
        readings.add(withoutDotSegments(merged(bare)));
        if (bare.includes("//")) readings.add(merged(withoutDotSegments(bare)));
      }
    }
    const next = unescapedOnce(text);
    if (next === text) break;
    text = next;
  }
  return readings;
}

/**
 * The text, and where an escape stood for a character that ends a path: without what follows it (a "?" or "#" for the next parser,
 * a NUL for a program in C), and without such characters and other controls, which some decoders drop.
 */
function withoutCutters(text: string): readonly string[] {
  const characters = Array.from(text);
  const end = characters.findIndex((character) => isControl(character) || character === "?" || character === "#");
  if (end < 0) return [text];
  return [text, characters.slice(0, end).join(""), characters.filter((character) => !isControl(character)).join("")];
}

const isControl = (character: string): boolean => character < " " || character === "\u007f";

const merged = (path: string): string => (path.includes("//") ? path.replace(/\/{2,}/g, "/") : path);

function withAndWithoutEnds(path: string): readonly string[] {
  const bare = path.includes(";") ? withoutParameters(path) : path;
  return /[. ](?:\/|$)|\/ /.test(bare) ? [path, bare, withoutEndings(bare)] : [path, bare];
}

/** `/a;v=1/b` as servlet containers route it. */
const withoutParameters = (path: string): string => path.replace(/;[^/]*/g, "");

/** `/a./b%20` as Windows finds files, but for the segments `.` and `..`, and `/%20a` as frameworks that trim. */
const withoutEndings = (path: string): string =>
  path
    .split("/")
    .map((segment) => (segment === "." || segment === ".." ? segment : withoutEnding(segment)))
    .join("/");

/** By hand, since `/[. ]+$/` would look at each of a thousand dots a thousand times. */
function withoutEnding(segment: string): string {
  let start = 0;
  let end = segment.length;
  while (end > 0 && (segment[end - 1] === "." || segment[end - 1] === " ")) end--;
  while (start < end && segment[start] === " ") start++;
  return segment.slice(start, end);
}

/** One round of unescaping, `%uXXXX` as well, as a decoder does it that takes overlong UTF-8 and full-width letters. */
export function unescapedOnce(text: string): string {
  if (!text.includes("%")) return compatible(text);
  const wide = text.replace(/%u([0-9a-f]{4})/gi, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  );
  const decoded = wide.replace(/(?:%[0-9a-f]{2})+/gi, (run) => {
    const bytes = run
      .slice(1)
      .split("%")
      .map((digits) => Number.parseInt(digits, 16));
    return lenientUtf8(bytes);
  });
  return compatible(decoded);
}

/** With full-width forms as the plain ones. Windows' "best fit" takes two more strokes for slashes. */
const compatible = (text: string): string =>
  /[^\0-\x7f]/.test(text) ? text.normalize("NFKC").replace(/[\u2044\u2215]/g, "/") : text;

/** Decodes UTF-8 without asking for the shortest form. A byte that begins no sequence stands for the character of its number. */
function lenientUtf8(bytes: readonly number[]): string {
  let text = "";
  for (let at = 0; at < bytes.length; at++) {
    const first = bytes[at] as number;
    const length = first >= 0xf8 ? 0 : first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : first >= 0xc0 ? 1 : 0;
    const rest = bytes.slice(at + 1, at + 1 + length);
    if (length === 0 || rest.length < length || rest.some((byte) => (byte & 0xc0) !== 0x80)) {
      text += String.fromCharCode(first);
      continue;
    }
    const point = rest.reduce((sum, byte) => (sum << 6) | (byte & 0x3f), first & (0x3f >> length));
    text += point > 0x10ffff ? String.fromCharCode(first) : String.fromCodePoint(point);
    at += length;
  }
  return text;
}
