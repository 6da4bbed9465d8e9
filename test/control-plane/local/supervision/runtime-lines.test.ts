// What of a runtime's own lines a user sees.

import { describe, expect, test } from "vitest";
import { LOCAL_LIMITS } from "../../../../control-plane/local/limits.ts";
import {
  originNews,
  Repetition,
  screenText,
  stallNews,
  storageNews,
  whyNotStarted,
  withheldNews,
} from "../../../../control-plane/local/supervision/runtime-lines.ts";

describe("a line of a region's runtime", () => {
  test.each([
    ["a canceled alarm", "error", "server.c++:1: failed: NOSENTRY SQLite alarm handler canceled"],
    [
      "a client that hung up",
      "error",
      "control API: POST /v1/purges failed Error: Network connection lost.\n    at async x",
    ],
    ["a peer that is down", "error", "kj/async-io-unix.c++:1: connect(): Connection refused"],
    [
      "an internal error, whose cause has a line of its own",
      "error",
      "Uncaught exception: workerd/jsg/value.h:1511: failed: remote.jsg.Error: internal error; reference = miiv6flukee",
    ],
    [
      "a body whose reader went away",
      "error",
      "Uncaught exception: workerd/jsg/value.h:1511: failed: remote.jsg.Error: the reader of the origin's body paused for too long",
    ],
    ["a warning", "warn", "meter: push refused with 503"],
    ["a note", "info", "hello"],
    ["nothing", "error", "\n\n"],
  ])("stays in the log if it is %s", (_, level, message) => {
    expect(screenText({ level, message })).toBeUndefined();
  });

  test("that is an error is shown without its stack, and cut to two lines", () => {
    expect(screenText({ level: "error", message: "TypeError: x is not a function\n    at f" })).toBe(
      "TypeError: x is not a function",
    );
    const long = screenText({ level: "error", message: "x".repeat(5000) });
    expect(long).toHaveLength(LOCAL_LIMITS.screenLineCharacters);
  });
});

describe("a line that names a fault of the storage", () => {
  test.each([
    ["Uncaught exception: x.h:1: failed: remote.jsg.Error: database or disk is full: SQLITE_FULL", "free space"],
    [
      "e = sqlite.c++:910: failed: SQLite failed; disk I/O error: SQLITE_IOERR (extended: SQLITE_IOERR_SHMSIZE)",
      "full",
    ],
    ["jsg.Error: database disk image is malformed: SQLITE_CORRUPT", "damaged"],
  ])("is one sentence with the folder and what to do: %s", (message, words) => {
    const text = storageNews({ level: "error", message }, "/m/state/weur");
    expect(text).toContain("it cannot store purges");
    expect(text).toContain("/m/state/weur");
    expect(text).toContain(words);
    expect(text).not.toMatch(/SQLITE|jsg|c\+\+/);
  });

  test.each([
    ["error", "TypeError: x is not a function"],
    ["info", "SQLITE_FULL"],
  ])("is no other: %s, %s", (level, message) => {
    expect(storageNews({ level, message }, "/m")).toBeUndefined();
  });
});

describe("a body that we fail because its origin stalled", () => {
  test.each(["remote.jsg.Error: the origin's body paused for 3000 ms", "jsg.Error: the body paused for 3000 ms"])(
    "is told in plain words, and not as an uncaught exception: %s",
    (error) => {
      const message = `Uncaught exception: workerd/jsg/value.h:1511: failed: ${error}`;
      expect(stallNews({ level: "error", message })).toMatch(/^an origin sent nothing for 3 s in the middle of a body/);
    },
  );

  test.each([
    ["error", "Uncaught exception: workerd/jsg/value.h:1511: failed: remote.jsg.TypeError: x is not a function"],
    ["error", "TypeError: the body paused for 3000 ms is what somebody logged"],
    ["info", "Uncaught exception: x: failed: remote.jsg.Error: the origin's body paused for 3000 ms"],
  ])("is nothing else that a runtime writes: %s, %s", (level, message) => {
    expect(stallNews({ level, message })).toBeUndefined();
  });
});

describe("a runtime that did not start", () => {
  test("for a full disk says so with the folder and what to do", () => {
    const written = '{"level":"error","message":"*** Uncaught exception ***\\nsqlite.c++:1757: failed: SQLITE_FULL"}';
    const text = whyNotStarted(written, "/m/state/weur");
    expect(text).toBe("its disk is full; free space where its state is stored (/m/state/weur)");
  });

  test.each([
    ['{"level":"error","message":"the \\"port\\"\\nis taken"}', 'the "port" is taken'],
    ["", "its runtime exited at once"],
  ])("for another reason says what it wrote: %s", (written, words) => {
    expect(whyNotStarted(written, "/m")).toBe(words);
  });
});

describe("a breaker that changes", () => {
  test.each([
    ["opened", 'the origin "shop" fails repeatedly'],
    ["closed", 'the origin "shop" answers again'],
  ])("is told with the origin's name when it has %s", (breaker, words) => {
    const message = JSON.stringify({ origin: "shop", breaker });
    expect(originNews({ level: "warn", message })).toEqual({ origin: "shop", text: expect.stringContaining(words) });
  });

  test.each(['{"origin":"shop","breaker":"half-open"}', '{"origin":"\u001b[2J","breaker":"opened"}', "{}", "text"])(
    "is nothing else that a runtime writes: %s",
    (message) => {
      expect(originNews({ level: "warn", message })).toBeUndefined();
    },
  );
});

describe("the same words", () => {
  test("are news once in a while, other words at any time", () => {
    const said = new Repetition();
    const later = LOCAL_LIMITS.repeatedLineMillis;
    expect([
      said.isNews("a", 0),
      said.isNews("a", later - 1),
      said.isNews("b", later - 1),
      said.isNews("a", later),
    ]).toEqual([true, false, true, true]);
  });

  test("are no news beyond a number of different ones, so that what is remembered has a bound", () => {
    const said = new Repetition();
    for (let index = 0; index < LOCAL_LIMITS.repeatedLines; index++) expect(said.isNews(`${index}`, 0)).toBe(true);
    expect(said.isNews("one more", 1)).toBe(false);
    expect(said.isNews("one more", LOCAL_LIMITS.repeatedLineMillis)).toBe(true);
  });
});

describe("a request field that an origin varies on and is not sent", () => {
  const line = (value: object) => ({ level: "warn", message: JSON.stringify(value) });
  test.each([
    [
      ["rsc", "next-url"],
      /^route "pages": its origin varies on rsc, next-url: .*variantHeaders.*detectVary.*framework/,
    ],
    [["user-agent"], /^route "pages": its origin varies on User-Agent.*key\.device/],
  ])("is told with its route, and what to do: %s", (varyWithheld, words) => {
    expect(withheldNews(line({ route: "pages", varyWithheld }))).toMatch(words);
  });

  test.each([{ route: "pages" }, { route: "pages", varyWithheld: [] }, { origin: "shop", breaker: "opened" }])(
    "is in no other line: %j",
    (value) => expect(withheldNews(line(value))).toBeUndefined(),
  );
});
