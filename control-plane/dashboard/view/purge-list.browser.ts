// The latest purges, newest first: scopes, requester, reason, and for each region a small dot that changes when the purge is
// applied there. All of it is foreign input, possibly an attacker's: it is shown as text and never as markup.

import { h, type JSX } from "preact";
import type { EpochMillis } from "../../../config/units.ts";
import { formatAgo } from "../format.ts";
import { instantOf, type Purge, scopesOf } from "../model.ts";
import { outcomeOf, progressOf } from "../purge-form.ts";
import { nowOf, type PageState } from "../state.ts";

/** The panel with the list. */
export function purgeListPanel(state: PageState): JSX.Element {
  return h(
    "section",
    { class: "panel purges", "aria-labelledby": "purges-title" },
    h("h2", { id: "purges-title" }, "Recent purges"),
    h("div", { class: "scroll", tabIndex: 0, role: "region", "aria-labelledby": "purges-title" }, content(state)),
  );
}

function content(state: PageState): JSX.Element {
  const { purges } = state;
  if (!purges) return h("p", { class: "empty" }, "Loading the purges.");
  if (purges.length === 0) {
    return h(
      "div",
      { class: "empty" },
      h("p", null, h("strong", null, "No purges yet.")),
      h("p", null, "Use the form, or ", h("code", null, "npx meridian purge --url https://…"), " in a terminal."),
    );
  }
  return h(
    "ol",
    null,
    purges.map((purge) => row(purge, nowOf(state))),
  );
}

function row(purge: Purge, now: EpochMillis): JSX.Element {
  const [first, ...others] = scopesOf(purge);
  return h(
    "li",
    { key: purge.id },
    h(
      "p",
      { class: "what" },
      h("span", { class: "kind" }, first?.kind ?? "nothing"),
      h("span", { class: "value", title: first?.value }, first?.value),
      others.length > 0 && h("span", { class: "muted" }, `+${others.length}`),
      purge.soft && h("span", { class: "badge" }, "soft"),
    ),
    h("p", { class: "when muted" }, formatAgo(instantOf(purge.acceptedAt), now)),
    h(
      "p",
      { class: "why muted" },
      h("span", { class: "id" }, purge.id),
      h("span", null, `by ${purge.by}`),
      purge.reason && h("span", { class: "reason", title: purge.reason }, purge.reason),
    ),
    h("div", { class: "how" }, h("span", { class: "muted" }, outcomeOf(purge)), regionDots(purge)),
  );
}

/** One dot per region, in their fixed order; together they are one image with a text alternative. */
export function regionDots(purge: Purge): JSX.Element {
  const open = purge.regions.filter(({ state }) => state === "pending" || state === "accepted");
  const waiting = open.length > 0 ? `, waiting for ${open.map(({ region }) => region).join(", ")}` : "";
  return h(
    "span",
    { class: "region-dots", role: "img", "aria-label": `${progressOf(purge)}${waiting}` },
    purge.regions.map(({ region, state, reason }) =>
      h("span", { key: region, class: `dot ${state}`, title: `${region}: ${state}${reason ? ` (${reason})` : ""}` }),
    ),
  );
}
