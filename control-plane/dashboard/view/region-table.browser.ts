// One row per region: its health, traffic and stored entries, and a button to drain or undrain it. On a narrow screen the table
// scrolls sideways in its panel, with the region's name and its button staying in view.

import { h, type JSX } from "preact";
import type { PageControls } from "../controls.ts";
import {
  formatBytes,
  formatCount,
  formatFor,
  formatMillis,
  formatPlural,
  formatRate,
  formatRatio,
  UNKNOWN,
} from "../format.ts";
import { healthOf, instantOf, type Region, reportOf } from "../model.ts";
import { nowOf, type PageState } from "../state.ts";

const COLUMNS = [
  ["Region", "text"],
  ["State", "text"],
  ["Requests", "number"],
  ["Req/s", "number"],
  ["Hit ratio", "number"],
  ["Sent/s", "number"],
  ["Origin/s", "number"],
  ["p50", "number"],
  ["p99", "number"],
  ["Entries", "number"],
  ["Stored", "number"],
  ["Shards", "number"],
  ["Hub", "text"],
] as const;

/** The panel with the table. */
export function regionTable(state: PageState, controls: PageControls): JSX.Element {
  return h(
    "section",
    { class: "panel regions", "aria-label": "Regions in numbers" },
    h(
      "div",
      { class: "scroll", tabIndex: 0, role: "region", "aria-label": "Table of regions, scrolls sideways" },
      h(
        "table",
        null,
        h(
          "thead",
          null,
          h(
            "tr",
            null,
            COLUMNS.map(([name, align]) => h("th", { key: name, scope: "col", class: align }, name)),
            h("th", { scope: "col" }, h("span", { class: "unseen" }, "Action")),
          ),
        ),
        h("tbody", null, state.regions ? rows(state, state.regions, controls) : placeholders()),
      ),
    ),
  );
}

function rows(state: PageState, regions: readonly Region[], controls: PageControls): readonly JSX.Element[] {
  return regions.map((region) => {
    const { id, name, drained, shards, status } = region;
    const health = healthOf(region, state.lostRegions);
    const isAway = health === "lost" || health === "unreachable";
    const note = noteOf(state, region);
    const report = reportOf(state.sample, id);
    const rates = state.rates[id];
    return h(
      "tr",
      { key: id, class: health },
      h("th", { scope: "row" }, h("strong", null, id), h("small", null, name)),
      h(
        "td",
        { class: "health" },
        h("span", { class: "dot", "aria-hidden": "true" }),
        isAway && drained ? `${health}, drained` : health,
        note && h("small", { title: note.whole }, note.short),
      ),
      number(formatCount(report?.requests)),
      number(formatRate(rates?.requestsPerSecond)),
      h("td", { class: "number ratio" }, meter(report?.hitRatio), h("span", null, formatRatio(report?.hitRatio))),
      number(rates ? formatBytes(rates.bytesPerSecond) : UNKNOWN),
      number(formatRate(rates?.originPerSecond)),
      number(formatMillis(report?.timeToFirstByteMillis.p50)),
      number(formatMillis(report?.timeToFirstByteMillis.p99)),
      number(formatCount(report?.entries)),
      number(formatBytes(report?.entryBytes)),
      number(String(shards)),
      h("td", null, status === "unreachable" ? UNKNOWN : status === "up" ? "joined" : "joining"),
      h("td", { class: "action" }, drainButton(state, region, controls)),
    );
  });
}

/** A region's cut links, or when a lost region was last heard from: abbreviated, and in full. */
function noteOf(state: PageState, { id }: Region): { readonly short: string; readonly whole: string } | undefined {
  const now = nowOf(state);
  const { heardAt, heardBy } = state.lostRegions.find(({ region }) => region === id) ?? {};
  if (heardAt !== undefined) {
    const age = formatFor(instantOf(heardAt), now);
    return { short: `heard ${age} ago`, whole: `${heardBy} last heard from ${id} ${age} ago` };
  }
  const cut = state.cutLinks.filter(({ from, to }) => from === id || to === id);
  if (cut.length === 0) return undefined;
  const words = cut.map(
    ({ from, to, since }) => `${to} has not answered ${from} for ${formatFor(instantOf(since), now)}`,
  );
  return { short: `${formatPlural(cut.length, "link")} cut`, whole: words.join("; ") };
}

const number = (text: string): JSX.Element => h("td", { class: "number" }, text);

const meter = (ratio: number | null | undefined): JSX.Element =>
  h("span", { class: "meter", "aria-hidden": "true" }, h("span", { style: { width: `${(ratio ?? 0) * 100}%` } }));

function drainButton({ draining }: PageState, { id, drained }: Region, controls: PageControls): JSX.Element {
  const busy = draining.includes(id);
  const kind = drained ? "undrain" : "drain";
  const verb = drained ? "Undrain" : "Drain";
  return h(
    "button",
    {
      type: "button",
      class: "small",
      // Disabled buttons lose the focus, so a busy one stays enabled and does nothing.
      "aria-disabled": busy ? "true" : undefined,
      onClick: () => busy || controls.dispatch({ kind: "asked", question: { kind, region: id } }),
      "aria-label": `${verb} ${id}`,
    },
    busy ? "Wait" : verb,
  );
}

/** Rows of the right height until the first answer: nine, the default number of regions. */
const placeholders = (): readonly JSX.Element[] =>
  Array.from({ length: 9 }, (_, row) =>
    h(
      "tr",
      { key: row, class: "placeholder", "aria-hidden": "true" },
      h("th", null, h("strong", null, "\u00a0"), h("small", null, "\u00a0")),
      Array.from({ length: COLUMNS.length }, () => h("td", null, "\u00a0")),
    ),
  );
