// The whole page: the sign-in card, or the dashboard in reading order. Panels keep their size from the first paint on, so that
// data fills them without moving anything.

import { h, type JSX } from "preact";
import type { PageControls } from "../controls.ts";
import type { PageState } from "../state.ts";
import { alertPanel } from "./alerts.browser.ts";
import { chartPanels } from "./charts.browser.ts";
import { figures } from "./figures.browser.ts";
import { header } from "./header.browser.ts";
import { mapPanel } from "./map.browser.ts";
import { purgeFormPanel } from "./purge-form.browser.ts";
import { purgeListPanel } from "./purge-list.browser.ts";
import { questionDialog } from "./question.browser.ts";
import { regionTable } from "./region-table.browser.ts";
import { signIn } from "./sign-in.browser.ts";

/** The page for `state`. */
export function page(state: PageState, controls: PageControls): JSX.Element {
  if (state.session.kind === "signed-out") return signIn(state.session.message, controls);
  return h(
    "div",
    { class: `page ${state.connection.kind === "lost" ? "stale" : ""}` },
    header(state, controls),
    h(
      "main",
      { "aria-busy": state.regions ? "false" : "true" },
      figures(state),
      mapPanel(state),
      alertPanel(state, controls),
      chartPanels(state),
      regionTable(state, controls),
      purgeListPanel(state),
      purgeFormPanel(state, controls),
    ),
    questionDialog(state, controls),
  );
}
