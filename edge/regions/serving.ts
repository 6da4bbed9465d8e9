// One request that the edge has admitted, with everything that is sent along to a region.

import type { EpochMillis } from "../../config/units.ts";
import type { Fields } from "../http/fields.ts";
import type { Admitted } from "../request/admit.ts";

/** One admitted request with everything that is sent along. */
export interface Serving {
  readonly admitted: Admitted;
  readonly method: string;
  readonly fields: Fields;
  /** In the shell's own form. */
  readonly upload?: unknown;
  readonly requestId: string;
  readonly arrivedAt: EpochMillis;
}
