// The purge form: fields, two buttons and the result. The button's text names the scopes; the result stays until the next edit,
// and changes are announced to screen readers.

import type { JSX } from "preact";
import type { PageControls } from "../controls.ts";
import { formatBytes, formatPlural } from "../format.ts";
import { bodyOf, type FieldError, fieldErrors, type PurgeForm, progressOf, summaryOf } from "../purge-form.ts";
import type { PageState } from "../state.ts";
import { explain } from "./problem.browser.ts";
import { kindChoice, reasonField, scopeField, softChoice } from "./purge-fields.browser.tsx";
import { regionDots } from "./purge-list.browser.tsx";

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
  return (
    <section class="panel purge" aria-labelledby="purge-title">
      <h2 id="purge-title">Purge</h2>
      <form onSubmit={submit} noValidate>
        {kindChoice(form, controls)}
        {scopeField(form, errors, controls)}
        {reasonField(form, errors, controls)}
        {softChoice(form, controls)}
        {buttons(form, ready, controls)}
        <div class="result" role="status">
          {result(form, errors)}
        </div>
      </form>
    </section>
  );
}

function buttons(form: PurgeForm, ready: boolean, controls: PageControls): JSX.Element {
  // A disabled button would lose the focus while a request is pending, so it is only marked as disabled.
  const disabled = ready ? undefined : "true";
  const verb = form.soft ? "Soft purge" : "Purge";
  const name = form.submission.kind === "sending" ? "Sending" : `${verb} ${summaryOf(form)}`.trim();
  return (
    <div class="buttons">
      <button type="submit" class="primary" aria-disabled={disabled}>
        {name}
      </button>
      <button
        type="button"
        aria-disabled={disabled}
        title="Counts the entries that would be purged, without purging"
        onClick={() => ready && controls.dryRun()}
      >
        Dry run
      </button>
    </div>
  );
}

function result({ submission }: PurgeForm, errors: readonly FieldError[]): JSX.Element | false {
  switch (submission.kind) {
    case "editing":
    case "sending":
      return false;
    case "failed": {
      const { problem } = submission;
      return <p class="error">{errors.length > 0 ? "Nothing was purged." : explain(problem)}</p>;
    }
    case "tried": {
      const { entries, bytes, missing } = submission.found;
      const found = `Would purge ${formatPlural(entries, "entry", "entries")}, ${formatBytes(bytes)}.`;
      const unasked = missing.length > 0 ? ` ${missing.join(", ")} did not answer.` : "";
      return <p>{`${found} Nothing was purged.${unasked}`}</p>;
    }
    case "sent":
      return (
        <div class="receipt">
          {regionDots(submission.receipt)}
          <p>
            {submission.receipt.soft ? "Soft purge " : "Purge "}
            {progressOf(submission.receipt)}
          </p>
          <p class="muted id">{submission.receipt.id}</p>
        </div>
      );
  }
}
