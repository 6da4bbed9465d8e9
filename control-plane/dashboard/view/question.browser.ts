// Asks before doing what everybody would feel. The browser's own modal dialog keeps the focus inside, closes on Escape and gives
// the focus back; the safe answer comes first and has the focus.

import { h, type JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { Controls } from "../controls.ts";
import type { Question, State } from "../state.ts";

interface Wording {
  readonly title: string;
  readonly text: string;
  readonly yes: string;
}

function wordingOf(question: Question): Wording {
  switch (question.kind) {
    case "drain":
      return {
        title: `Drain ${question.region}?`,
        text: "New requests go to the next nearest region. What it stores is kept, and it still hears purges.",
        yes: "Drain",
      };
    case "undrain":
      return { title: `Undrain ${question.region}?`, text: "It takes its clients again at once.", yes: "Undrain" };
    case "purge-everything":
      return {
        title: "Purge everything?",
        text: "Nothing that is stored anywhere is used again. The origin answers for all of it until the caches are warm.",
        yes: "Purge everything",
      };
  }
}

/** The dialog, if something is asked. */
export function questionDialog({ question }: State, controls: Controls): JSX.Element | false {
  return question !== undefined && h(QuestionDialog, { question, controls });
}

function QuestionDialog({
  question,
  controls,
}: {
  readonly question: Question;
  readonly controls: Controls;
}): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  const { title, text, yes } = wordingOf(question);
  const agree = () => {
    // Closed first: the browser returns the focus to the button that asked, which the answer then re-labels.
    dialog.current?.close();
    if (question.kind === "purge-everything") controls.purge();
    else controls.setDrained(question.region, question.kind === "drain");
  };
  return h(
    "dialog",
    {
      ref: dialog,
      "aria-labelledby": "question-title",
      "aria-describedby": "question-text",
      onClose: () => controls.dispatch({ kind: "question-closed" }),
    },
    h("h2", { id: "question-title" }, title),
    h("p", { id: "question-text" }, text),
    h(
      "div",
      { class: "buttons" },
      h("button", { type: "button", onClick: () => dialog.current?.close() }, "Cancel"),
      h("button", { type: "button", class: "primary", onClick: agree }, yes),
    ),
  );
}
