// What may be in the script that is deployed: within its budget, and without the database of addresses, which only the local
// run needs (Cloudflare places clients itself).

import { gzipSync } from "node:zlib";

/** Compressed bytes of script and modules together: small scripts start fast, and the free plan takes 3 MiB at most. */
export const BUDGET_BYTES = 1024 * 1024;

/** The marker before the metadata of every MaxMind database (MaxMind DB file format, version 2.0). */
const DATABASE_MARKER = Buffer.concat([Buffer.from([0xab, 0xcd, 0xef]), Buffer.from("MaxMind.com")]);

export interface BundledFile {
  readonly name: string;
  readonly content: Buffer;
}

/** How many bytes the files take when compressed, each by itself. */
const compressedBytes = (files: readonly BundledFile[]): number =>
  files.reduce((sum, { content }) => sum + gzipSync(content).byteLength, 0);

export function bundleFaults(files: readonly BundledFile[]): string[] {
  const faults = files.flatMap(({ name, content }) =>
    name.endsWith(".mmdb") || content.includes(DATABASE_MARKER) ? [`${name} is a database of addresses`] : [],
  );
  if (files.length === 0) faults.push("nothing was built");
  const size = compressedBytes(files);
  if (size > BUDGET_BYTES) faults.push(`the script takes ${size} bytes compressed, over ${BUDGET_BYTES}`);
  return faults;
}
