// The alerts, in a panel of fixed height next to the map; changes are announced politely to screen readers. Without alerts it
// lists what was checked, because an empty box would say nothing.

import type { JSX } from "preact";
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
    const dismiss = (
      <button type="button" class="quiet" onClick={close}>
        Dismiss
      </button>
    );
    items.push(item("failure", "bad", state.failure.what, explain(state.failure.problem), dismiss));
  }
  for (const alert of alertsIn(state)) items.push(item(alert.id, alert.severity, alert.title, alert.detail));
  return (
    <section class="panel alerts" aria-labelledby="alerts-title">
      <h2 id="alerts-title">Attention</h2>
      <div class="scroll" role="status" tabIndex={0} aria-labelledby="alerts-title">
        {items.length > 0 ? <ul>{items}</ul> : nothing(state)}
      </div>
    </section>
  );
}

function item(id: string, severity: "bad" | "warn", title: string, detail: string, action?: JSX.Element): JSX.Element {
  return (
    <li key={id} class={severity}>
      <span class="dot" aria-hidden="true" />
      <div>
        <strong>{title}</strong>
        <p>{detail}</p>
        {action}
      </div>
    </li>
  );
}

function nothing({ regions }: PageState): JSX.Element {
  if (!regions) return <p class="empty">Loading the regions' state.</p>;
  return (
    <div class="empty">
      <p>
        <strong>No alerts.</strong>
      </p>
      <p>Every region answers, no link is cut, the hubs agree, all purges are applied and no origin fails.</p>
    </div>
  );
}
