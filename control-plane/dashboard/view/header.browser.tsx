// The header: the name, the cluster's state in one phrase, and how current the data is.

import type { JSX } from "preact";
import type { PageControls } from "../controls.ts";
import { formatPlural } from "../format.ts";
import { healthOf, type PageHealth } from "../model.ts";
import { nowOf, type PageState } from "../state.ts";

const clock = new Intl.DateTimeFormat(undefined, { timeStyle: "medium", hourCycle: "h23" });

/** The name with its mark: a globe and one meridian. */
export function wordmark(): JSX.Element {
  return (
    <span class="wordmark">
      <svg viewBox="0 0 20 20" width={20} height={20} aria-hidden="true">
        <circle cx={10} cy={10} r={8.5} />
        <path d="M10 1.5c-5.2 4.6-5.2 12.4 0 17" />
      </svg>
      Meridian
    </span>
  );
}

/** The page's header. */
export function header(state: PageState, controls: PageControls): JSX.Element {
  const { tone, text } = summary(state);
  return (
    <header>
      <h1>{wordmark()}</h1>
      <p class={`summary ${tone}`} role="status">
        <span class="dot" aria-hidden="true" />
        {text}
      </p>
      <p class="updated muted">{currency(state)}</p>
      <button type="button" class="quiet" onClick={() => controls.signOut()}>
        Sign out
      </button>
    </header>
  );
}

function summary({ regions, lostRegions, cutLinks }: PageState): { readonly tone: string; readonly text: string } {
  if (!regions) return { tone: "unknown", text: "Connecting" };
  const healths = regions.map((region) => healthOf(region, lostRegions));
  const count = (wanted: PageHealth): number => healths.filter((health) => health === wanted).length;
  const [live, lost] = [count("live"), count("lost")];
  const isBad = lost + count("unreachable") + cutLinks.length > 0;
  const tone = isBad ? "bad" : live < regions.length ? "warn" : "good";
  const parts = [
    `${live} of ${formatPlural(regions.length, "region")} live`,
    ...(lost > 0 ? [`${lost} lost`] : []),
    ...(cutLinks.length > 0 ? [`${formatPlural(cutLinks.length, "link")} cut`] : []),
  ];
  return { tone, text: parts.join(", ") };
}

function currency(state: PageState): string {
  switch (state.connection.kind) {
    case "connecting":
      return "";
    case "current":
      return `Updated ${clock.format(nowOf(state))}`;
    case "lost":
      return `No answer since ${clock.format(state.connection.since)}`;
  }
}
