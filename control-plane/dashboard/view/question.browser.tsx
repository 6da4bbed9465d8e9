// Asks for confirmation of an action that affects all clients. The browser's own modal dialog keeps the focus inside, closes on
// Escape and returns the focus; the safe answer comes first and has the focus.

import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { PageControls } from "../controls.ts";
import type { OpenQuestion, PageState } from "../state.ts";

interface Wording {
  readonly title: string;
  readonly text: string;
  readonly yes: string;
}

function wordingOf(question: OpenQuestion): Wording {
  switch (question.kind) {
    case "drain":
      return {
        title: `Drain ${question.region}?`,
        text: "New requests go to the next nearest region. It keeps its stored responses, and purges still apply to it.",
        yes: "Drain",
      };
    case "undrain":
      return { title: `Undrain ${question.region}?`, text: "It serves its clients again at once.", yes: "Undrain" };
    case "purge-everything":
      return {
        title: "Purge everything?",
        text: "All stored responses in every region are invalidated. The origin serves every request until the caches are warm.",
        yes: "Purge everything",
      };
  }
}

/** The dialog, if there is a question. */
export function questionDialog({ question }: PageState, controls: PageControls): JSX.Element | false {
  return question !== undefined && <QuestionDialog question={question} controls={controls} />;
}

function QuestionDialog({
  question,
  controls,
}: {
  readonly question: OpenQuestion;
  readonly controls: PageControls;
}): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  const { title, text, yes } = wordingOf(question);
  const agree = () => {
    // Close first: the browser returns the focus to the button that opened it, which the answer then relabels.
    dialog.current?.close();
    if (question.kind === "purge-everything") controls.purge();
    else controls.setDrained(question.region, question.kind === "drain");
  };
  return (
    <dialog
      ref={dialog}
      aria-labelledby="question-title"
      aria-describedby="question-text"
      onClose={() => controls.dispatch({ kind: "question-closed" })}
    >
      <h2 id="question-title">{title}</h2>
      <p id="question-text">{text}</p>
      <div class="buttons">
        <button type="button" onClick={() => dialog.current?.close()}>
          Cancel
        </button>
        <button type="button" class="primary" onClick={agree}>
          {yes}
        </button>
      </div>
    </dialog>
  );
}
