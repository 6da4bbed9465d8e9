// What a route does with an answer on its way to the client, stored or not, in this fixed order: response fields, what was said
// before (rates), CORS, error pages. It acts here and not where answers are stored, so a changed configuration shows at once. What
// Meridian answers itself keeps its fields: a route that sets `Cache-Control` must not have our errors stored somewhere.

import type { FieldLine, Fields } from "../http/fields.ts";
import { permit } from "./cors.ts";
import { pageFor } from "./error-page.ts";
import { toClient } from "./fields.ts";
import type { RouteActions } from "./route-actions.ts";

export interface Leaving {
  readonly status: number;
  /** As the client would get them; changed in place. */
  readonly fields: Fields;
  /** Whose answer it is: the origin's (through any cache), or one of Meridian's own; a preflight's says all it needs. */
  readonly from: "origin" | "meridian" | "preflight";
  /** The client's request. */
  readonly request: Fields;
  readonly said: readonly FieldLine[];
  readonly requestId: string;
}

/** Acts on an answer. Returns the text of an error page that takes the place of its body, if there is one. */
export function actAfterwards(actions: RouteActions, leaving: Leaving): string | undefined {
  const { fields, request, status, requestId } = leaving;
  if (leaving.from === "origin" && actions.response !== undefined) toClient(fields, actions.response);
  for (const [name, value] of leaving.said) fields.set(name, value);
  if (actions.cors !== undefined && leaving.from !== "preflight") permit(actions.cors, request, fields);
  return actions.errorPages && pageFor(actions.errorPages, request, { status, fields, requestId });
}
