// Formats an explanation: from the client's place to the region, the shard, the shield and the origin, then the cache key and
// the rules that apply. It computes nothing: the edge has.

import type { z } from "zod";
import { millis } from "../../../config/units.ts";
import { REGIONS } from "../../../config/world/regions.ts";
import type { explanationSchema } from "../../api/schemas.ts";
import type { Terminal } from "../terminal.node.ts";
import { formatCount, formatDuration, formatPlace } from "./measures.ts";
import { drawTable } from "./table.node.ts";

/** The answer of `GET /v1/explain`. */
export type ApiExplanation = z.output<typeof explanationSchema>;

export function explanationText(explanation: ApiExplanation, terminal: Terminal): string {
  const { colours } = terminal;
  const { client, regions, shard, shield, origin, rules } = explanation;
  const [first, ...others] = regions;
  const steps: [string, string][] = [
    [
      "client",
      `${formatPlace(client.coordinates)}${client.country === undefined ? "" : `, ${client.country}`} (known from: ${client.source})`,
    ],
    [
      "route",
      `${explanation.route}, ${explanation.mode === "cache" ? "which caches" : "which forwards everything and stores nothing"}`,
    ],
  ];
  if (first) {
    const name = REGIONS[first.region].name;
    steps.push(["region", `${colours.bold(first.region)}, ${name}: ${distance(first)}, ${why(first)}`]);
  } else {
    steps.push([
      "region",
      colours.red("none may serve it: residency and drains exclude every region, so the response is an error"),
    ]);
  }
  if (shard) {
    const part = explanation.key === undefined ? "which forwards it" : `the key's owner in ring ${shard.ring}`;
    steps.push(["shard", `${shard.index} of ${shard.region}, ${part}`]);
  }
  if (shield) {
    const same = shard?.region === shield.region && shard.index === shield.index;
    steps.push([
      "shield",
      `${shield.index} of ${shield.region}${same ? ", the same shard" : ""}: only it contacts the origin${explanation.key === undefined ? "" : " for this key"}`,
    ]);
  }
  steps.push(["origin", `${origin.name}, ${origin.url}`]);
  steps.push(["key", explanation.key ?? "none: it is never stored"]);
  if (explanation.varyWithheld) {
    const fields = explanation.varyWithheld.join(", ");
    steps.push([
      "withheld",
      colours.yellow(`${fields}: the origin varies on it but does not receive it. ${WHAT_TO_DO}`),
    ]);
  }
  const lines = [`${explanation.method} ${colours.bold(explanation.url)}`, "", ...steps.map(step(terminal))];
  if (others.length > 0) {
    const rows = others.map((region) => [region.region, distance(region), why(region, "the next nearest")]);
    lines.push(
      "",
      "If that region is lost, in this order:",
      drawTable([{ title: "REGION" }, { title: "AWAY" }, { title: "WHY" }], rows, terminal),
    );
  }
  lines.push("", "Rules of the route:", ...ruleLines(rules).map(step(terminal)));
  return lines.join("\n");
}

const WHAT_TO_DO = "List it in variantHeaders, or set detectVary or a framework; User-Agent: key.device.";

const step =
  ({ colours }: Terminal) =>
  ([name, said]: readonly [string, string]): string =>
    `  ${colours.dim(name.padEnd(12))}${said}`;

const distance = ({ distanceKm, rttMillis }: ApiExplanation["regions"][number]): string =>
  `${formatCount(Math.round(distanceKm))} km${rttMillis === undefined ? "" : `, ${formatDuration(millis(rttMillis))} there and back`}`;

/** Words the API's reason for a region's rank; `nearest` differs for regions after the first. */
function why({ reason }: ApiExplanation["regions"][number], nearest = "the nearest"): string {
  switch (reason) {
    case "nearest":
      return nearest;
    case "nearest-by-measurement":
      return `${nearest}, as measured`;
    case "preferred":
      return "preferred by the route";
    case "fallback-unhealthy":
      return "failed recently, so tried last";
    default:
      return reason;
  }
}

function ruleLines(rules: ApiExplanation["rules"]): [string, string][] {
  const lines: [string, string][] = [
    ["key", asText(rules.key)],
    ["ttl", asText(rules.ttl)],
  ];
  if (rules.residency) lines.push(["residency", `${rules.residency.join(", ")} only these may store or see it`]);
  lines.push(["cut off", rules.whenCutOff]);
  return lines;
}

/** `query {"only":["v"]}, country false`: the configuration's own names and values. */
const asText = (rules: Readonly<Record<string, unknown>>): string => {
  const parts = Object.entries(rules).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name} ${typeof value === "string" ? value : JSON.stringify(value)}`],
  );
  return parts.length === 0 ? "as the origin says" : parts.join(", ");
};
