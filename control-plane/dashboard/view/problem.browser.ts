// Words a problem for people: the API's detail, or the meaning of its silence or refusal, and what to do.

import type { PageProblem } from "../model.ts";

/** One or two sentences. */
export function explain(problem: PageProblem): string {
  const said = problem.detail ?? `${problem.title}.`;
  switch (problem.status) {
    case 0:
      return "No answer. Check that it is running and that the network works.";
    case 403:
      return `${said} Sign in with a token that has this scope.`;
    case 429:
      return `${said} Wait a moment, then retry.`;
    default:
      return said;
  }
}
