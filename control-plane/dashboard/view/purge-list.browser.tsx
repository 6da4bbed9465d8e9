// The latest purges, newest first: scopes, requester, reason, and for each region a small dot that changes when the purge is
// applied there. All of it is foreign input, possibly an attacker's: it is shown as text and never as markup.

import type { JSX } from "preact";
import type { EpochMillis } from "../../../config/units.ts";
import { formatAgo } from "../format.ts";
import { instantOf, type Purge, scopesOf } from "../model.ts";
import { outcomeOf, progressOf } from "../purge-form.ts";
import { nowOf, type PageState } from "../state.ts";

/** The panel with the list. */
export function purgeListPanel(state: PageState): JSX.Element {
  return (
    <section class="panel purges" aria-labelledby="purges-title">
      <h2 id="purges-title">Recent purges</h2>
      <div class="scroll" tabIndex={0} role="region" aria-labelledby="purges-title">
        {content(state)}
      </div>
    </section>
  );
}

function content(state: PageState): JSX.Element {
  const { purges } = state;
  if (!purges) return <p class="empty">Loading the purges.</p>;
  if (purges.length === 0) {
    return (
      <div class="empty">
        <p>
          <strong>No purges yet.</strong>
        </p>
        <p>
          {"Use the form, or "}
          <code>npx meridian purge --url https://…</code>
          {" in a terminal."}
        </p>
      </div>
    );
  }
  return <ol>{purges.map((purge) => row(purge, nowOf(state)))}</ol>;
}

function row(purge: Purge, now: EpochMillis): JSX.Element {
  const [first, ...others] = scopesOf(purge);
  return (
    <li key={purge.id}>
      <p class="what">
        <span class="kind">{first?.kind ?? "nothing"}</span>
        <span class="value" title={first?.value}>
          {first?.value}
        </span>
        {others.length > 0 && <span class="muted">{`+${others.length}`}</span>}
        {purge.soft && <span class="badge">soft</span>}
      </p>
      <p class="when muted">{formatAgo(instantOf(purge.acceptedAt), now)}</p>
      <p class="why muted">
        <span class="id">{purge.id}</span>
        <span>{`by ${purge.by}`}</span>
        {purge.reason && (
          <span class="reason" title={purge.reason}>
            {purge.reason}
          </span>
        )}
      </p>
      <div class="how">
        <span class="muted">{outcomeOf(purge)}</span>
        {regionDots(purge)}
      </div>
    </li>
  );
}

/** One dot per region, in their fixed order; together they are one image with a text alternative. */
export function regionDots(purge: Purge): JSX.Element {
  const open = purge.regions.filter(({ state }) => state === "pending" || state === "accepted");
  const waiting = open.length > 0 ? `, waiting for ${open.map(({ region }) => region).join(", ")}` : "";
  return (
    <span class="region-dots" role="img" aria-label={`${progressOf(purge)}${waiting}`}>
      {purge.regions.map(({ region, state, reason }) => (
        <span key={region} class={`dot ${state}`} title={`${region}: ${state}${reason ? ` (${reason})` : ""}`} />
      ))}
    </span>
  );
}
