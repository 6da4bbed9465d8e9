// The purges of a logged event. It reads only events of this version: an unreadable one may be a purge of anything.

import type { ControlEvent, PurgeEvent, Scope, Severity } from "./event.ts";
import { type Settles, settlesOf } from "./settle.ts";

const EVERYTHING: Scope = { kind: "everything" };

/** Events that are known to be no purges. */
const PURGE_NOTHING: ReadonlySet<string> = new Set(["join", "suspend", "drain", "undrain"]);

interface Purged {
  readonly scope: Scope;
  readonly severity: Severity;
  readonly settles?: Settles | undefined;
}

/** What an event purges; of one that this code cannot read, all that it might. */
export function purgesIn(event: ControlEvent): readonly Purged[] {
  const kind: string = event.kind;
  if (event.v === 1 && PURGE_NOTHING.has(kind)) return [];
  if (event.v !== 1 || kind !== "purge") return [{ scope: EVERYTHING, severity: "hard" }];
  const { scopes, severity } = event as PurgeEvent;
  const settles = settlesOf(event as PurgeEvent);
  return scopes.map((scope) => ({ scope, severity, settles }));
}
