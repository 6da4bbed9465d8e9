// Why a command failed, as a closed union, and the message for it: what happened and what to do next. Stable codes are for
// scripts (`--json`), sentences for people.

import type { z } from "zod";
import { connectionFault } from "../../config/connection-faults.ts";
import type { problemSchema } from "../api/schemas.ts";

export type CommandFailure =
  /** No answer came. `code` is the system's or the HTTP client's (ECONNREFUSED, UND_ERR_HEADERS_TIMEOUT). */
  | { readonly kind: "unreachable"; readonly api: string; readonly code: string; readonly detail: string }
  /** The API answered with a problem. */
  | { readonly kind: "problem"; readonly problem: z.output<typeof problemSchema>; readonly tokenGiven: boolean }
  /** The response is not the control API's. */
  | { readonly kind: "not-the-api"; readonly api: string; readonly path: string; readonly status: number }
  /** A receipt's signature does not verify. */
  | { readonly kind: "not-signed"; readonly code: "unknown-key" | "forged"; readonly detail: string };

/** What happened and what to do next, one line each, the most important first. */
export function describeFailure(failure: CommandFailure): string[] {
  switch (failure.kind) {
    case "unreachable":
      return describeUnreachable(failure.api, failure.code, failure.detail);
    case "not-the-api":
      return [
        `${failure.api} answered ${failure.status} to ${failure.path}, but it is not Meridian's control API.`,
        "Check that --api is the control API's address (locally http://127.0.0.1:8786), not the front door's or another server's.",
      ];
    case "problem":
      return describeProblem(failure);
    case "not-signed":
      return [
        failure.detail,
        failure.code === "unknown-key"
          ? "Was it issued by another deployment, or before its cluster key changed? Give that key with --key FILE."
          : "Do not rely on it: query the deployment with meridian purge show.",
      ];
  }
}

/** Whether a failure leaves open that the request arrived. */
export const maybeSent = (failure: CommandFailure): boolean =>
  failure.kind === "unreachable" && connectionFault(failure.code, failure.detail).sent === "perhaps";

function describeUnreachable(api: string, code: string, detail: string): string[] {
  const fault = connectionFault(code, detail);
  switch (code) {
    case "ECONNREFUSED":
      return [
        `Nothing listens at ${api}.`,
        "Is Meridian running? Start it with: npm start   (or give its address: --api URL)",
      ];
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return [`The host of ${api} cannot be found.`, "Check --api and this machine's network."];
    case "UND_ERR_HEADERS_TIMEOUT":
    case "UND_ERR_BODY_TIMEOUT":
    case "UND_ERR_CONNECT_TIMEOUT":
      return [
        `${api} did not answer in time.`,
        "Is its region alive? Try again, or use another region's API with --api URL.",
      ];
    default: {
      const said = `${api} could not be reached: ${fault.clause}.`;
      return fault.advice === undefined ? [said] : [said, fault.advice];
    }
  }
}

function describeProblem({ problem, tokenGiven }: Extract<CommandFailure, { kind: "problem" }>): string[] {
  const said = `${problem.title}: ${problem.detail}`;
  // The detail often contains a single fault already.
  const more = (problem.errors ?? []).filter(({ detail }) => !problem.detail.includes(detail));
  const errors = more.map(({ pointer, detail }) => `  ${pointer === "" ? "the body" : pointer}: ${detail}`);
  switch (problem.status) {
    case 401:
      return [
        said,
        tokenGiven
          ? "The given token is not one of this deployment's. The local one is in .meridian/token; create another with: meridian token create"
          : "Give a token with --token or MERIDIAN_TOKEN. Locally it is read from .meridian/token, which npm start creates.",
      ];
    case 403:
      return [
        said,
        "Use a token with this scope. Create one with: meridian token create --name NAME --scopes SCOPE,...",
      ];
    case 429:
      return [said, "Wait a moment, and purge in fewer, larger requests."];
    case 503:
      return [said, "It is safe to try again; meridian status shows which regions answer."];
    default:
      return [said, ...errors];
  }
}

/** A failure for `--json`: `code` is the API's, or `unreachable`, `not-the-api`, `unknown-key`, `forged`. */
export function failureAsJson(failure: CommandFailure): { readonly error: Readonly<Record<string, unknown>> } {
  switch (failure.kind) {
    case "problem":
      return { error: failure.problem };
    case "not-signed":
      return { error: { code: failure.code, detail: failure.detail } };
    case "unreachable":
    case "not-the-api":
      return { error: { code: failure.kind, detail: describeFailure(failure).join(" ") } };
  }
}
