// The page's whole state and its reducer, a pure function from state and action to state. The views are functions of this
// value; `app.browser.ts` calls the API and dispatches the answers here as actions.

import type { EpochMillis } from "../../config/units.ts";
import type { RegionId } from "../../config/world/regions.ts";
import { type Alert, alertsOf, regionsBehind } from "./alerts.ts";
import {
  type CutLink,
  type DryRun,
  instantOf,
  type LostRegion,
  type PageProblem,
  type Purge,
  type Region,
  type RegionList,
  type Sample,
} from "./model.ts";
import { EMPTY_FORM, type ListKind, type PurgeForm } from "./purge-form.ts";
import { addSample, type Rates, type Recent, regionRates } from "./rates.ts";

export type Session =
  | { readonly kind: "signed-out"; readonly message?: string }
  | { readonly kind: "signed-in"; readonly token: string };

/** Whether the data is current. `since` is by the browser's clock, like everything about the connection. */
export type ApiConnection =
  | { readonly kind: "connecting" }
  | { readonly kind: "current" }
  | { readonly kind: "lost"; readonly since: EpochMillis; readonly problem: PageProblem };

/** An action that needs confirmation, because it affects all clients. */
export type OpenQuestion =
  | { readonly kind: "drain" | "undrain"; readonly region: RegionId }
  | { readonly kind: "purge-everything" };

export interface PageState {
  readonly session: Session;
  readonly connection: ApiConnection;
  /** Absent until the first answer, which differs from an empty list. */
  readonly regions?: readonly Region[];
  readonly lostRegions: readonly LostRegion[];
  readonly cutLinks: readonly CutLink[];
  readonly sample?: Sample;
  readonly purges?: readonly Purge[];
  readonly recent: Recent;
  /** Current traffic, derived from `recent`. */
  readonly rates: Readonly<Partial<Record<RegionId, Rates>>>;
  readonly hubsDifferSince?: EpochMillis;
  readonly form: PurgeForm;
  readonly question?: OpenQuestion;
  /** Regions with a pending drain or undrain. */
  readonly draining: readonly RegionId[];
  /** The last failure outside the form. */
  readonly failure?: { readonly what: string; readonly problem: PageProblem };
}

export const SIGNED_OUT: PageState = {
  session: { kind: "signed-out" },
  connection: { kind: "connecting" },
  lostRegions: [],
  cutLinks: [],
  recent: [],
  rates: {},
  form: EMPTY_FORM,
  draining: [],
};

export type FormEdit = Partial<Pick<PurgeForm, "kind" | "soft" | "reason">> & {
  readonly text?: Partial<Record<ListKind, string>>;
};

export type Action =
  | { readonly kind: "signed-in"; readonly token: string }
  | { readonly kind: "signed-out"; readonly message?: string }
  | {
      readonly kind: "refreshed";
      readonly list: RegionList;
      readonly sample: Sample;
      readonly purges: readonly Purge[];
    }
  | { readonly kind: "lost"; readonly at: EpochMillis; readonly problem: PageProblem }
  | { readonly kind: "asked"; readonly question: OpenQuestion }
  | { readonly kind: "question-closed" }
  | { readonly kind: "drain-sent"; readonly region: RegionId }
  | { readonly kind: "drain-done"; readonly region: RegionId }
  | { readonly kind: "drain-failed"; readonly region: RegionId; readonly problem: PageProblem }
  | { readonly kind: "failure-closed" }
  | { readonly kind: "form-edited"; readonly edit: FormEdit }
  | { readonly kind: "purge-sent"; readonly idempotencyKey?: string }
  | { readonly kind: "purge-failed"; readonly problem: PageProblem }
  | { readonly kind: "dry-run-done"; readonly found: DryRun }
  | { readonly kind: "purge-accepted"; readonly purge: Purge }
  | { readonly kind: "receipt"; readonly purge: Purge };

