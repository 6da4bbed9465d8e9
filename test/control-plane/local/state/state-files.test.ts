// Which contents of the state folder's small files can be used: whole, empty, cut, and what a hand may have made of them.

import { describe, expect, test } from "vitest";
import { describeFileFault, type FileFault } from "../../../../control-plane/local/state/file-faults.ts";
import { judgeRun, judgeSecret, judgeTokens } from "../../../../control-plane/local/state/state-files.ts";

const OURS = "dhYiqNqSERQ1jCFTdKReCdMc9hK3ziAs2WXu1DGIRaM";
const RECORD = { name: "ci", sha256: "a".repeat(64), scopes: ["purge"] };
const RUN = {
  v: 1,
  launcherPid: 4711,
  startedAt: "2026-01-01T00:00:00.000Z",
  frontDoor: "http://127.0.0.1:8787",
  control: "http://127.0.0.1:8786",
  direct: "http://127.0.0.1:1",
  admin: "http://127.0.0.1:2",
  regions: {
    weur: { edge: "http://127.0.0.1:8801", control: "http://127.0.0.1:3", pid: 4712 },
    enam: { edge: "", control: "" },
  },
};

describe("a secret", () => {
  test.each([
    ["as we make it", `${OURS}\n`, "good"],
    ["of 16 characters", "a".repeat(16), "good"],
    ["with Windows' line end", `${OURS}\r\n`, "good"],
    ["of nothing", "", "empty"],
    ["of line ends", "\n\r\n", "empty"],
    ["of 15 characters", "a".repeat(15), "damaged"],
    ["of zeros, as a power cut leaves them", "\0".repeat(44), "damaged"],
    ["with a blank", `${OURS} ${OURS}`, "damaged"],
    ["of two lines", `${OURS}\n${OURS}`, "damaged"],
    ["with what no field of HTTP carries", `${OURS}é`, "damaged"],
    ["of more than anybody makes", "a".repeat(513), "damaged"],
  ])("%s is judged", (_, text, kind) => {
    expect(judgeSecret(text).kind).toBe(kind);
  });

  test("is used without the white space around it", () => {
    expect(judgeSecret(` ${OURS}\r\n`)).toEqual({ kind: "good", value: OURS });
  });
});

describe("a list of tokens", () => {
  test.each([
    ["with a record", JSON.stringify([RECORD]), "good"],
    ["without records", "[]", "good"],
    ["of nothing", "", "empty"],
    ["of white space", " \n", "empty"],
    ["of zeros", "\0\0\0", "empty"],
    ["that is an empty object", "{}", "empty"],
    ["that is null", "null\n", "empty"],
    ["that was cut", JSON.stringify([RECORD]).slice(0, 40), "damaged"],
    ["that is one record", JSON.stringify(RECORD), "damaged"],
    ["with a record that lacks its digest", '[{"name":"x"}]', "damaged"],
    ["with a good record and a bad one", JSON.stringify([RECORD, { ...RECORD, name: "b", scopes: [] }]), "damaged"],
    ["with a name twice", JSON.stringify([RECORD, RECORD]), "damaged"],
    ["that is text", "hello", "damaged"],
  ])("%s is judged", (_, json, kind) => {
    expect(judgeTokens(json).kind).toBe(kind);
  });

  test("that is damaged names the record and what it lacks", () => {
    expect(judgeTokens(JSON.stringify([RECORD, { name: "x" }]))).toEqual({
      kind: "damaged",
      detail: "record 1: sha256: 64 lower-case hex digits",
    });
  });
});

describe("a record of a run", () => {
  test.each<[string, string, string]>([
    ["as it is written", JSON.stringify(RUN), "good"],
    ["of nothing", "", "empty"],
    ["of zeros", "\0\0", "empty"],
    ["that was cut", JSON.stringify(RUN).slice(0, 80), "damaged"],
    ["of another version", JSON.stringify({ ...RUN, v: 2 }), "damaged"],
    ["without regions", JSON.stringify({ ...RUN, regions: undefined }), "damaged"],
    ["whose address is none", JSON.stringify({ ...RUN, admin: "there" }), "damaged"],
    ["whose instant is none", JSON.stringify({ ...RUN, startedAt: "yesterday" }), "damaged"],
    // To the system 0 and below are groups of processes, and 1 is the machine's first.
    ["whose launcher is a group of processes", JSON.stringify({ ...RUN, launcherPid: -1 }), "damaged"],
    ["whose region is a group of processes", JSON.stringify({ ...RUN, regions: { weur: { pid: 0 } } }), "damaged"],
    [
      "whose origin is the machine's first process",
      JSON.stringify({ ...RUN, exampleOrigin: { url: "", pid: 1 } }),
      "damaged",
    ],
    ["whose region is a number", JSON.stringify({ ...RUN, regions: { weur: 5 } }), "damaged"],
    ["that is a list", "[]", "damaged"],
    ["that is null", "null", "damaged"],
  ])("%s is judged", (_, json, kind) => {
    expect(judgeRun(json).kind).toBe(kind);
  });
});

test.each(["EACCES", "EPERM", "EROFS", "ENOSPC", "EDQUOT", "ENOTDIR", "EISDIR", "EEXIST", "EIO"])(
  "a fault of the file system (%s) names the path and a way out",
  (code) => {
    const words = describeFileFault({ code, path: "/state/token" });
    expect(words).toMatch(/^\/state\/token: .*--state FOLDER$/);
  },
);

test("a fault that is not the file system's has no such words", () => {
  expect(describeFileFault(new TypeError("x") as FileFault)).toBeUndefined();
  expect(describeFileFault({ code: "ECONNREFUSED", path: "/x" })).toBeUndefined();
});
