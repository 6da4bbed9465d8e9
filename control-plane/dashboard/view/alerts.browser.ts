// The alerts, in a panel of fixed height next to the map; changes are announced politely to screen readers. Without alerts it
// lists what was checked, because an empty box would say nothing.

import { h, type JSX } from "preact";
import type { PageControls } from "../controls.ts";
import { alertsIn, type PageState } from "../state.ts";
import { explain } from "./problem.browser.ts";

/** The panel of alerts. */
export function alertPanel(state: PageState, controls: PageControls): JSX.Element {
  const items: JSX.Element[] = [];
  if (state.connection.kind === "lost") {
    items.push(
      item("lost", "bad", "The control API does not answer", `${explain(state.connection.problem)} Retrying.`),
    );
  }
  if (state.failure) {
    const close = () => controls.dispatch({ kind: "failure-closed" });
    const dismiss = h("button", { type: "button", class: "quiet", onClick: close }, "Dismiss");
    items.push(item("failure", "bad", state.failure.what, explain(state.failure.problem), dismiss));
  }
  for (const alert of alertsIn(state)) items.push(item(alert.id, alert.severity, alert.title, alert.detail));
  return h(
    "section",
    { class: "panel alerts", "aria-labelledby": "alerts-title" },
    h("h2", { id: "alerts-title" }, "Attention"),
    h(
      "div",
      { class: "scroll", role: "status", tabIndex: 0, "aria-labelledby": "alerts-title" },
      items.length > 0 ? h("ul", null, items) : nothing(state),
    ),
  );
}

function item(id: string, severity: "bad" | "warn", title: string, detail: string, action?: JSX.Element): JSX.Element {
  return h(
    "li",
    { key: id, class: severity },
    h("span", { class: "dot", "aria-hidden": "true" }),
    h("div", null, h("strong", null, title), h("p", null, detail), action),
  );
}

function nothing({ regions }: PageState): JSX.Element {
  if (!regions) return h("p", { class: "empty" }, "Loading the regions' state.");
  return h(
    "div",
    { class: "empty" },
    h("p", null, h("strong", null, "No alerts.")),
    h("p", null, "Every region answers, no link is cut, the hubs agree, all purges are applied and no origin fails."),
  );
}
