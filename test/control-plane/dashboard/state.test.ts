// The page's state: each test is a short story of actions and what is then to be seen.

import { describe, expect, it } from "vitest";
import { epochMillis } from "../../../config/units.ts";
import { REGIONS } from "../../../config/world/regions.ts";
import type { DryRun, PageProblem, Purge, Region, RegionList, Sample } from "../../../control-plane/dashboard/model.ts";
import { type Action, alertsIn, type PageState, reduce, SIGNED_OUT } from "../../../control-plane/dashboard/state.ts";
import { countersOf, sampleOf } from "./samples.ts";

const problem: PageProblem = { status: 503, title: "No hub can be reached", errors: [] };
const region = (counter: number): Region => ({
  id: "weur",
  ...REGIONS.weur,
  status: "up",
  drained: false,
  shards: 4,
  hub: {
    id: "weur.aaaa",
    startedAt: new Date(0).toISOString(),
    logLength: counter,
    vector: { "weur.aaaa": counter },
    members: [],
    subscribers: [],
  },
});
const sample = (at: number, requests = 0): Sample => sampleOf(at, { weur: countersOf(requests) });
const scopes = { urls: [], prefixes: [], tags: [], hosts: [], everything: false };
const purge = (id: string, state: Purge["state"] = "accepted"): Purge => ({
  id,
  state,
  soft: false,
  scopes,
  by: "admin",
  acceptedAt: new Date(0).toISOString(),
  hub: "weur",
  regions: [],
  missing: [],
  signature: { alg: "EdDSA", kid: "k", value: "v" },
});
const refreshed = (at: number, purges: Purge[] = [], requests = 0): Action => ({
  kind: "refreshed",
  list: { answeredBy: "weur", regions: [region(1)] },
  sample: sample(at, requests),
  purges,
});
const signedIn: Action = { kind: "signed-in", token: "secret" };
const typed: Action = { kind: "form-edited", edit: { text: { urls: "https://a/1" } } };

const stateAfter = (...actions: Action[]): PageState => actions.reduce(reduce, SIGNED_OUT);

describe("signing in and out", () => {
  it("forgets everything at the end, with the reason if there is one", () => {
    const state = stateAfter(signedIn, refreshed(1), typed, { kind: "signed-out", message: "expired" });
    expect(state).toEqual({ ...SIGNED_OUT, session: { kind: "signed-out", message: "expired" } });
  });

  it("ignores answers that come after signing out", () => {
    expect(stateAfter(refreshed(1))).toBe(SIGNED_OUT);
    expect(stateAfter(signedIn, { kind: "signed-out" }, refreshed(1)).regions).toBeUndefined();
  });
});

describe("a refresh", () => {
  it("shows lost regions and cut links, and no more once an answer names none", () => {
    const links: Pick<RegionList, "lostRegions" | "cutLinks"> = {
      lostRegions: [{ region: "afr" }],
      cutLinks: [{ from: "weur", to: "enam", since: new Date(0).toISOString() }],
    };
    const list: RegionList = { answeredBy: "weur", regions: [region(1)], ...links };
    const state = stateAfter(signedIn, { kind: "refreshed", list, sample: sample(1), purges: [] });
    expect(state).toMatchObject(links);
    expect(reduce(state, refreshed(2))).toMatchObject({ lostRegions: [], cutLinks: [] });
  });

  it("measures traffic from the second one on", () => {
    expect(stateAfter(signedIn, refreshed(1000, [], 10)).rates).toEqual({});
    expect(stateAfter(signedIn, refreshed(1000, [], 10), refreshed(3000, [], 30)).rates.weur?.requestsPerSecond).toBe(
      10,
    );
  });

  it("ends a lost connection, whose time is that of the first failure", () => {
    const lost = (at: number): Action => ({ kind: "lost", at: epochMillis(at), problem });
    expect(stateAfter(signedIn, lost(5), lost(9)).connection).toEqual({ kind: "lost", since: 5, problem });
    expect(stateAfter(signedIn, lost(5), refreshed(9)).connection).toEqual({ kind: "current" });
  });

  it("keeps what was known while the connection is lost", () => {
    const state = stateAfter(signedIn, refreshed(1), { kind: "lost", at: epochMillis(5), problem });
    expect(state.regions).toHaveLength(1);
  });

  it("remembers since when hubs disagree, and forgets it once they agree", () => {
    const apart = (at: number): Action => ({
      kind: "refreshed",
      list: { answeredBy: "weur", regions: [region(1), { ...region(2), id: "enam" }] },
      sample: sample(at),
      purges: [],
    });
    const state = stateAfter(signedIn, apart(10_000), apart(12_000));
    expect(state.hubsDifferSince).toBe(10_000);
    expect(alertsIn(state)).toEqual([]);
    expect(alertsIn(reduce(state, apart(15_000))).map(({ id }) => id)).toEqual(["hubs-differ"]);
    expect(reduce(state, refreshed(15_000)).hubsDifferSince).toBeUndefined();
  });
});

