// `.meridian/`: a local installation's persistent files, and the record of the current run. Secrets are readable by their owner
// only and created at the first start; `run.json` exists for as long as the run.
// **Decided: damaged files.** A file with nothing to lose is moved aside under a new name and recreated, with a notice. One that
// may still contain something (tokens of others) stops the start with an error and advice.

import { createHash, randomBytes } from "node:crypto";
import { constants, copyFile, mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { RegionId } from "../../../config/world/regions.ts";
import type { TokenRecord } from "../../api/access/access.ts";
import { CannotLaunch } from "../prepare/cannot-launch.ts";
import { describeFileFault, type FileFault } from "./file-faults.ts";
import type { RunRecord } from "./run-record.ts";
import { type CheckedFile, judgeRun, judgeSecret, judgeTokens } from "./state-files.ts";

/** The state folder of an installation, unless another is named. */
export const DEFAULT_STATE_FOLDER = fileURLToPath(new URL("../../../.meridian", import.meta.url));

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code;

const ignoreAbsence = (error: unknown): undefined => {
  if (codeOf(error) !== "ENOENT") throw error;
};

/** The consequences of replacing a damaged secret. */
const COSTS = {
  token: "Scripts that used the old one need the new one.",
  "cluster-key": "Receipts from before verify only with the old key (meridian purge verify --key).",
} as const;

/** The state folder at `path`; made when it is first written to. `notice` hears of what was mended. */
export class StateFolder {
  readonly path: string;
  readonly #notice: (text: string) => void;

  constructor(path: string, notice: (text: string) => void = () => undefined) {
    this.path = path;
    this.#notice = notice;
  }

  /** Makes the folder, and clears away halves of files that an earlier run was ended in the middle of writing. */
  async prepare(): Promise<void> {
    await mkdir(this.path, { recursive: true, mode: 0o700 });
    for (const name of ["logs", "state", "geo", "access"]) await this.#folder(name);
    for (const name of await readdir(this.path)) {
      if (name.endsWith(".new")) await rm(join(this.path, name), { recursive: true, force: true });
    }
  }

  /** The admin token, made at the first start. */
  token = (): Promise<string> => this.#secret("token");

  /** The key that signs traffic between this installation's processes. */
  clusterKey = (): Promise<string> => this.#secret("cluster-key");

  /** The admin token's record and those that `meridian token create` has added. Throws `CannotLaunch` if that file is damaged. */
  async tokenRecords(): Promise<TokenRecord[]> {
    const sha256 = createHash("sha256")
      .update(await this.token())
      .digest("hex");
    return [{ name: "admin", sha256, scopes: ["admin"] }, ...(await this.#addedTokens())];
  }

  /**
   * Hands the records of all tokens to the regions, which read them for each request: a token that was revoked is refused at
   * once. Returns the folder, in which they are `tokens.json`.
   */
  async handOverTokens(): Promise<string> {
    const folder = join(this.path, "access");
    // Read first: a damaged list changes nothing for those who use it.
    const records = await this.tokenRecords();
    await this.#replace("access/tokens.json", JSON.stringify(records), "It was a copy, and was recreated.");
    return folder;
  }

  regionState = (region: RegionId): string => join(this.path, "state", region);
  regionLog = (region: RegionId): string => join(this.path, "logs", `${region}.log`);

  /** Copies a database of addresses to where regions may read it. Returns the folder, in which it is `addresses.mmdb`. */
  async keepGeoDatabase(file: string): Promise<string> {
    const folder = join(this.path, "geo");
    const copy = join(folder, "addresses.mmdb");
    // A copy that was cut, or is no file at all, is replaced.
    await rm(copy, { recursive: true, force: true });
    await copyFile(file, copy, constants.COPYFILE_FICLONE);
    return folder;
  }

  /** The record of a run, under way or left behind. Throws `CannotLaunch` if it is damaged, and changes nothing. */
  async readRun(): Promise<RunRecord | undefined> {
    const found = await this.#read("run.json", judgeRun);
    if (found === undefined || found.kind === "good") return found?.value;
    throw new CannotLaunch(1, describeBadRun(join(this.path, "run.json"), found));
  }

  /** The record that an earlier run left behind. One that is damaged says nothing and is moved aside. */
  async takeLeftRun(): Promise<RunRecord | undefined> {
    const found = await this.#read("run.json", judgeRun);
    if (found === undefined || found.kind === "good") return found?.value;
    await this.#setAside("run.json", whatIsWrong(found), "It was the record of an earlier run.");
    return undefined;
  }

  /** The admin token as it is; undefined before the first start, and for one that the next start replaces. */
  async readToken(): Promise<string | undefined> {
    const found = await this.#read("token", judgeSecret);
    return found?.kind === "good" ? found.value : undefined;
  }

  async writeRun(run: RunRecord): Promise<void> {
    await this.#replace("run.json", `${JSON.stringify(run, null, 2)}\n`, "It was no record of this run.");
  }

  async removeRun(): Promise<void> {
    for (const name of ["run.json", "run.json.new"]) await rm(join(this.path, name), { force: true });
  }

  /** Removes the record if it is this process's, and not another run's in the same folder. */
  async removeOwnRun(): Promise<void> {
    const found = await this.#read("run.json", judgeRun);
    if (found?.kind === "good" && found.value.launcherPid === process.pid) await this.removeRun();
  }

  /** Gives a file or folder a new name in the same folder. Returns the new path. */
  async moveAside(path: string): Promise<string> {
    const aside = `${path}.damaged-${new Date().toISOString().replaceAll(/[-:.]/g, "")}`;
    await rename(path, aside);
    return aside;
  }

  /** Moves what belongs to a file that was moved aside, if it is there. */
  async moveAsideWith(path: string, aside: string): Promise<void> {
    try {
      await rename(path, aside);
    } catch (error) {
      if (codeOf(error) !== "ENOENT") throw error;
    }
  }

  async #secret(name: keyof typeof COSTS): Promise<string> {
    const found = await this.#read(name, judgeSecret);
    if (found?.kind === "good") return found.value;
    if (found !== undefined) await this.#setAside(name, whatIsWrong(found), `A new one was created. ${COSTS[name]}`);
    const secret = randomBytes(32).toString("base64url");
    await writeFile(join(this.path, name), `${secret}\n`, { mode: 0o600, flag: "wx" });
    return secret;
  }

  async #addedTokens(): Promise<readonly TokenRecord[]> {
    const found = await this.#read("tokens.json", judgeTokens);
    if (found === undefined) return [];
    if (found.kind === "good") return found.value;
    if (found.kind === "damaged") {
      throw new CannotLaunch(
        1,
        `${join(this.path, "tokens.json")} is damaged: ${found.detail}. It contains the tokens of "meridian token create". ` +
          "Correct it, or move it away; its tokens then no longer work; create new ones with: npx meridian token create",
      );
    }
    await this.#setAside("tokens.json", whatIsWrong(found), "Its former tokens no longer work.");
    return [];
  }

  async #setAside(name: string, why: string, consequence: string): Promise<void> {
    const path = join(this.path, name);
    this.#notice(`${path} ${why} and was moved to ${await this.moveAside(path)}. ${consequence}`);
  }

  /**
   * Replaces a whole file at once, so that a reader never sees half of it. A folder in its place is moved aside with a notice,
   * which says `consequence`. An error names the file, and not the temporary one that was being written.
   */
  async #replace(name: string, text: string, consequence: string): Promise<void> {
    const file = join(this.path, name);
    try {
      await rm(`${file}.new`, { recursive: true, force: true });
      await writeFile(`${file}.new`, text, { mode: 0o600 });
      if ((await stat(file).catch(ignoreAbsence))?.isDirectory()) {
        await this.#setAside(name, "was a folder in place of a file", consequence);
      }
      await rename(`${file}.new`, file);
    } catch (error) {
      throw Object.assign(error as Error, { path: file });
    }
  }

  /** A folder of ours. A file in its place holds nothing of ours. */
  async #folder(name: string): Promise<void> {
    const path = join(this.path, name);
    try {
      await mkdir(path, { recursive: true, mode: 0o700 });
    } catch (error) {
      if (codeOf(error) !== "EEXIST" && codeOf(error) !== "ENOTDIR") throw error;
      await this.#setAside(name, "was a file in place of a folder", "A new folder was created.");
      await mkdir(path, { recursive: true, mode: 0o700 });
    }
  }

  /** A file as `judge` finds it; undefined if there is none. Throws `CannotLaunch` for one that cannot be read. */
  async #read<Value>(
    name: string,
    judge: (text: string) => CheckedFile<Value>,
  ): Promise<CheckedFile<Value> | undefined> {
    const path = join(this.path, name);
    try {
      return judge(await readFile(path, "utf8"));
    } catch (error) {
      if (codeOf(error) === "ENOENT") return undefined;
      if (codeOf(error) === "EISDIR") return { kind: "damaged", detail: "it is a folder" };
      const words = describeFileFault({ ...(error as FileFault), path });
      throw words === undefined ? error : new CannotLaunch(1, words);
    }
  }
}

type Bad = Exclude<CheckedFile<unknown>, { kind: "good" }>;

const whatIsWrong = (found: Bad): string => (found.kind === "empty" ? "was empty" : `was damaged (${found.detail})`);

/** What a command says of a record of the run that it cannot use. */
export const describeBadRun = (path: string, found: Bad): string =>
  `${path} is ${found.kind === "empty" ? "empty" : `damaged (${found.detail})`}. ` +
  "Restart Meridian (npm start), which replaces it, or give the API's address: --api URL";
