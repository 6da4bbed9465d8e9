// Why would this URL, for a client from there, be served by which region and shard, with which key and rules? Works it out
// with the very functions that serve requests; fetches and stores nothing.

import type { Explained, ExplainQuery } from "../config/explanation.ts";
import type { Environment } from "../config/node/environment.worker.ts";
import { configOf, ownRegion } from "../config/node/nodes.worker.ts";
import { Fields } from "./http/fields.ts";
import { regionsFor } from "./regions/regions.worker.ts";
import { admit } from "./request/admit.ts";
import { cacheKey } from "./request/cache-key.ts";
import { ringOf } from "./ring/owner.ts";
import { shieldRegions } from "./route/shields.ts";

/** The explanation, or which part of the query allows none. */
export async function explain(
  env: Environment,
  query: ExplainQuery,
  countryOf: (address: string) => string | undefined,
): Promise<Explained> {
  const config = configOf(env);
  const fields = Fields.from(query.from === undefined ? [] : [["meridian-from", query.from]]);
  const { method, url } = query;
  // A token is needed for an explanation, so a place may be named in production too.
  const admitted = admit({
    method,
    url,
    fields,
    cf: undefined,
    assertedAddress: undefined,
    local: true,
    region: ownRegion(env),
    countryOf,
    config,
  });
  if (admitted.kind === "refused") {
    const parameter =
      admitted.code === "bad-meridian-from" ? "from" : admitted.code === "purge-not-here" ? "method" : "url";
    return { kind: "invalid", parameter, detail: admitted.detail };
  }
  const { route, place } = admitted;
  const origin = config.origins[route.origin];
  if (origin === undefined) return { kind: "invalid", parameter: "url", detail: `route ${route.name} has no origin` };
  const choices = regionsFor(env, admitted);
  const { key } = cacheKey({ url: admitted.url, fields, country: place.country }, route);
  const [first] = choices;
  const [shield] = shieldRegions(origin, config, route.residency);
  const cached = admitted.passage === "cached";
  return {
    kind: "explained",
    explanation: {
      url: admitted.url,
      method,
      route: route.name,
      mode: cached ? "cache" : "bypass",
      ...(cached && { key }),
      client: {
        coordinates: place.coordinates,
        source: place.source,
        ...(place.country && { country: place.country }),
      },
      regions: choices.map(({ region, reason, distance, roundTrip }) => ({
        region,
        reason,
        distanceKm: distance,
        rttMillis: roundTrip,
      })),
      ...(first && {
        shard: {
          region: first.region,
          index: ringOf(config, first.region).owner(key),
          ring: ringOf(config, first.region).version,
        },
      }),
      ...(shield && { shield: { region: shield, index: ringOf(config, shield).owner(key) } }),
      origin: { name: route.origin, url: origin.url },
      rules: {
        ttl: route.ttl,
        key: route.key,
        whenCutOff: route.whenCutOff,
        ...(route.residency && { residency: route.residency }),
      },
    },
  };
}
