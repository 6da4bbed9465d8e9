// API tokens of the local installation, besides its admin token: only their digests are stored, in `.meridian/tokens.json`,
// which the next start reads. A token's text is shown once, when it is created.

import { createHash, randomBytes } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { TokenRecord } from "../api/access/access.ts";
import { describeFileFault, type FileFault } from "../local/state/file-faults.ts";
import { judgeTokens } from "../local/state/state-files.ts";

/** A new token and its record. */
export function makeToken(record: Omit<TokenRecord, "sha256">): {
  readonly token: string;
  readonly record: TokenRecord;
} {
  // 256 random bits cannot be guessed, so a plain digest is enough (a slow hash protects only values that people choose).
  const token = `mrd_${randomBytes(32).toString("base64url")}`;
  const { name, scopes, hosts } = record;
  const sha256 = createHash("sha256").update(token).digest("hex");
  return { token, record: { name, sha256, scopes, ...(hosts === undefined ? {} : { hosts }) } };
}

/** The records in `folder`; none before the first is created. Throws if the file is damaged, naming the fault. */
export async function readTokenRecords(folder: string): Promise<readonly TokenRecord[]> {
  const file = join(folder, "tokens.json");
  let json: string;
  try {
    json = await readFile(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    const words = describeFileFault({ ...(error as FileFault), path: file });
    throw words === undefined ? error : new Error(words);
  }
  const found = judgeTokens(json);
  switch (found.kind) {
    case "good":
      return found.value;
    case "empty":
      return [];
    case "damaged":
      throw new Error(`${file} is damaged: ${found.detail}. Correct it, or move it away and create its tokens again.`);
  }
}

/** Replaces the records in `folder`, readable by their owner only. */
export async function writeTokenRecords(folder: string, records: readonly TokenRecord[]): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, "tokens.json");
  // Renaming replaces the whole file at once, so that a concurrent start never reads half of it.
  await writeFile(`${file}.new`, `${JSON.stringify(records, null, 2)}\n`, { mode: 0o600 });
  await rename(`${file}.new`, file);
}
