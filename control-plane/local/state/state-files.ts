// Validates the small files of the state folder: secrets, tokens, the record of a run. Files are truncated by full disks and
// power failures, and edited by hand. Pure: state-folder.node.ts reads them and moves them aside.

import { parseTokens, type TokenRecord } from "../../api/access/access.ts";
import type { RunRecord } from "./run-record.ts";

/** `empty` holds nothing that could be lost; `damaged` may. */
export type CheckedFile<Value> =
  | { readonly kind: "good"; readonly value: Value }
  | { readonly kind: "empty" }
  | { readonly kind: "damaged"; readonly detail: string };

const damaged = (detail: string) => ({ kind: "damaged", detail }) as const;

/**
 * Characters of a secret. Ours has 43 (256 bits); one that a user wrote must be hard to guess, too, and able to stand in a
 * field of HTTP (RFC 6750 section 2.1).
 */
const SECRET = /^[\w\-.~+/]{16,512}=*$/;

/** The admin token or the cluster key. */
export function judgeSecret(text: string): CheckedFile<string> {
  const secret = text.trim();
  if (secret === "") return { kind: "empty" };
  if (SECRET.test(secret)) return { kind: "good", value: secret };
  return damaged(
    secret.length < 16 ? `it has ${secret.length} characters and needs 16 or more` : "it has invalid characters",
  );
}

/** The records that `meridian token create` made. A list without records, in any form, is empty. */
export function judgeTokens(json: string): CheckedFile<readonly TokenRecord[]> {
  if (json.replaceAll(/[\s\0]/g, "") === "") return { kind: "empty" };
  const parsed = parseTokens(json);
  if (parsed.kind === "tokens") return { kind: "good", value: parsed.tokens };
  if (/^\s*(?:\{\s*\}|null|"")\s*$/.test(json)) return { kind: "empty" };
  return damaged(parsed.detail.replace(/^API_TOKENS\[(\d+)\]: /, "record $1: ").replace(/^API_TOKENS/, "it"));
}

/** The record of a run. One that cannot be read counts as none. */
export function judgeRun(json: string): CheckedFile<RunRecord> {
  if (json.replaceAll(/[\s\0]/g, "") === "") return { kind: "empty" };
  let run: unknown;
  try {
    run = JSON.parse(json);
  } catch (error) {
    if (error instanceof SyntaxError) return damaged("it is not valid JSON");
    throw error;
  }
  return isRunRecord(run) ? { kind: "good", value: run } : damaged("it is not a record of a run");
}

/** Whether every member that is there is what a record says. A reader needs few of them, and asks for those that it needs. */
function isRunRecord(value: unknown): value is RunRecord {
  if (typeof value !== "object" || value === null) return false;
  const { v, launcherPid, startedAt, regions, exampleOrigin, ...rest } = value as Record<string, unknown>;
  const addresses = [rest.frontDoor, rest.control, rest.direct, rest.admin].filter((address) => address !== undefined);
  return (
    (v === undefined || v === 1) &&
    (launcherPid === undefined || isPid(launcherPid)) &&
    (startedAt === undefined || (typeof startedAt === "string" && !Number.isNaN(Date.parse(startedAt)))) &&
    addresses.every((address) => typeof address === "string" && URL.canParse(address)) &&
    typeof regions === "object" &&
    regions !== null &&
    Object.values(regions).every(hasGoodPid) &&
    (exampleOrigin === undefined || hasGoodPid(exampleOrigin))
  );
}

/** 0 and below name whole groups of processes to the system: a record that was edited must not end those. */
const isPid = (pid: unknown): boolean => Number.isInteger(pid) && Number(pid) > 1;

const hasGoodPid = (part: unknown): boolean =>
  typeof part === "object" && part !== null && (!("pid" in part) || isPid(part.pid));
