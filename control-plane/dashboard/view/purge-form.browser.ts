// The purge form: fields, two buttons and the result. The button's text names the scopes; the result stays until the next edit,
// and changes are announced to screen readers.

import { h, type JSX } from "preact";
import type { PageControls } from "../controls.ts";
import { formatBytes, formatPlural } from "../format.ts";
import { bodyOf, type FieldError, fieldErrors, type PurgeForm, progressOf, summaryOf } from "../purge-form.ts";
import type { PageState } from "../state.ts";
import { explain } from "./problem.browser.ts";
import { kindChoice, reasonField, scopeField, softChoice } from "./purge-fields.browser.ts";
import { regionDots } from "./purge-list.browser.ts";

/** The panel with the form. */
export function purgeFormPanel({ form }: PageState, controls: PageControls): JSX.Element {
  const ready = bodyOf(form) !== undefined && form.submission.kind !== "sending";
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    if (!ready) return;
    if (form.kind === "everything") controls.dispatch({ kind: "asked", question: { kind: "purge-everything" } });
    else controls.purge();
  };
  const errors = form.submission.kind === "failed" ? fieldErrors(form, form.submission.problem) : [];
  return h(
    "section",
    { class: "panel purge", "aria-labelledby": "purge-title" },
    h("h2", { id: "purge-title" }, "Purge"),
    h(
      "form",
      { onSubmit: submit, noValidate: true },
      kindChoice(form, controls),
      scopeField(form, errors, controls),
      reasonField(form, errors, controls),
      softChoice(form, controls),
      buttons(form, ready, controls),
      h("div", { class: "result", role: "status" }, result(form, errors)),
    ),
  );
}

function buttons(form: PurgeForm, ready: boolean, controls: PageControls): JSX.Element {
  // A disabled button would lose the focus while a request is pending, so it is only marked as disabled.
  const disabled = ready ? undefined : "true";
  const verb = form.soft ? "Soft purge" : "Purge";
  const name = form.submission.kind === "sending" ? "Sending" : `${verb} ${summaryOf(form)}`.trim();
  return h(
    "div",
    { class: "buttons" },
    h("button", { type: "submit", class: "primary", "aria-disabled": disabled }, name),
    h(
      "button",
      {
        type: "button",
        "aria-disabled": disabled,
        title: "Counts the entries that would be purged, without purging",
        onClick: () => ready && controls.dryRun(),
      },
      "Dry run",
    ),
  );
}

function result({ submission }: PurgeForm, errors: readonly FieldError[]): JSX.Element | false {
  switch (submission.kind) {
    case "editing":
    case "sending":
      return false;
    case "failed": {
      const { problem } = submission;
      return h("p", { class: "error" }, errors.length > 0 ? "Nothing was purged." : explain(problem));
    }
    case "tried": {
      const { entries, bytes, missing } = submission.found;
      const found = `Would purge ${formatPlural(entries, "entry", "entries")}, ${formatBytes(bytes)}.`;
      const unasked = missing.length > 0 ? ` ${missing.join(", ")} did not answer.` : "";
      return h("p", null, `${found} Nothing was purged.${unasked}`);
    }
    case "sent":
      return h(
        "div",
        { class: "receipt" },
        regionDots(submission.receipt),
        h("p", null, submission.receipt.soft ? "Soft purge " : "Purge ", progressOf(submission.receipt)),
        h("p", { class: "muted id" }, submission.receipt.id),
      );
  }
}
