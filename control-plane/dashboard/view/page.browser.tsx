// The whole page: the sign-in card, or the dashboard in reading order. Panels keep their size from the first paint on, so that
// data fills them without moving anything.

import type { JSX } from "preact";
import type { PageControls } from "../controls.ts";
import type { PageState } from "../state.ts";
import { alertPanel } from "./alerts.browser.tsx";
import { chartPanels } from "./charts.browser.tsx";
import { figures } from "./figures.browser.tsx";
import { header } from "./header.browser.tsx";
import { mapPanel } from "./map.browser.tsx";
import { purgeFormPanel } from "./purge-form.browser.tsx";
import { purgeListPanel } from "./purge-list.browser.tsx";
import { questionDialog } from "./question.browser.tsx";
import { regionTable } from "./region-table.browser.tsx";
import { signIn } from "./sign-in.browser.tsx";

/** The page for `state`. */
export function page(state: PageState, controls: PageControls): JSX.Element {
  if (state.session.kind === "signed-out") return signIn(state.session.message, controls);
  return (
    <div class={`page ${state.connection.kind === "lost" ? "stale" : ""}`}>
      {header(state, controls)}
      <main aria-busy={state.regions ? "false" : "true"}>
        {figures(state)}
        {mapPanel(state)}
        {alertPanel(state, controls)}
        {chartPanels(state)}
        {regionTable(state, controls)}
        {purgeListPanel(state)}
        {purgeFormPanel(state, controls)}
      </main>
      {questionDialog(state, controls)}
    </div>
  );
}
