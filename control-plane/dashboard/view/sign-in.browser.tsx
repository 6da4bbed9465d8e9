// Asks for a token. The field is a password field so that it is neither shown nor suggested; the card says where the token is
// stored.

import type { JSX } from "preact";
import type { PageControls } from "../controls.ts";
import { wordmark } from "./header.browser.tsx";

/** The card; `message` says why a new token is needed. */
export function signIn(message: string | undefined, controls: PageControls): JSX.Element {
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const field = (event.currentTarget as HTMLFormElement).elements.namedItem("token") as HTMLInputElement;
    controls.signIn(field.value.trim());
  };
  return (
    <main class="sign-in">
      <form class="panel" onSubmit={submit}>
        <h1>{wordmark()}</h1>
        <label for="token">API token</label>
        <input
          id="token"
          name="token"
          type="password"
          required
          autocomplete="off"
          spellcheck={false}
          autofocus
          aria-describedby="token-help"
          aria-invalid={message ? "true" : undefined}
        />
        <p class="error" role="alert">
          {message}
        </p>
        <button class="primary" type="submit">
          Open dashboard
        </button>
        <p id="token-help" class="muted">
          {"Stored in this tab only. For a local run the token is in "}
          <code>.meridian/token</code>
          {", and "}
          <code>npm start</code>
          {" prints a link that contains it."}
        </p>
      </form>
    </main>
  );
}
