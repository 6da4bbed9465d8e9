// The control API's dependencies: the configuration, the nodes, a clock and the tokens. The Worker provides them from its
// bindings, tests from values; the API uses nothing else.

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
  /** The region whose hub is tried first. */
  readonly ownRegion: RegionId;
  /** Without tokens only public routes answer. */
  readonly tokens: readonly TokenRecord[];
  /** Whether this is a local run: plain HTTP, so no Strict-Transport-Security. */
  readonly localMode: boolean;
  readonly signer: ReceiptSigner;
  /** The dashboard: one self-contained HTML document. */
  readonly page: string;
  /** Where the API counts what it does, for the meter of `ownRegion`. */
  readonly tally: Tally;
  hub(region: RegionId): Node;
  meter(region: RegionId): Node;
  explain(query: ExplainQuery): Promise<Explained>;
  /** Requests a URL in a region, along the path of clients' requests. Never rejects for a network fault. */
  warm(query: WarmQuery): Promise<Warmed>;
  now(): EpochMillis;
  /** Logs details that clients must not see: addresses, stacks. */
  log(message: string, fault?: unknown): void;
  /** A signal that aborts after this time. */
  deadline(after: Millis): AbortSignal;
}

/** The participating regions, in the configuration's order. */
export const regionsOf = (config: Config): readonly RegionId[] => Object.keys(config.regions) as RegionId[];
