// `meridian distances`: the table of emulated round-trip times between regions, from config/world/distance.ts.
// Prints only; it needs no running deployment.

import type { Command } from "commander";
import { BASE_ROUND_TRIP, FIBRE_KILOMETRES_PER_MILLI, PATH_FACTOR, roundTrip } from "../../../config/world/distance.ts";
import { REGION_IDS, REGIONS } from "../../../config/world/regions.ts";

/** Adds `distances` to the program. */
export function register(program: Command): void {
  program
    .command("distances")
    .description("print the emulated round-trip times between regions")
    .option("--json", "print them as one JSON object, in milliseconds")
    .action((options: { json?: boolean }) => {
      if (options.json) console.log(JSON.stringify(asObject()));
      else console.log(asTable());
    });
}

const between = (from: (typeof REGION_IDS)[number], to: (typeof REGION_IDS)[number]): number =>
  Math.round(roundTrip(REGIONS[from].place, REGIONS[to].place));

const asObject = (): Record<string, Record<string, number>> =>
  Object.fromEntries(
    REGION_IDS.map((from) => [from, Object.fromEntries(REGION_IDS.map((to) => [to, between(from, to)]))]),
  );

function asTable(): string {
  const width = 6;
  const head = ["ms", ...REGION_IDS].map((cell) => cell.padStart(width)).join("");
  const rows = REGION_IDS.map((from) =>
    [from, ...REGION_IDS.map((to) => String(between(from, to)))].map((cell) => cell.padStart(width)).join(""),
  );
  const model =
    `Round-trip times in milliseconds: ${BASE_ROUND_TRIP} ms, and twice the great circle at ` +
    `${FIBRE_KILOMETRES_PER_MILLI} km a millisecond (light in fibre) times a path factor of ${PATH_FACTOR}.`;
  return [head, ...rows, "", model].join("\n");
}
