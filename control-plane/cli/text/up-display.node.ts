// Output of `meridian up`: the steps of the start with their times, the addresses, a few commands to try, and later the run's
// events. As text for people, or as one JSON object per line. The last line of a start is fixed.

import pc from "picocolors";
import { printable } from "../../../config/printable.ts";
import type { Cluster } from "../../local/cluster.node.ts";
import type { LaunchEvent } from "../../local/events.ts";
import { DEFAULT_STATE_FOLDER } from "../../local/state/state-folder.node.ts";

export interface Display {
  readonly event: (event: LaunchEvent) => void;
  readonly ready: (cluster: Cluster) => void;
  readonly stopping: () => void;
}

/** A display on standard output. */
export const createDisplay = (asJson: boolean): Display => (asJson ? jsonDisplay() : textDisplay());

function jsonDisplay(): Display {
  const print = (value: object): void => console.log(printable(JSON.stringify(value)));
  return {
    event: print,
    ready: (cluster) =>
      print({ kind: "ready", ...cluster.addresses, exampleOrigin: cluster.origin?.url, regions: cluster.regions() }),
    stopping: () => print({ kind: "stopping" }),
  };
}

function textDisplay(): Display {
  const startedAt = performance.now();
  const secondsSince = (): string => `${((performance.now() - startedAt) / 1000).toFixed(1)} s`.padStart(7);
  return {
    event: (event) => {
      const text = event.kind === "step" ? event.step : toneOf(event)(event.text);
      console.log(printable(`${pc.dim(secondsSince())}  ${text}`));
    },
    ready: (cluster) => {
      for (const line of [...addresses(cluster), "", ...commands(cluster), ""]) console.log(line);
      console.log("Meridian is ready");
    },
    stopping: () => console.log(`${pc.dim(secondsSince())}  stopping`),
  };
}

/** Losses are red, recoveries green, notices yellow. */
function toneOf(event: Exclude<LaunchEvent, { kind: "step" }>): (text: string) => string {
  if (event.kind === "notice") return pc.yellow;
  return event.kind === "process" && event.state === "restarted" ? pc.green : pc.red;
}

function addresses(cluster: Cluster): string[] {
  const { frontDoor, control } = cluster.addresses;
  const rows: (readonly [string, string, string])[] = [
    ["front door", frontDoor, "to the nearest live region, as anycast would"],
    ["control API", control, "API, OpenAPI at /v1/openapi.json, dashboard at /"],
    ...(cluster.origin === undefined
      ? []
      : [["example origin", cluster.origin.url, "the shop behind the CDN"] as const]),
    ...cluster.regions().map(({ region, edge, pid }) => [`edge ${region}`, edge, `process ${pid}`] as const),
  ];
  const width = (column: 0 | 1): number => Math.max(...rows.map((row) => row[column].length)) + 2;
  const [first, second] = [width(0), width(1)];
  return [
    "",
    ...rows.map(([name, url, note]) => `  ${name.padEnd(first)}${pc.bold(url.padEnd(second))}${pc.dim(note)}`),
  ];
}

function commands(cluster: Cluster): string[] {
  const { frontDoor, control } = cluster.addresses;
  // The commands find a run in the usual folder; for any other they need options.
  const isUsual = cluster.stateFolder === DEFAULT_STATE_FOLDER;
  const api = isUsual ? "" : ` --api ${control} --token $(cat ${cluster.stateFolder}/token)`;
  const rows: (readonly [command: string, meaning: string])[] = [
    [`curl -i ${frontDoor}/ -H 'Meridian-From: JP'`, "as a client in Japan; again: a hit"],
    [`npx meridian purge --tag products --wait applied${api}`, "purge everywhere"],
    [`npx meridian latency${isUsual ? "" : ` --url ${frontDoor}`}`, "measure from every region"],
    ["npx meridian distances", "the emulated round-trip times"],
  ];
  const width = Math.max(...rows.map(([command]) => command.length)) + 2;
  return [
    ...rows.map(([command, meaning]) => `  ${command.padEnd(width)}${pc.dim(meaning)}`),
    `  dashboard: ${pc.underline(`${control}/#token=${cluster.token}`)}`,
  ];
}
