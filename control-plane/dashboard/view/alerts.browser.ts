// What needs attention, in a panel of fixed height beside the map. Announced politely to screen readers as it changes. When
// there is nothing, it says what was looked at, because an empty box would say nothing.

import { h, type JSX } from "preact";
import type { Controls } from "../controls.ts";
import { alertsIn, type State } from "../state.ts";
import { explain } from "./problem.browser.ts";

/** The panel of alerts. */
export function alertPanel(state: State, controls: Controls): JSX.Element {
  const items: JSX.Element[] = [];
  if (state.connection.kind === "lost") {
    items.push(
      item("lost", "bad", "The control API does not answer", `${explain(state.connection.problem)} Trying again.`),
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

function nothing({ regions }: State): JSX.Element {
  if (!regions) return h("p", { class: "empty" }, "Asking the regions how they are.");
  return h(
    "div",
    { class: "empty" },
    h("p", null, h("strong", null, "Nothing needs you.")),
    h(
      "p",
      null,
      "Every region answers, no link between them is cut, hubs agree, purges are applied and origins do not fail.",
    ),
  );
}