describe("a purge", () => {
  const sent: Action = { kind: "purge-sent", idempotencyKey: "k1" };

  it("keeps its key when it fails, so that trying again is the same purge", () => {
    const state = stateAfter(signedIn, typed, sent, { kind: "purge-failed", problem });
    expect(state.form).toMatchObject({
      idempotencyKey: "k1",
      submission: { kind: "failed" },
      text: { urls: "https://a/1" },
    });
  });

  it("is another purge after an edit", () => {
    const state = stateAfter(signedIn, typed, sent, { kind: "purge-failed", problem }, typed);
    expect(state.form.idempotencyKey).toBeUndefined();
    expect(state.form.submission).toEqual({ kind: "editing" });
  });

  it("empties the form and heads the list once accepted", () => {
    const state = stateAfter(signedIn, refreshed(1, [purge("old")]), typed, sent, {
      kind: "purge-accepted",
      purge: purge("new"),
    });
    expect(state.form).toMatchObject({ text: { urls: "" }, submission: { kind: "sent" } });
    expect(state.form.idempotencyKey).toBeUndefined();
    expect(state.purges?.map(({ id }) => id)).toEqual(["new", "old"]);
  });

  it("shows its progress in the form and in the list, by receipt and by refresh", () => {
    const accepted = stateAfter(signedIn, typed, sent, { kind: "purge-accepted", purge: purge("new") });
    for (const news of [
      { kind: "receipt", purge: purge("new", "applied") } as const,
      refreshed(5, [purge("new", "applied")]),
    ]) {
      const state = reduce(accepted, news);
      expect(state.form.submission).toMatchObject({ kind: "sent", receipt: { state: "applied" } });
      expect(state.purges?.map((known) => known.state)).toEqual(["applied"]);
    }
  });

  it("does not disturb the next one that is already being written", () => {
    const state = stateAfter(signedIn, typed, sent, { kind: "purge-accepted", purge: purge("new") }, typed, {
      kind: "receipt",
      purge: purge("new", "applied"),
    });
    expect(state.form).toMatchObject({ text: { urls: "https://a/1" }, submission: { kind: "editing" } });
  });

  it("of everything leaves another kind chosen, so that a second click does not repeat it", () => {
    const state = stateAfter(signedIn, { kind: "form-edited", edit: { kind: "everything" } }, sent, {
      kind: "purge-accepted",
      purge: purge("new"),
    });
    expect(state.form.kind).toBe("urls");
  });

  it("that was only tried keeps what was typed and no key", () => {
    const found: DryRun = { dryRun: true, soft: false, scopes, entries: 3, bytes: 9, regions: [], missing: [] };
    const state = stateAfter(signedIn, typed, { kind: "purge-sent" }, { kind: "dry-run-done", found });
    expect(state.form).toMatchObject({ text: { urls: "https://a/1" }, submission: { kind: "tried", found } });
    expect(state.form.idempotencyKey).toBeUndefined();
  });
});

describe("draining", () => {
  it("is asked first, then under way, then done", () => {
    const asked = stateAfter(signedIn, { kind: "asked", question: { kind: "drain", region: "weur" } });
    expect(asked.question).toEqual({ kind: "drain", region: "weur" });
    const sent = reduce(asked, { kind: "drain-sent", region: "weur" });
    expect([sent.question, sent.draining]).toEqual([undefined, ["weur"]]);
    expect(reduce(sent, { kind: "drain-done", region: "weur" }).draining).toEqual([]);
  });

  it("that failed is said until it is dismissed", () => {
    const failed = stateAfter(
      signedIn,
      { kind: "drain-sent", region: "weur" },
      { kind: "drain-failed", region: "weur", problem },
    );
    expect(failed).toMatchObject({ draining: [], failure: { what: "Region weur was not changed" } });
    expect(reduce(failed, { kind: "failure-closed" }).failure).toBeUndefined();
  });
});
