// The shell around the state: queries the API every two seconds while the page is visible, dispatches the answers to the
// reducer, and renders. Only one refresh runs at a time, so a slow API is not queried faster than it answers.

import { render } from "preact";
import { epochMillis } from "../../config/units.ts";
import type { RegionId } from "../../config/world/regions.ts";
import { type ControlApi, controlApi, type PageAnswer } from "./api-client.browser.ts";
import type { PageControls } from "./controls.ts";
import { DASHBOARD_LIMITS } from "./limits.ts";
import type { PageProblem } from "./model.ts";
import { bodyOf } from "./purge-form.ts";
import { type Action, type PageState, reduce, SIGNED_OUT } from "./state.ts";
import { findToken, forgetToken, keepToken } from "./token.browser.ts";
import { page } from "./view/page.browser.tsx";

const root = document.getElementById("app");
if (!root) throw new Error("the page has no #app");

let state: PageState = SIGNED_OUT;
let api: ControlApi | undefined;
let timer: number | undefined;
let refreshing: Promise<void> | undefined;

function dispatch(action: Action): void {
  state = reduce(state, action);
  draw();
}

const draw = () => render(page(state, controls), root);

const controls: PageControls = { dispatch, signIn, signOut, setDrained, purge, dryRun };

function signIn(token: string): void {
  if (token === "") return;
  keepToken(token);
  api = controlApi(token);
  dispatch({ kind: "signed-in", token });
  void refresh();
}

function signOut(message?: string): void {
  forgetToken();
  api = undefined;
  clearTimeout(timer);
  dispatch({ kind: "signed-out", ...(message !== undefined && { message }) });
}

/** An answer's value. A 401 to any request signs out. */
function valueIn<Value>(answer: PageAnswer<Value>, onProblem: (problem: PageProblem) => void): Value | undefined {
  if (answer.kind === "value") return answer.value;
  if (answer.problem.status === 401) signOut(answer.problem.detail ?? "The token is unknown.");
  else onProblem(answer.problem);
  return undefined;
}

async function refresh(): Promise<void> {
  // A running refresh may predate the change to show: wait for it, then start another.
  await refreshing;
  clearTimeout(timer);
  if (!api || refreshing || document.hidden) return;
  refreshing = askAll(api).finally(() => {
    refreshing = undefined;
  });
  await refreshing;
  if (api) timer = setTimeout(refresh, DASHBOARD_LIMITS.dashboardRefreshMillis);
}

async function askAll(asked: ControlApi): Promise<void> {
  const [regions, stats, purges] = await Promise.all([asked.regions(), asked.stats(), asked.purges()]);
  // Signed out, or signed in with another token, while the requests were pending.
  if (asked !== api) return;
  const lost = (problem: PageProblem) => dispatch({ kind: "lost", at: epochMillis(Date.now()), problem });
  const [found, sample, listed] = [valueIn(regions, lost), api && valueIn(stats, lost), api && valueIn(purges, lost)];
  if (found && sample && listed) dispatch({ kind: "refreshed", list: found, sample, purges: listed.purges });
}

async function setDrained(region: RegionId, drained: boolean): Promise<void> {
  if (!api) return;
  dispatch({ kind: "drain-sent", region });
  const answer = await api.setDrained(region, drained);
  if (answer.kind === "value") await refresh();
  valueIn(answer, (problem) => dispatch({ kind: "drain-failed", region, problem }));
  dispatch({ kind: "drain-done", region });
}

async function purge(): Promise<void> {
  if (!api || bodyOf(state.form) === undefined) return;
  dispatch({ kind: "purge-sent", idempotencyKey: state.form.idempotencyKey ?? crypto.randomUUID() });
  const body = bodyOf(state.form);
  if (!body) return;
  const receipt = valueIn(await api.purge(body), (problem) => dispatch({ kind: "purge-failed", problem }));
  if (!receipt) return;
  dispatch({ kind: "purge-accepted", purge: receipt });
  void follow(receipt.id, DASHBOARD_LIMITS.dashboardReceiptTries);
}

async function dryRun(): Promise<void> {
  const body = bodyOf(state.form);
  if (!api || !body) return;
  dispatch({ kind: "purge-sent" });
  const found = valueIn(await api.dryRun(body), (problem) => dispatch({ kind: "purge-failed", problem }));
  if (found) dispatch({ kind: "dry-run-done", found });
}

/** Polls a receipt until it is applied; if that takes long, the regular refresh updates it later. */
async function follow(id: string, triesLeft: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, DASHBOARD_LIMITS.dashboardReceiptMillis));
  if (!api || triesLeft === 0) return;
  const answer = await api.receipt(id);
  if (answer.kind === "value") {
    dispatch({ kind: "receipt", purge: answer.value });
    if (answer.value.state === "applied" || answer.value.state === "complete") return;
  }
  return follow(id, triesLeft - 1);
}

function start(): void {
  const token = findToken();
  if (token !== undefined) signIn(token);
  else draw();
}

document.addEventListener("visibilitychange", () => void refresh());
// Opening a link with a token in a tab that already shows the page only changes the fragment.
addEventListener("hashchange", start);
start();
