// `npm run conformance`: the public HTTP cache test suite against a running CDN, through edge, shard and shield. Prints passes
// by kind and by group, and what differs from the list of expected failures. Exit codes: 0 as expected, 1 otherwise.

import { parseArgs } from "node:util";
import Table from "cli-table3";
import { EXPECTED_FAILURES } from "./expected-failures.ts";
import { failuresOf, KINDS, type Kind, type Outcome, type Score, scoreOf, surprisesOf, type Tally } from "./score.ts";
import { runSuite } from "./suite.node.ts";

const HELP = `Usage: npm run conformance -- [options]

  --port N     the front door's port, or the next one up that is free (default 24787)
  --only ID    one test, with everything that it sends and gets; compared with nothing
  --json       print the score and the surprises as JSON
  --help       show this`;

const { values } = parseArgs({
  options: {
    port: { type: "string", default: "24787" },
    only: { type: "string" },
    json: { type: "boolean", default: false },
    help: { type: "boolean", short: "h", default: false },
  },
});

const text = ({ passed, all }: Tally): string => (all === 0 ? "" : `${passed}/${all}`);

function drawn({ groups, kinds }: Score): string {
  const table = new Table({
    head: ["group", ...KINDS],
    colAligns: ["left", "right", "right", "right"],
    style: { head: [], border: [] },
  });
  const row = (name: string, tallies: Readonly<Record<Kind, Tally>>) => [
    name,
    ...KINDS.map((kind) => text(tallies[kind])),
  ];
  for (const group of groups) table.push(row(group.group, group.kinds));
  table.push(row("all", kinds));
  return table.toString();
}

async function main(): Promise<number> {
  const { released, corrected, targeted } = await runSuite({
    frontDoor: Number(values.port),
    only: values.only,
    isExpected: (id) => values.only !== undefined || id in EXPECTED_FAILURES,
  });
  const outcomes = [...released, ...corrected, ...targeted];
  if (values.only !== undefined) {
    for (const { id, problem } of outcomes) console.log(`${id}: ${problem ?? "passed"}`);
    return outcomes.length === 1 ? 0 : 1;
  }
  const score = scoreOf(released);
  // These depend on released tests, so they are judged among all.
  const failures = failuresOf(outcomes);
  const tally = (these: readonly Outcome[]): Tally => ({
    passed: these.filter(({ id }) => !failures.has(id)).length,
    all: these.length,
  });
  const own = { corrected: tally(corrected), targeted: tally(targeted) };
  const surprises = surprisesOf(outcomes, EXPECTED_FAILURES);
  if (values.json) console.log(JSON.stringify({ score, ...own, surprises, outcomes }, null, 2));
  else {
    console.log(drawn(score));
    console.log(
      `${text(own.corrected)} of the tests whose released form contradicts RFC 9111 (corrections.ts), as the RFC has it.`,
    );
    console.log(
      `${text(own.targeted)} of our own tests of targeted fields (targeted.ts), which the release does not know.`,
    );
    for (const { id, problem } of surprises.failed) console.log(`failed, and should not: ${id} (${problem})`);
    for (const id of surprises.passed) console.log(`passed, and is listed as a failure: ${id}`);
    for (const id of surprises.unknown) console.log(`listed as a failure, but no test: ${id}`);
  }
  const listed = Object.keys(EXPECTED_FAILURES).length;
  const asExpected = surprises.failed.length + surprises.passed.length + surprises.unknown.length === 0;
  if (asExpected && !values.json)
    console.log(`${listed} tests fail as test/conformance/expected-failures.ts says, with reasons.`);
  return asExpected ? 0 : 1;
}

if (values.help) console.log(HELP);
else process.exit(await main());
