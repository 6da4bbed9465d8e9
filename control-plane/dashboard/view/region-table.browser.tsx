// One row per region: its health, traffic and stored entries, and a button to drain or undrain it. On a narrow screen the table
// scrolls sideways in its panel, with the region's name and its button staying in view.

import type { JSX } from "preact";
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
  return (
    <section class="panel regions" aria-label="Regions in numbers">
      <div class="scroll" tabIndex={0} role="region" aria-label="Table of regions, scrolls sideways">
        <table>
          <thead>
            <tr>
              {COLUMNS.map(([name, align]) => (
                <th key={name} scope="col" class={align}>
                  {name}
                </th>
              ))}
              <th scope="col">
                <span class="unseen">Action</span>
              </th>
            </tr>
          </thead>
          <tbody>{state.regions ? rows(state, state.regions, controls) : placeholders()}</tbody>
        </table>
      </div>
    </section>
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
    return (
      <tr key={id} class={health}>
        <th scope="row">
          <strong>{id}</strong>
          <small>{name}</small>
        </th>
        <td class="health">
          <span class="dot" aria-hidden="true" />
          {isAway && drained ? `${health}, drained` : health}
          {note && <small title={note.whole}>{note.short}</small>}
        </td>
        {number(formatCount(report?.requests))}
        {number(formatRate(rates?.requestsPerSecond))}
        <td class="number ratio">
          {meter(report?.hitRatio)}
          <span>{formatRatio(report?.hitRatio)}</span>
        </td>
        {number(rates ? formatBytes(rates.bytesPerSecond) : UNKNOWN)}
        {number(formatRate(rates?.originPerSecond))}
        {number(formatMillis(report?.timeToFirstByteMillis.p50))}
        {number(formatMillis(report?.timeToFirstByteMillis.p99))}
        {number(formatCount(report?.entries))}
        {number(formatBytes(report?.entryBytes))}
        {number(String(shards))}
        <td>{status === "unreachable" ? UNKNOWN : status === "up" ? "joined" : "joining"}</td>
        <td class="action">{drainButton(state, region, controls)}</td>
      </tr>
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

const number = (text: string): JSX.Element => <td class="number">{text}</td>;

const meter = (ratio: number | null | undefined): JSX.Element => (
  <span class="meter" aria-hidden="true">
    <span style={{ width: `${(ratio ?? 0) * 100}%` }} />
  </span>
);

function drainButton({ draining }: PageState, { id, drained }: Region, controls: PageControls): JSX.Element {
  const busy = draining.includes(id);
  const kind = drained ? "undrain" : "drain";
  const verb = drained ? "Undrain" : "Drain";
  return (
    <button
      type="button"
      class="small"
      aria-disabled={busy ? "true" : undefined}
      onClick={() => busy || controls.dispatch({ kind: "asked", question: { kind, region: id } })}
      aria-label={`${verb} ${id}`}
    >
      {busy ? "Wait" : verb}
    </button>
  );
}

/** Rows of the right height until the first answer: nine, the default number of regions. */
const placeholders = (): readonly JSX.Element[] =>
  Array.from({ length: 9 }, (_, row) => (
    <tr key={row} class="placeholder" aria-hidden="true">
      <th>
        <strong>{" "}</strong>
        <small>{" "}</small>
      </th>
      {Array.from({ length: COLUMNS.length }, () => (
        <td>{" "}</td>
      ))}
    </tr>
  ));
