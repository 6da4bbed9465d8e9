// Where a client is, as far as routing needs it: a point, and by which source it is known. It decides nothing; locate.ts
// makes places, choose-region.ts reads them, and `explain` shows the source so that a guess is not mistaken for a fact.

import type { Continent } from "../../config/world/continents.ts";
import type { Coordinates } from "../../config/world/regions.ts";

/** A client's place. Country and continent are absent where only a point is known. */
export interface Place {
  readonly coordinates: Coordinates;
  /** ISO 3166 letters (XK for Kosovo). */
  readonly country?: string;
  readonly continent?: Continent;
  /**
   * `meridian-from`: the client said so, in local mode; `cf`: the platform's `request.cf`; `database`: its address in the
   * MaxMind database; `region`: nothing is known, so it is taken to be where the region is that it reached.
   */
  readonly source: "meridian-from" | "cf" | "database" | "region";
}
