// The fields of the purge form. One kind of scope is shown at a time; the others keep their text, and their tabs show a count.
// The API's errors appear under their field, with the line.

import { h, type JSX } from "preact";
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
  return h(
    "fieldset",
    { class: "kinds" },
    h("legend", { class: "unseen" }, "What to purge"),
    (Object.keys(KINDS) as ScopeKind[]).map((kind) => {
      const chosen = form.kind === kind;
      const count = kind === "everything" || chosen ? 0 : linesOf(form.text[kind]).length;
      return h(
        "label",
        { key: kind, class: chosen ? "chosen" : "" },
        h("input", {
          type: "radio",
          name: "kind",
          value: kind,
          checked: chosen,
          onChange: () => edit(controls, { kind }),
        }),
        KINDS[kind].name,
        count > 0 && h("span", { class: "count" }, count),
      );
    }),
  );
}

/** The list of the selected kind. Errors of other kinds appear here too, with their name. */
export function scopeField(form: PurgeForm, errors: readonly FieldError[], controls: PageControls): JSX.Element {
  const { kind } = form;
  const own = errors.filter(({ field }) => field !== "reason");
  if (kind === "everything") {
    const warning =
      "All responses stored in any region are fetched again. Expect a higher load on the origin for a while.";
    return h("div", { class: "field" }, h("p", { class: "warning" }, warning), errorList("everything", own));
  }
  const { name, hint, example } = KINDS[kind];
  return h(
    "div",
    { class: "field" },
    h("textarea", {
      key: kind,
      rows: 4,
      "aria-label": name,
      placeholder: example,
      value: form.text[kind],
      spellcheck: false,
      wrap: "off",
      onInput: (event: Event) =>
        edit(controls, { text: { [kind]: (event.currentTarget as HTMLTextAreaElement).value } }),
      ...description(kind, own, `${kind}-hint`),
    }),
    h("p", { class: "hint", id: `${kind}-hint` }, hint),
    errorList(kind, own),
  );
}

/** The reason, kept in the log. */
export function reasonField(form: PurgeForm, errors: readonly FieldError[], controls: PageControls): JSX.Element {
  const own = errors.filter(({ field }) => field === "reason");
  return h(
    "div",
    { class: "field" },
    h("label", { for: "reason" }, "Reason ", h("span", { class: "muted" }, "optional, kept in the log")),
    h("input", {
      id: "reason",
      type: "text",
      value: form.reason,
      autocomplete: "off",
      onInput: (event: Event) => edit(controls, { reason: (event.currentTarget as HTMLInputElement).value }),
      ...description("reason", own),
    }),
    errorList("reason", own),
  );
}

/** The choice of a soft purge. */
export function softChoice(form: PurgeForm, controls: PageControls): JSX.Element {
  return h(
    "label",
    { class: "check" },
    h("input", {
      type: "checkbox",
      checked: form.soft,
      onChange: (event: Event) => edit(controls, { soft: (event.currentTarget as HTMLInputElement).checked }),
    }),
    h("span", null, "Soft ", h("span", { class: "muted" }, "mark as stale and revalidate")),
  );
}

function description(field: string, errors: readonly FieldError[], hint?: string): Record<string, string> {
  const wrong = errors.length > 0;
  const described = [hint, wrong ? `${field}-errors` : undefined].filter((id) => id !== undefined).join(" ");
  return { ...(wrong && { "aria-invalid": "true" }), ...(described !== "" && { "aria-describedby": described }) };
}

function errorList(shown: string, errors: readonly FieldError[]): JSX.Element | false {
  return (
    errors.length > 0 &&
    h(
      "ul",
      { class: "errors", id: `${shown}-errors` },
      errors.map(({ field, line, detail, pointer }) => {
        const kind = field === shown || field === "form" || field === "reason" ? undefined : KINDS[field].name;
        const where = [kind, line === undefined ? undefined : `Line ${line}`]
          .filter((part) => part !== undefined)
          .join(", ");
        return h("li", { key: pointer, title: pointer }, where !== "" && h("strong", null, `${where}: `), detail);
      }),
    )
  );
}
