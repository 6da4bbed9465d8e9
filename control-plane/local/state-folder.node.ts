// `.meridian/`: what one local installation keeps between runs, and what it says about the run under way. Secrets are
// readable by their owner only and are made at the first start; `run.json` is there while a run is, and removed with it.

import { createHash, randomBytes } from "node:crypto";
import { constants, copyFile, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { RegionId } from "../../config/regions.ts";
import type { TokenRecord } from "../api/access.ts";

/** The state folder of an installation, unless another is named. */
export const DEFAULT_STATE_FOLDER = fileURLToPath(new URL("../../.meridian", import.meta.url));

/** What `run.json` says of the run under way. */
export interface RunRecord {
  readonly v: 1;
  readonly launcherPid: number;
  readonly startedAt: string;
  readonly frontDoor: string;
  readonly control: string;
  /** The way to the origin without the CDN, for measurements. */
  readonly direct: string;
  /** The launcher's own endpoint (admin.node.ts); it wants the admin token. */
  readonly admin: string;
  readonly exampleOrigin?: { readonly url: string; readonly pid: number };
  readonly regions: Readonly<Partial<Record<RegionId, RegionRecord>>>;
}
export interface RegionRecord {
  readonly edge: string;
  readonly control: string;
  /** Absent while the region is stopped. */
  readonly pid?: number;
}

const isMissing = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === "ENOENT";

/** The state folder at `path`; made when it is first written to. */
export class StateFolder {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  async prepare(): Promise<void> {
    await mkdir(join(this.path, "logs"), { recursive: true, mode: 0o700 });
  }

  /** The admin token, made at the first start. */
  token = (): Promise<string> => this.#secret("token");

  /** The key that signs traffic between this installation's processes. */
  clusterKey = (): Promise<string> => this.#secret("cluster-key");

  /** The admin token's record and those that `meridian token create` has added. Throws if that file is damaged. */
  async tokenRecords(): Promise<TokenRecord[]> {
    const sha256 = createHash("sha256")
      .update(await this.token())
      .digest("hex");
    const added = await this.#read("tokens.json");
    return [{ name: "admin", sha256, scopes: ["admin"] }, ...((added as TokenRecord[] | undefined) ?? [])];
  }

  regionState = (region: RegionId): string => join(this.path, "state", region);
  regionLog = (region: RegionId): string => join(this.path, "logs", `${region}.log`);

  /** Copies a database of addresses to where regions may read it. Returns the folder, in which it is `addresses.mmdb`. */
  async keepGeoDatabase(file: string): Promise<string> {
    const folder = join(this.path, "geo");
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await copyFile(file, join(folder, "addresses.mmdb"), constants.COPYFILE_FICLONE);
    return folder;
  }

  /** The record of a run: under way, or left behind by one that ended without a word. */
  readRun = async (): Promise<RunRecord | undefined> => (await this.#read("run.json")) as RunRecord | undefined;

  async writeRun(run: RunRecord): Promise<void> {
    // Renaming replaces the whole file at once, so that a reader never sees half of it.
    const file = join(this.path, "run.json");
    await writeFile(`${file}.new`, `${JSON.stringify(run, null, 2)}\n`, { mode: 0o600 });
    await rename(`${file}.new`, file);
  }

  removeRun = (): Promise<void> => rm(join(this.path, "run.json"), { force: true });

  async #secret(name: string): Promise<string> {
    const file = join(this.path, name);
    try {
      return (await readFile(file, "utf8")).trim();
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
    const secret = randomBytes(32).toString("base64url");
    await writeFile(file, `${secret}\n`, { mode: 0o600, flag: "wx" });
    return secret;
  }

  async #read(name: string): Promise<unknown> {
    const file = join(this.path, name);
    try {
      return JSON.parse(await readFile(file, "utf8"));
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw new Error(`${file} cannot be read: ${(error as Error).message}`);
    }
  }
}
