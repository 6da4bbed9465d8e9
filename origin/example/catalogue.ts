// The example shop's products and their changes: each has a version that `POST /admin/products/:id` increments, and all of its
// content is derived from its number and version. Pure and deterministic, so that tests can say what to expect.

/** A product as it is sold now. */
export interface Product {
  readonly id: number;
  readonly name: string;
  readonly kind: string;
  readonly hue: number;
  readonly version: number;
  readonly priceCents: number;
}

const NAMES = [
  "Compass",
  "Sextant",
  "Chronometer",
  "Globe",
  "Lantern",
  "Barometer",
  "Spyglass",
  "Logbook",
  "Astrolabe",
];
const KINDS = ["navigation", "timekeeping", "reading"];

/** How many products there are; they are numbered from 1. */
export const PRODUCT_COUNT = 24;
/** When version 1 of everything was made; each later version counts as an hour younger. */
const FIRST_CHANGE_AT = Date.UTC(2026, 0, 5, 8);

/** Versions of products, by number; those that are absent are at version 1. */
export type Versions = ReadonlyMap<number, number>;

/** A product by the text of its number; undefined if there is none. */
export function findProduct(text: string, versions: Versions): Product | undefined {
  const id = /^[1-9]\d{0,3}$/.test(text) ? Number(text) : Number.NaN;
  return id <= PRODUCT_COUNT ? product(id, versions) : undefined;
}

/** All products, in their order. */
export const allProducts = (versions: Versions): Product[] =>
  Array.from({ length: PRODUCT_COUNT }, (_, index) => product(index + 1, versions));

function product(id: number, versions: Versions): Product {
  const version = versions.get(id) ?? 1;
  const edition = Math.floor((id - 1) / NAMES.length);
  const name = `${NAMES[(id - 1) % NAMES.length]}${edition === 0 ? "" : ` ${"I".repeat(edition + 1)}`}`;
  // The price moves with the version, so that a purge can be seen without looking at fields.
  const priceCents = 1900 + ((id * 700 + version * 150) % 9000);
  return { id, name, kind: KINDS[id % KINDS.length] ?? "reading", hue: (id * 47) % 360, version, priceCents };
}

/** The validators of what a product's page shows (RFC 9110 section 8.8). */
export const validatorsOf = (product: Product): { readonly etag: string; readonly lastModified: string } => ({
  etag: `"product-${product.id}-v${product.version}"`,
  lastModified: new Date(FIRST_CHANGE_AT + (product.version - 1) * 3_600_000).toUTCString(),
});

/** The version of the shop as a whole: it changes when any product does. */
export const shopVersion = (versions: Versions): number =>
  [...versions.values()].reduce((sum, version) => sum + version - 1, 1);
