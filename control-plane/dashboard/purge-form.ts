// The purge form as a value: the text for each kind of scope, the resulting request body, and the fields of the API's errors.
// The API alone validates URLs and tags; the form only knows what is empty.

import { formatMillis, formatPlural } from "./format.ts";
import { type DryRun, instantOf, type PageProblem, type Purge } from "./model.ts";

/** The kinds that are lists, named as in the request's body. */
export const LIST_KINDS = ["urls", "prefixes", "tags", "hosts"] as const;
export type ListKind = (typeof LIST_KINDS)[number];
export type ScopeKind = ListKind | "everything";

/** The state of a submission. */
export type FormSubmission =
  | { readonly kind: "editing" }
  | { readonly kind: "sending" }
  | { readonly kind: "failed"; readonly problem: PageProblem }
  | { readonly kind: "tried"; readonly found: DryRun }
  | { readonly kind: "sent"; readonly receipt: Purge };

export interface PurgeForm {
  /** The kind whose text is shown. */
  readonly kind: ScopeKind;
  readonly text: Readonly<Record<ListKind, string>>;
  readonly soft: boolean;
  readonly reason: string;
  /**
   * Identifies the attempt, so that pressing the button again after a lost answer repeats the same purge.
   * Absent until first sent, and after any edit.
   */
  readonly idempotencyKey?: string;
  readonly submission: FormSubmission;
}

export const EMPTY_FORM: PurgeForm = {
  kind: "urls",
  text: { urls: "", prefixes: "", tags: "", hosts: "" },
  soft: false,
  reason: "",
  submission: { kind: "editing" },
};

/** A body of `POST /v1/purges`. */
export type FormBody = Partial<Record<ListKind, readonly string[]>> & {
  readonly everything?: true;
  readonly soft?: true;
  readonly reason?: string;
  readonly idempotencyKey?: string;
};

/** One scope per line, trimmed, with its line number from 1; empty lines are skipped but counted. */
export function linesOf(text: string): readonly { readonly line: number; readonly value: string }[] {
  return text
    .split("\n")
    .map((value, index) => ({ line: index + 1, value: value.trim() }))
    .filter(({ value }) => value !== "");
}

/** The request body; undefined if the form is empty. `everything` omits the lists, since it includes them. */
export function bodyOf(form: PurgeForm): FormBody | undefined {
  const common = {
    ...(form.soft && { soft: true as const }),
    ...(form.reason.trim() !== "" && { reason: form.reason.trim() }),
    ...(form.idempotencyKey !== undefined && { idempotencyKey: form.idempotencyKey }),
  };
  if (form.kind === "everything") return { everything: true, ...common };
  const lists: Partial<Record<ListKind, readonly string[]>> = {};
  for (const kind of LIST_KINDS) {
    const values = linesOf(form.text[kind]).map(({ value }) => value);
    if (values.length > 0) lists[kind] = values;
  }
  return Object.keys(lists).length > 0 ? { ...lists, ...common } : undefined;
}

const NOUNS: Readonly<Record<ListKind, readonly [one: string, many: string]>> = {
  urls: ["URL", "URLs"],
  prefixes: ["prefix", "prefixes"],
  tags: ["tag", "tags"],
  hosts: ["host", "hosts"],
};

/** The button's text: `2 URLs and 1 tag`, `everything`, or empty. */
export function summaryOf(form: PurgeForm): string {
  if (form.kind === "everything") return "everything";
  const parts = LIST_KINDS.flatMap((kind) => {
    const count = linesOf(form.text[kind]).length;
    return count === 0 ? [] : [`${count} ${NOUNS[kind][count === 1 ? 0 : 1]}`];
  });
  return parts.length < 2 ? (parts[0] ?? "") : `${parts.slice(0, -1).join(", ")} and ${parts.at(-1)}`;
}

/** An error with its field, and its `line` if it concerns one line of a list. */
export interface FieldError {
  readonly field: ScopeKind | "reason" | "form";
  readonly line?: number;
  readonly pointer: string;
  readonly detail: string;
}

/** The problem's errors by field: `/urls/1` is the second value of the list, which may be on a later line. */
export function fieldErrors(form: PurgeForm, problem: PageProblem): readonly FieldError[] {
  return problem.errors.map(({ pointer, detail }) => {
    const [, name = "", index] = pointer.replace(/^#/, "").split("/");
    const kind = LIST_KINDS.find((list) => list === name);
    if (kind) {
      const line = index === undefined ? undefined : linesOf(form.text[kind])[Number(index)]?.line;
      return { field: kind, pointer, detail, ...(line !== undefined && { line }) };
    }
    return { field: name === "reason" || name === "everything" ? name : "form", pointer, detail };
  });
}

/**
 * A purge's outcome in words: `accepted`, `applied in 148 ms`, `complete, applied in 148 ms`. The time is that until it was
 * applied: complete comes later, when the lease has expired.
 */
export function outcomeOf(purge: Pick<Purge, "state" | "acceptedAt" | "appliedAt" | "completeBy">): string {
  const { state, acceptedAt, appliedAt, completeBy } = purge;
  if (appliedAt === undefined || state === "partial" || state === "accepted") {
    // Time of day, in UTC as in the receipt: an instant a minute or two ahead needs no date.
    const by = state === "complete" || completeBy === undefined ? "" : new Date(completeBy).toISOString().slice(11, 19);
    return by === "" ? state : `${state}, complete by ${by} UTC`;
  }
  const applied = `applied in ${formatMillis(instantOf(appliedAt) - instantOf(acceptedAt))}`;
  return state === "complete" ? `complete, ${applied}` : applied;
}

/** A purge's progress in words: `applied in 7 of 9 regions`. */
export function progressOf(purge: Purge): string {
  const done = purge.regions.filter(({ state }) => state === "applied" || state === "complete").length;
  return `applied in ${done} of ${formatPlural(purge.regions.length, "region")}`;
}
