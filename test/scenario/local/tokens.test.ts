// Tokens of a run under way, with the real API: what `meridian token` changes holds at once, in every region.

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { register } from "../../../control-plane/cli/commands/token.node.ts";
import { type CommandRun, runCommand } from "../../control-plane/cli/run-command.ts";
import { type Running, startCdn } from "../../fixtures/cluster.node.ts";

let folder: string;
let cdn: Running;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "meridian-tokens-"));
  cdn = await startCdn(24_827, { stateFolder: join(folder, ".meridian"), regions: ["weur", "enam", "apac"] });
});
afterAll(async () => {
  await cdn?.end();
  await rm(folder, { recursive: true, force: true });
});

const token = (...words: string[]): Promise<CommandRun> => runCommand(register, ["token", ...words], { folder });
/** What each region's own control API answers to a token. */
const statuses = (text: string): Promise<number[]> =>
  Promise.all(
    (["weur", "enam", "apac"] as const).map(async (region) => {
      const { control } = cdn.cluster.region(region).options.ports;
      const headers = { authorization: `Bearer ${text}` };
      return (await cdn.ask(`http://127.0.0.1:${control}/v1/regions`, { headers })).status;
    }),
  );

it("a token works as soon as it is made, and is refused as soon as it is revoked", async () => {
  const made = await token("create", "--name", "ci", "--scopes", "read");
  expect(made.err).toContain("It is valid now");
  expect(await statuses(made.out)).toEqual([200, 200, 200]);
  const revoked = await token("revoke", "ci");
  expect(revoked.out).toBe("Revoked ci. It is refused now.");
  expect(await statuses(made.out)).toEqual([401, 401, 401]);
  expect(await statuses(cdn.cluster.token)).toEqual([200, 200, 200]);
});

it("a list that is damaged meanwhile changes nothing for those who use it", async () => {
  const made = await token("create", "--name", "other", "--scopes", "read");
  await writeFile(join(folder, ".meridian", "tokens.json"), "{ damaged");
  await expect(cdn.cluster.readTokens()).rejects.toThrow("tokens.json is damaged");
  expect(await statuses(made.out)).toEqual([200, 200, 200]);
});
