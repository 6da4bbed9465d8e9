// What the control API needs from outside: the configuration, the nodes it asks, a clock and who may use it. The Worker fills
// these from its bindings, tests from values; the API itself reaches for nothing else.

import type { Explained, ExplainQuery } from "../../config/explanation.ts";
import type { Tally } from "../../config/metrics/tally.ts";
import type { Node } from "../../config/node/ports.worker.ts";
import type { Config } from "../../config/schema/schema.ts";
import type { EpochMillis, Millis } from "../../config/units.ts";
import type { Warmed, WarmQuery } from "../../config/warming.ts";
import type { RegionId } from "../../config/world/regions.ts";
import type { TokenRecord } from "./access/access.ts";
import type { ReceiptSigner } from "./purges/receipt-signer.worker.ts";

export interface ControlPorts {
  readonly config: Config;
  /** The region whose hub is asked first. */
  readonly ownRegion: RegionId;
  /** Without tokens nobody gets in. */
  readonly tokens: readonly TokenRecord[];
  /** Whether this is a run on somebody's machine: plain HTTP, no transport security to insist on. */
  readonly localMode: boolean;
  readonly signer: ReceiptSigner;
  /** The dashboard: one HTML document that needs nothing else. */
  readonly page: string;
  /** Where the API counts what it does, for the meter of `ownRegion`. */
  readonly tally: Tally;
  hub(region: RegionId): Node;
  meter(region: RegionId): Node;
  explain(query: ExplainQuery): Promise<Explained>;
  /** Asks for a URL in a region's place, along the path of clients' requests. Never rejects for what a network does. */
  warm(query: WarmQuery): Promise<Warmed>;
  now(): EpochMillis;
  /** Takes what clients are not told: addresses, stacks. */
  log(message: string, fault?: unknown): void;
  /** A signal that aborts after this time. */
  deadline(after: Millis): AbortSignal;
}

/** The regions that take part, in the configuration's order. */
export const regionsOf = (config: Config): readonly RegionId[] => Object.keys(config.regions) as RegionId[];
