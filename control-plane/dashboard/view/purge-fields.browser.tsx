// The fields of the purge form. One kind of scope is shown at a time; the others keep their text, and their tabs show a count.
// The API's errors appear under their field, with the line.

import type { JSX } from "preact";
import type { PageControls } from "../controls.ts";
import { type FieldError, linesOf, type PurgeForm, type ScopeKind } from "../purge-form.ts";
import type { FormEdit } from "../state.ts";

const KINDS: Readonly<Record<ScopeKind, { readonly name: string; readonly hint: string; readonly example: string }>> = {
  urls: {
    name: "URLs",
    hint: "One per line, with the host that clients use.",
    example: "https://shop.example/tea?size=2",
  },
  prefixes: {
    name: "Prefixes",
    hint: "One per line: the path and everything below it.",
    example: "https://shop.example/blog",
  },
  tags: { name: "Tags", hint: "One per line, as in the origin's Cache-Tag.", example: "product-42" },
  hosts: { name: "Hosts", hint: "One per line, without port; *. for subdomains.", example: "*.shop.example" },
  everything: { name: "Everything", hint: "", example: "" },
};

const edit = (controls: PageControls, change: FormEdit) => controls.dispatch({ kind: "form-edited", edit: change });

/** Selects the kind of scope: radio buttons styled as tabs, so that arrow keys work. */
export function kindChoice(form: PurgeForm, controls: PageControls): JSX.Element {
  return (
    <fieldset class="kinds">
      <legend class="unseen">What to purge</legend>
      {(Object.keys(KINDS) as ScopeKind[]).map((kind) => {
        const chosen = form.kind === kind;
        const count = kind === "everything" || chosen ? 0 : linesOf(form.text[kind]).length;
        return (
          <label key={kind} class={chosen ? "chosen" : ""}>
            <input type="radio" name="kind" value={kind} checked={chosen} onChange={() => edit(controls, { kind })} />
            {KINDS[kind].name}
            {count > 0 && <span class="count">{count}</span>}
          </label>
        );
      })}
    </fieldset>
  );
}

/** The list of the selected kind. Errors of other kinds appear here too, with their name. */
export function scopeField(form: PurgeForm, errors: readonly FieldError[], controls: PageControls): JSX.Element {
  const { kind } = form;
  const own = errors.filter(({ field }) => field !== "reason");
  if (kind === "everything") {
    const warning =
      "All responses stored in any region are fetched again. Expect a higher load on the origin for a while.";
    return (
      <div class="field">
        <p class="warning">{warning}</p>
        {errorList("everything", own)}
      </div>
    );
  }
  const { name, hint, example } = KINDS[kind];
  return (
    <div class="field">
      <textarea
        key={kind}
        rows={4}
        aria-label={name}
        placeholder={example}
        value={form.text[kind]}
        spellcheck={false}
        wrap="off"
        onInput={(event: Event) =>
          edit(controls, { text: { [kind]: (event.currentTarget as HTMLTextAreaElement).value } })
        }
        {...description(kind, own, `${kind}-hint`)}
      />
      <p class="hint" id={`${kind}-hint`}>
        {hint}
      </p>
      {errorList(kind, own)}
    </div>
  );
}

/** The reason, kept in the log. */
export function reasonField(form: PurgeForm, errors: readonly FieldError[], controls: PageControls): JSX.Element {
  const own = errors.filter(({ field }) => field === "reason");
  return (
    <div class="field">
      <label for="reason">
        {"Reason "}
        <span class="muted">optional, kept in the log</span>
      </label>
      <input
        id="reason"
        type="text"
        value={form.reason}
        autocomplete="off"
        onInput={(event: Event) => edit(controls, { reason: (event.currentTarget as HTMLInputElement).value })}
        {...description("reason", own)}
      />
      {errorList("reason", own)}
    </div>
  );
}

/** The choice of a soft purge. */
export function softChoice(form: PurgeForm, controls: PageControls): JSX.Element {
  return (
    <label class="check">
      <input
        type="checkbox"
        checked={form.soft}
        onChange={(event: Event) => edit(controls, { soft: (event.currentTarget as HTMLInputElement).checked })}
      />
      <span>
        {"Soft "}
        <span class="muted">mark as stale and revalidate</span>
      </span>
    </label>
  );
}

function description(field: string, errors: readonly FieldError[], hint?: string): Record<string, string> {
  const wrong = errors.length > 0;
  const described = [hint, wrong ? `${field}-errors` : undefined].filter((id) => id !== undefined).join(" ");
  return { ...(wrong && { "aria-invalid": "true" }), ...(described !== "" && { "aria-describedby": described }) };
}

function errorList(shown: string, errors: readonly FieldError[]): JSX.Element | false {
  return (
    errors.length > 0 && (
      <ul class="errors" id={`${shown}-errors`}>
        {errors.map(({ field, line, detail, pointer }) => {
          const kind = field === shown || field === "form" || field === "reason" ? undefined : KINDS[field].name;
          const where = [kind, line === undefined ? undefined : `Line ${line}`]
            .filter((part) => part !== undefined)
            .join(", ");
          return (
            <li key={pointer} title={pointer}>
              {where !== "" && <strong>{`${where}: `}</strong>}
              {detail}
            </li>
          );
        })}
      </ul>
    )
  );
}
