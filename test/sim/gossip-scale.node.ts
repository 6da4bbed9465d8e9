/// <reference path="../../config/typescript/cli-progress.d.ts" />
// `npm run gossip`: how a purge spreads among 9 to 1,000 hubs with and without loss, as a table against the theory. It reports,
// and asserts nothing; test/sim/gossip-scale.test.ts holds the bounds.

import { parseArgs } from "node:util";
import cliProgress from "cli-progress";
import { ROUND_MILLIS, type Spread, spread, theoryRounds } from "./gossip-rounds.ts";

const { values } = parseArgs({
  options: { seed: { type: "string", default: "1" }, hubs: { type: "string", default: "9,16,17,18,64,256,1000" } },
});
const LOSSES = [0, 0.1, 0.3];
/** Runs of each setting: the large ones take about a minute each, and vary less. */
const runsOf = (hubs: number): number => (hubs <= 64 ? 20 : hubs <= 256 ? 3 : 1);

const settings = values.hubs.split(",").flatMap((text) => LOSSES.map((loss) => ({ hubs: Number(text), loss })));
const weight = ({ hubs }: { hubs: number }): number => runsOf(hubs) * hubs ** 2;
const total = settings.reduce((sum, setting) => sum + weight(setting), 0);
const bar = process.stderr.isTTY
  ? new cliProgress.SingleBar({
      format: "spreading  {bar}  {percentage} %",
      clearOnComplete: true,
      stream: process.stderr,
    })
  : undefined;
bar?.start(total, 0);

const COLUMNS = [
  ["hubs", 6],
  ["loss", 7],
  ["reached", 9],
  ["by push", 9],
  ["mean", 9],
  ["most", 8],
  ["theory", 8],
  ["all know", 11],
  ["theory", 8],
  ["messages", 10],
  ["rounds", 8],
] as const;

let done = 0;
const lines = settings.map((setting) => {
  const first = Number(values.seed);
  const runs = Array.from({ length: runsOf(setting.hubs) }, (_, index) => spread({ ...setting, seed: first + index }));
  const pushed = spread({ ...setting, seed: first, repairs: "off" });
  done += weight(setting);
  bar?.update(done);
  return line(setting, runs, pushed);
});
bar?.stop();

function line({ hubs, loss }: { hubs: number; loss: number }, runs: readonly Spread[], pushed: Spread): string {
  const mean = (of: (run: Spread) => number): number => runs.reduce((sum, run) => sum + of(run), 0) / runs.length;
  const most = (of: (run: Spread) => number): number => Math.max(...runs.map(of));
  const cells = [
    hubs,
    `${loss * 100} %`,
    Math.min(...runs.map(({ reached }) => reached)),
    pushed.reached,
    mean(({ rounds }) => rounds).toFixed(1),
    most(({ rounds }) => rounds).toFixed(1),
    theoryRounds(hubs).toFixed(1),
    (mean(({ messages }) => messages) / hubs).toFixed(1),
    theoryRounds(hubs).toFixed(1),
    (mean(({ messagesToRest }) => messagesToRest) / hubs).toFixed(1),
    mean(({ roundsToRest }) => roundsToRest).toFixed(0),
  ];
  return cells.map((cell, index) => `${cell}`.padStart(COLUMNS[index]?.[1] ?? 0)).join("");
}

console.log(
  `A round is the time of one message, ${ROUND_MILLIS} ms. Theory: log2 n + ln n rounds, in each of which every hub that`,
);
console.log(
  "knows tells one other, without loss. Repairs begin after 10 to 20 rounds. Messages are requests and answers.\n",
);
console.log("                                  rounds until all know     messages a hub     to the end, a hub");
console.log(COLUMNS.map(([head, width]) => head.padStart(width)).join(""));
for (const text of lines) console.log(text);
