// Asks for a token. The field is a password field so that it is neither shown nor suggested; the card says where the token is
// stored.

import { h, type JSX } from "preact";
import type { PageControls } from "../controls.ts";
import { wordmark } from "./header.browser.ts";

/** The card; `message` says why a new token is needed. */
export function signIn(message: string | undefined, controls: PageControls): JSX.Element {
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const field = (event.currentTarget as HTMLFormElement).elements.namedItem("token") as HTMLInputElement;
    controls.signIn(field.value.trim());
  };
  return h(
    "main",
    { class: "sign-in" },
    h(
      "form",
      { class: "panel", onSubmit: submit },
      h("h1", null, wordmark()),
      h("label", { for: "token" }, "API token"),
      h("input", {
        id: "token",
        name: "token",
        type: "password",
        required: true,
        autocomplete: "off",
        spellcheck: false,
        autofocus: true,
        "aria-describedby": "token-help",
        "aria-invalid": message ? "true" : undefined,
      }),
      h("p", { class: "error", role: "alert" }, message),
      h("button", { class: "primary", type: "submit" }, "Open dashboard"),
      h(
        "p",
        { id: "token-help", class: "muted" },
        "Stored in this tab only. For a local run the token is in ",
        h("code", null, ".meridian/token"),
        ", and ",
        h("code", null, "npm start"),
        " prints a link that contains it.",
      ),
    ),
  );
}
