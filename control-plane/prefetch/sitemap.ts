// Reads a sitemap (sitemaps.org protocol 0.9): the `<loc>` of each `<url>`, or of each `<sitemap>` of an index. It is a
// scanner rather than an XML library, because so little is needed and so much must be refused: document types, and with them every
// entity but the five that XML has, are an error, nothing nests deeper than a few elements, and memory is bounded by the
// text. Elements of other vocabularies (`image:loc`) are ignored. Text that is not well-formed is invalid as a whole.

import { PREFETCH_LIMITS } from "./limits.ts";

export type Sitemap =
  /** `locations` in order and without repetition, at most `most`; `omitted` counts what was left out beyond that. */
  | { readonly kind: "urls" | "index"; readonly locations: readonly string[]; readonly omitted: number }
  | { readonly kind: "invalid"; readonly detail: string };

const invalid = (detail: string): Sitemap => ({ kind: "invalid", detail });

/** What may hold locations: each root with the element around a location. */
const ENTRIES: Readonly<Record<string, { readonly kind: "urls" | "index"; readonly entry: string }>> = {
  urlset: { kind: "urls", entry: "url" },
  sitemapindex: { kind: "index", entry: "sitemap" },
};

/** Reads the text of a sitemap. */
export function readSitemap(text: string, most: number): Sitemap {
  const locations = new Set<string>();
  const open: string[] = [];
  let root: string | undefined;
  let omitted = 0;
  let content = "";
  let at = text.startsWith("\uFEFF") ? 1 : 0;
  while (at < text.length) {
    if (text[at] !== "<") {
      const end = indexOr(text, "<", at);
      const characters = plainText(text.slice(at, end));
      if (characters === undefined) return invalid("there is an entity that XML itself does not have");
      if (open.length === 0 && characters.trim() !== "") return invalid("there is text outside the root element");
      content += characters;
      at = end;
      continue;
    }
    const special = SPECIAL.find(({ begin }) => text.startsWith(begin, at));
    if (special !== undefined) {
      const end = text.indexOf(special.end, at + special.begin.length);
      if (end < 0) return invalid(`${special.begin} has no end`);
      if (special.isText) content += text.slice(at + special.begin.length, end);
      at = end + special.end.length;
      continue;
    }
    const tag = tagAt(text, at);
    if (tag === undefined) return invalid(text[at + 1] === "!" ? "a document type is not taken" : "a tag is malformed");
    at = tag.end;
    if (tag.kind === "close") {
      if (open.at(-1) !== tag.name) return invalid(`</${tag.name}> closes nothing`);
      if (isLocation(open)) {
        const location = content.trim();
        if (location !== "" && locations.size < most) locations.add(location);
        else if (location !== "" && !locations.has(location)) omitted += 1;
      }
      open.pop();
    } else {
      if (open.length === 0 && root !== undefined) return invalid("there are two root elements");
      root ??= tag.name;
      if (tag.kind === "open") open.push(tag.name);
      if (open.length > PREFETCH_LIMITS.sitemapDepth) return invalid("elements are too deep within each other");
    }
    content = "";
  }
  if (root === undefined || open.length > 0) return invalid("it is not whole");
  const entries = Object.hasOwn(ENTRIES, root) ? ENTRIES[root] : undefined;
  if (entries === undefined) return invalid(`the root element is ${root.slice(0, 64)}, not urlset or sitemapindex`);
  return { kind: entries.kind, locations: [...locations], omitted };
}

const SPECIAL = [
  { begin: "<?", end: "?>", isText: false },
  { begin: "<!--", end: "-->", isText: false },
  { begin: "<![CDATA[", end: "]]>", isText: true },
] as const;

const isLocation = ([root, entry, name, ...deeper]: readonly string[]): boolean =>
  name === "loc" &&
  deeper.length === 0 &&
  root !== undefined &&
  Object.hasOwn(ENTRIES, root) &&
  ENTRIES[root]?.entry === entry;

interface Tag {
  readonly kind: "open" | "close" | "empty";
  readonly name: string;
  readonly end: number;
}

/** The tag that begins here. Attributes are passed over; a `>` within their quotes ends nothing. */
function tagAt(text: string, start: number): Tag | undefined {
  NAME.lastIndex = start;
  const match = NAME.exec(text);
  if (match === null) return undefined;
  const [whole, slash, name] = match as unknown as [string, string, string];
  let quote = "";
  for (let at = start + whole.length; at < text.length; at++) {
    const character = text[at] as string;
    if (quote !== "") quote = character === quote ? "" : quote;
    else if (character === '"' || character === "'") quote = character;
    else if (character === "<") return undefined;
    else if (character === ">") {
      const kind = slash === "/" ? "close" : text[at - 1] === "/" ? "empty" : "open";
      return { kind, name, end: at + 1 };
    }
  }
  return undefined;
}

const NAME = /<(\/?)([^\s<>/="'!?]+)/y;

const indexOr = (text: string, what: string, from: number): number => {
  const index = text.indexOf(what, from);
  return index < 0 ? text.length : index;
};

const ENTITIES: ReadonlyMap<string, string> = new Map([
  ["amp", "&"],
  ["lt", "<"],
  ["gt", ">"],
  ["quot", '"'],
  ["apos", "'"],
]);

const characterOf = (code: number): string | undefined => (code <= 0x10ffff ? String.fromCodePoint(code) : undefined);

/** Undefined for an ampersand that begins none of XML's own entities (XML 1.0 sections 4.1 and 4.6). */
function plainText(text: string): string | undefined {
  if (!text.includes("&")) return text;
  let known = true;
  const plain = text.replaceAll(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|(\w{1,8}))?;?/gi, (entity, decimal, hex, name) => {
    const code = decimal !== undefined ? Number(decimal) : hex !== undefined ? Number.parseInt(hex, 16) : undefined;
    const character = code === undefined ? ENTITIES.get(name ?? "") : characterOf(code);
    if (character === undefined || !entity.endsWith(";")) known = false;
    return character ?? "";
  });
  return known ? plain : undefined;
}