/** The state after `action`. Answers that arrive after signing out change nothing. */
export function reduce(state: PageState, action: Action): PageState {
  if (state.session.kind === "signed-out" && action.kind !== "signed-in" && action.kind !== "signed-out") return state;
  switch (action.kind) {
    case "signed-in":
      return { ...SIGNED_OUT, session: { kind: "signed-in", token: action.token } };
    case "signed-out":
      return {
        ...SIGNED_OUT,
        session: { kind: "signed-out", ...(action.message !== undefined && { message: action.message }) },
      };
    case "refreshed":
      return refreshed(state, action);
    case "lost":
      // Keep the first failure: its time shows how old the data is.
      if (state.connection.kind === "lost") return state;
      return { ...state, connection: { kind: "lost", since: action.at, problem: action.problem } };
    case "asked":
      return { ...state, question: action.question };
    case "question-closed":
      return without(state, "question");
    case "drain-sent":
      return { ...without(without(state, "question"), "failure"), draining: [...state.draining, action.region] };
    case "drain-done":
      return { ...state, draining: state.draining.filter((region) => region !== action.region) };
    case "drain-failed":
      return {
        ...state,
        draining: state.draining.filter((region) => region !== action.region),
        failure: { what: `Region ${action.region} was not changed`, problem: action.problem },
      };
    case "failure-closed":
      return without(state, "failure");
    case "form-edited":
      return { ...state, form: edited(state.form, action.edit) };
    case "purge-sent": {
      const { kind: _, ...attempt } = action;
      return { ...without(state, "question"), form: { ...state.form, ...attempt, submission: { kind: "sending" } } };
    }
    case "purge-failed":
      return { ...state, form: { ...state.form, submission: { kind: "failed", problem: action.problem } } };
    case "dry-run-done":
      return { ...state, form: { ...state.form, submission: { kind: "tried", found: action.found } } };
    case "purge-accepted": {
      // Reset the form, with the same kind of scope, so that a second click does not purge again.
      const kind = state.form.kind === "everything" ? "urls" : state.form.kind;
      return withReceipt({ ...state, form: { ...EMPTY_FORM, kind, submission: sent(action.purge) } }, action.purge);
    }
    case "receipt":
      return withReceipt(state, action.purge);
  }
}

/** The alerts, by the cluster's time. */
export function alertsIn(state: PageState): readonly Alert[] {
  if (!state.regions) return [];
  const { regions, lostRegions, cutLinks, rates, purges = [], hubsDifferSince, sample } = state;
  const reports = sample?.regions.filter(({ reachable }) => reachable) ?? [];
  return alertsOf(
    {
      regions,
      lostRegions,
      cutLinks,
      rates,
      reports,
      purges,
      ...(hubsDifferSince !== undefined && { hubsDifferSince }),
    },
    nowOf(state),
  );
}

/** The cluster's time as of the last answer: ages are relative to it, so a wrong browser clock does no harm. */
export const nowOf = (state: PageState): EpochMillis =>
  state.sample ? instantOf(state.sample.at) : (0 as EpochMillis);

function refreshed(state: PageState, { list, sample, purges }: Extract<Action, { kind: "refreshed" }>): PageState {
  const { regions, lostRegions = [], cutLinks = [] } = list;
  const differ = regionsBehind(regions).length > 0;
  const recent = addSample(state.recent, sample);
  const next: PageState = {
    ...without(state, "hubsDifferSince"),
    connection: { kind: "current" },
    regions,
    lostRegions,
    cutLinks,
    sample,
    purges,
    recent,
    rates: regionRates(recent),
    ...(differ && { hubsDifferSince: state.hubsDifferSince ?? instantOf(sample.at) }),
  };
  return purges.reduce(withFormReceipt, next);
}

/** Also puts a receipt at the head of the list, before the next refresh. */
function withReceipt(state: PageState, purge: Purge): PageState {
  const listed = state.purges ?? [];
  const known = listed.some(({ id }) => id === purge.id);
  const purges = known ? listed.map((other) => (other.id === purge.id ? purge : other)) : [purge, ...listed];
  return withFormReceipt({ ...state, purges }, purge);
}

/** Also updates the form's result, unless the user is already writing the next purge. */
function withFormReceipt(state: PageState, purge: Purge): PageState {
  const { submission } = state.form;
  if (submission.kind !== "sent" || submission.receipt.id !== purge.id) return state;
  return { ...state, form: { ...state.form, submission: sent(purge) } };
}

const sent = (receipt: Purge) => ({ kind: "sent", receipt }) as const;

/** An edit starts a new attempt and clears the previous errors. */
function edited(form: PurgeForm, edit: FormEdit): PurgeForm {
  const { kind = form.kind, soft = form.soft, reason = form.reason } = edit;
  return { kind, soft, reason, text: { ...form.text, ...edit.text }, submission: { kind: "editing" } };
}

function without<Key extends "question" | "failure" | "hubsDifferSince">(state: PageState, key: Key): PageState {
  const { [key]: _, ...rest } = state;
  return rest as PageState;
}
