// npm run fuzz -- [--inputs N] [--seed S] [--only NAME]: as many hostile inputs as you like, spread over all targets or for one.
// Prints a line for each target as it goes; exits 1 if one has failed, with the command that repeats it.

import { parseArgs } from "node:util";
import type { Target } from "./target.ts";
import { TARGETS } from "./targets.ts";

// By its address, since the compiler would read it without the platform's types here.
const { PEERS }: { PEERS: readonly Target[] } = await import(new URL("./peers.worker.ts", import.meta.url).href);
const ALL = [...TARGETS, ...PEERS];

/** Inputs from one seed: what a failure has to be searched in. */
const BATCH = 10_000;

const { values } = parseArgs({
  options: { inputs: { type: "string" }, seed: { type: "string" }, only: { type: "string" } },
});
const inputs = Number(values.inputs ?? 100_000);
const seed = Number(values.seed ?? Math.trunc(Math.random() * 2 ** 31));
const targets = ALL.filter(({ name }) => values.only === undefined || name === values.only);
if (!Number.isSafeInteger(inputs) || inputs < 1 || !Number.isSafeInteger(seed) || targets.length === 0) {
  console.error(`usage: npm run fuzz -- [--inputs N] [--seed S] [--only ${ALL.map(({ name }) => name).join("|")}]`);
  process.exit(2);
}

console.log(`seed ${seed}, ${inputs} inputs over ${targets.length} targets`);
const share = Math.ceil(inputs / targets.length);
for (const { name, attempt } of targets) {
  const slowest = { millis: 0, input: "" };
  const began = performance.now();
  let failed: string | undefined;
  for (let done = 0; done < share && failed === undefined; done += BATCH) {
    const batch = Math.min(BATCH, share - done);
    const own = (seed + done / BATCH) | 0;
    failed = await attempt(batch, own, (input, millis) => {
      if (millis > slowest.millis) Object.assign(slowest, { millis, input: JSON.stringify(input) ?? "undefined" });
    });
    if (failed === undefined) continue;
    console.log(`FAIL ${name}\n${failed}\nagain: npm run fuzz -- --only ${name} --seed ${own} --inputs ${batch}`);
    process.exitCode = 1;
  }
  if (failed !== undefined) continue;
  const seconds = (performance.now() - began) / 1000;
  const rate = Math.round(share / seconds);
  console.log(
    `ok   ${name.padEnd(26)} ${share} inputs, ${rate} a second, slowest ${slowest.millis.toFixed(1)} ms: ${slowest.input.slice(0, 100)}`,
  );
}
