// The log in memory passes the suite that the log in SQLite passes in test/scenario/hub.test.ts.

import { describe, test } from "vitest";
import { LOG_SUITE } from "../log-suite.ts";
import { MemoryLog } from "../memory-log.ts";

describe("a log in memory", () => {
  test.each(LOG_SUITE)("$name", ({ run }) => {
    const log = new MemoryLog();
    run(log, () => {
      const again = new MemoryLog();
      again.restore(log.snapshot());
      return again;
    });
  });
});
