// A problem in words for people: what the API said, or what its silence or refusal means and what to do.

import type { Problem } from "../model.ts";

/** One or two sentences. */
export function explain(problem: Problem): string {
  const said = problem.detail ?? `${problem.title}.`;
  switch (problem.status) {
    case 0:
      return "No answer came: is it running, and is the network there?";
    case 403:
      return `${said} Sign in with a token that may do this.`;
    case 429:
      return `${said} Wait a moment before the next attempt.`;
    default:
      return said;
  }
}
