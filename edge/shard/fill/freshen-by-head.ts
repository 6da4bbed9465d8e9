// What an answer to HEAD does to the stored answer to GET (RFC 9111 section 4.3.5): the same validators make the stored one as fresh as
// the new, others make it stale. Without validators it changes nothing, though the RFC would have it freshen: the body may have
// changed since and would be served as new.

import { millis } from "../../../config/units.ts";
import { purgeTarget } from "../../../control-plane/purge/purge-set.ts";
import { coversAll } from "../../../control-plane/purge/vector.ts";
import { decideStore } from "../../http/store.ts";
import { tagsOf } from "../../http/tags.ts";
import { ageAt } from "../../http/terms.ts";
import { headSays, mergeNotModified } from "../../http/validate.ts";
import { variantKey, varyOf } from "../../http/vary.ts";
import { isSettling } from "../purges/settling.ts";
import type { ShardRequest } from "../request/shard-request.ts";
import type { Entry } from "../store/entry.ts";
import type { FillResult } from "./flight.ts";
import type { FillPorts } from "./keep.ts";
import { bornAtOfAnswer } from "./origin-answer.ts";

/** Applies an answer to HEAD, if it is for all clients, to the stored response of its variant. */
export function applyHead(
  ports: Pick<FillPorts, "name" | "entries" | "knowledge" | "now">,
  asked: ShardRequest,
  { answer, seen, vary }: FillResult & { kind: "relay" },
): void {
  const { name, entries, knowledge, now } = ports;
  const names = entries.varyOf(name, asked.key);
  // An answer for this client alone says nothing about what others get.
  if (names === undefined || asked.personal || vary !== undefined) return;
  const variant = variantKey(names, asked.request.fields);
  const entry = entries.get(name, asked.key, variant);
  if (entry?.kind !== "entry" || knowledge.purges.verdict(entry.target, entry.seen) === "hard") return;
  const bornAt = bornAtOfAnswer(answer);
  // A response fetched by a GET since then is newer than this.
  if (bornAt < entry.response.terms.bornAt) return;
  const put = (changed: Partial<Entry>): void =>
    entries.put(
      { shard: name, key: asked.key, url: asked.url, vary: names, variant },
      { ...entry, checkedVersion: -1, ...changed },
    );
  const { response } = entry;

  switch (headSays(response, answer)) {
    case "nothing":
      return;
    case "same": {
      // The shield may say so under purges that this shard does not know yet: the stamp would cover one that invalidated the body.
      if (!coversAll(knowledge.vector, seen)) return;
      if (isSettling(knowledge, entry.target, answer.fields, answer)) return;
      const fields = mergeNotModified(response, answer);
      const decision = decideStore(
        { method: "GET", fields: asked.request.fields, personal: false },
        { status: response.status, fields, bornAt, receivedAt: answer.responseAt },
        asked.policy,
      );
      // It may not be stored any longer, or not under this variant.
      if (decision.kind === "refuse" || !isAmong(varyOf(fields), names)) entries.delete(name, asked.key, variant);
      else {
        const target = purgeTarget(asked.url, tagsOf(fields));
        put({ response: { ...response, fields, terms: decision.terms }, seen, target, storedAt: now() });
      }
      return;
    }
    case "changed": {
      const { terms } = response;
      const freshFor = millis(Math.min(terms.freshFor, ageAt(now(), terms.bornAt)));
      put({ response: { ...response, terms: { ...terms, freshFor, staleWhileRevalidateFor: millis(0) } } });
      return;
    }
  }
}

const isAmong = (vary: ReturnType<typeof varyOf>, names: readonly string[]): boolean =>
  vary.kind === "fields" && vary.names.every((name) => names.includes(name));
