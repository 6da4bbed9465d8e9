// What the actions need of the runtime: the isolate's buckets, and an HMAC under a secret of the environment. The comparison is
// the platform's own `verify`, which takes the same time for every kind of wrong signature.

import type { Environment } from "../../config/node/environment.worker.ts";
import { verifyMac } from "../../config/node/peer-signature.worker.ts";
import type { BeforePorts } from "./before.ts";
import { RateTable } from "./rate-limit.ts";

/** One table for all requests of the isolate. */
const rates = new RateTable();

/** The ports for one request. */
export const actionPorts = (env: Environment): BeforePorts => ({
  rates,
  async verify(secretName, text, signature) {
    const secret = (env as unknown as Readonly<Record<string, unknown>>)[secretName];
    if (typeof secret !== "string" || secret === "") return "no-key";
    return (await verifyMac(secret, text, signature)) ? "right" : "wrong";
  },
});
