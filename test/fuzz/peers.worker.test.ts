// The targets that need a platform's own types, with some hundreds of inputs each.

import { expect, test } from "vitest";
import { PEERS } from "./peers.worker.ts";

test.each(PEERS.map((one) => [one.name, one] as const))(
  "nothing that is sent makes the target %s fail",
  async (_, { attempt }) => {
    expect(await attempt(1000, Math.trunc(Math.random() * 2 ** 31))).toBeUndefined();
  },
);
