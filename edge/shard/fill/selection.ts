// What an origin is sent for a fill, and which variant its answer is: the rules of http/withheld.ts with what is stored. A request
// that has a field by which its URL's answers vary is answered from what was made with that field, or on its own.
// Invariant: everything that a fill sends in addition to the key is a part of the variant under which its answer is stored, in every tier.

import type { Route } from "../../../config/schema/schema.ts";
import { invitesSharing } from "../../http/store.ts";
import { variantKey, varyOf } from "../../http/vary.ts";
import {
  learnable,
  passedFor,
  selectingNames,
  variesByFacts,
  type Withheld,
  withheldFrom,
} from "../../http/withheld.ts";
import type { TierRequest, UpstreamAnswer } from "../../tier/tier.ts";
import type { ResponseFacts } from "../../tier/wire.ts";
import { impersonal, type ShardRequest } from "../request/shard-request.ts";
import type { EntryStore } from "../store/entries.ts";
import type { Entry } from "../store/entry.ts";
import type { FillResult } from "./flight.ts";
import { type PartWanted, partToAsk } from "./part-wanted.ts";

/** What an origin is sent of a request. */
export interface SentFor {
  /** Fields that select variants of this URL in addition to the route's own. */
  readonly selecting?: readonly string[];
  /** The answer is for the asking client alone, and not stored: the origin is sent everything. */
  readonly own?: "personal" | "vary" | undefined;
  /** Reported about the answer: fields that it varies by and that are not sent on shared fills. */
  readonly withheld?: readonly string[] | undefined;
  /** It was asked before, without a field that turned out to select. */
  readonly isAgain?: true;
}

/** A request that is being answered by the next tier. */
interface FillQuestion extends SentFor {
  readonly request: TierRequest;
  readonly route: Route;
  readonly key: string;
  readonly personal: boolean;
}

interface Store {
  readonly name: string;
  readonly entries: EntryStore;
}

/** What an origin is sent for a request whose URL's answers vary by `vary`. */
export function sentFor({ route, request, personal }: ShardRequest, vary: readonly string[]): SentFor {
  if (personal && route.storePersonal === "never") return { own: "personal" };
  if (passedFor(route, vary, request.fields).length > 0) return { own: "vary" };
  return { selecting: learnable(route, vary) };
}

const NOTHING: Withheld = { learned: [], passed: [], constant: [] };

/** What the origin was not sent of a request and answers by. An error says little of that, and costs no second request. */
export function withheldOf({ route, request, own, selecting = [] }: FillQuestion, answer: UpstreamAnswer): Withheld {
  // A shield has sent what its origin needs, and only tiers have members of Cache-Status.
  if (own !== undefined || answer.status >= 500 || (answer.facts?.cacheStatus.length ?? 0) > 0) return NOTHING;
  const vary = varyOf(answer.fields);
  return vary.kind === "any" ? NOTHING : withheldFrom(route, vary.names, request.fields, selecting);
}

/** The same fill, with what was withheld. An origin that names yet another field the second time is sent everything. */
export function withThem<
  Of extends FillQuestion & { readonly confirm: Entry | undefined; readonly part?: PartWanted | undefined },
>(fill: Of, { learned, passed }: Withheld): Of {
  const { request, selecting = [], isAgain } = fill;
  if (passed.length === 0 && !isAgain) {
    return { ...fill, confirm: undefined, selecting: [...selecting, ...learned], isAgain: true };
  }
  return { ...fill, confirm: undefined, own: "vary", part: partToAsk(request, "all") };
}

/** The fields that an answer varies by and that are not sent on shared fills, if its request had any. */
export function withheldToTell(
  { own, route, request }: FillQuestion,
  { fields, facts }: UpstreamAnswer,
  { constant }: Withheld,
): readonly string[] | undefined {
  const vary = varyOf(fields);
  const passed = own === "vary" && vary.kind === "fields" ? passedFor(route, vary.names, request.fields) : [];
  const withheld = passed.length > 0 ? passed : (facts?.withheld ?? constant);
  return withheld.length === 0 ? undefined : withheld;
}

/** Why an answer is its client's own by what it varies by; undefined if it is not. */
export function ownByVary(
  { own, route }: FillQuestion,
  { fields }: UpstreamAnswer,
): "vary-withheld" | "vary" | undefined {
  if (own === "vary") return "vary-withheld";
  const vary = varyOf(fields);
  return vary.kind === "fields" && variesByFacts(route, vary.names) ? "vary" : undefined;
}

/** Where a marker stands that says what a URL varies by: under no variant, since it is true of all values. */
export const PASSED = "passed";

/**
 * Which variant an answer is, and whether it is its client's own by a field that it varies by.
 * It varies by its own `Vary`, by what the origin was sent for it, and by what the tier above chose it by.
 */
export function selection(
  { name, entries }: Store,
  { route, key, request, selecting = [], own, personal }: FillQuestion,
  { fields, facts }: Pick<UpstreamAnswer, "fields" | "facts">,
): { readonly vary: readonly string[]; readonly variant: string; readonly passes: boolean } {
  const vary = varyOf(fields);
  const names = selectingNames(route, {
    known: entries.varyOf(name, key) ?? [],
    named: [...(vary.kind === "fields" ? vary.names : []), ...(facts?.selectedBy ?? [])],
    sent: selecting,
    isCoded: fields.has("content-encoding"),
  });
  const isOwn = own === "vary" || (facts?.personal === true && !personal);
  const passes = isOwn && passedFor(route, names, request.fields).length > 0;
  return { vary: names, variant: variantKey(names, request.fields), passes };
}

/**
 * The request that everybody else's answer is fetched by, after a client got one of its own that its origin means for others
 * too. Undefined where it does not, or for the tier above, which is asked by this one.
 */
export function forOthers(
  asked: ShardRequest,
  { answer, reason }: FillResult & { readonly kind: "relay" },
): ShardRequest | undefined {
  const { personal, request, policy } = asked;
  if (!personal || request.context.tier !== "shard" || request.method !== "GET") return undefined;
  if ((reason !== "cookie" && reason !== "authorization") || !invitesSharing(answer.fields, policy)) return undefined;
  return impersonal(asked);
}

/** What an answer was chosen by, which a tier that stores it must know, and what its origin was not sent. */
export function selectionFacts(
  { name, entries }: Store,
  { key, request }: ShardRequest,
  landed?: FillResult & { readonly kind: "kept" | "relay" },
): Pick<ResponseFacts, "selectedBy" | "withheld"> {
  const withheld = landed?.withheld === undefined ? {} : { withheld: landed.withheld };
  if (request.context.tier !== "shield") return withheld;
  const selectedBy = landed?.vary ?? entries.varyOf(name, key) ?? [];
  return selectedBy.length === 0 ? withheld : { ...withheld, selectedBy };
}
