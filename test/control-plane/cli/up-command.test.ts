// What `meridian up` refuses before it starts anything.

import { expect, test } from "vitest";
import { register } from "../../../control-plane/cli/commands/up.node.ts";
import { runCommand } from "./run-command.ts";

test.each([
  ["http://user:secret@h.example", /Omit user name and password/],
  ["https://user@h.example", /Omit user name and password/],
  ["http://h.example/shop", /without a path/],
  ["http://h.example/?a", /without a path/],
  ["ftp://h.example", /http or https/],
  ["h.example", /http or https/],
])("an origin given as %s is refused, and its secret is not repeated", async (origin, said) => {
  const { err, exit } = await runCommand(register, ["up", "--origin", origin]);
  expect(exit).toBe(2);
  expect(err).toMatch(said);
});
