// What becomes of a response whose `Vary` names a request field that the origin was not sent (RFC 9111 section 4.1). Cached routes
// send little of a request, so that nothing else can be in what others get. But a response made without a field is not for a
// request that has it: a page is no answer to `RSC: 1`. So such a field selects, and the request is made again with it.
// Three kinds of fields:
//   learned    Accept, Accept-Language and Origin, and with `detectVary` all others: from then on this URL's fills send them,
//              and its variants are stored by them. Safe, because everything that a fill sends is a part of its variant.
//   passed     any other field: the request goes to the origin whole, and its answer to its client alone. `Cache-Status` says
//              `detail=vary-withheld`, and a metric counts it by route and field: the route should list the field.
//   constant   User-Agent, which differs between all clients: the origin sees ours, its answer is stored for all, and it is
//              said likewise. `key.device` or `variantHeaders` gives an origin what it varies by.
// **Decided: nothing but Accept-Encoding is sent before an answer has named it.** Some origins answer by Accept without a
// `Vary`; sent at once, one client's Accept would choose what all others get. The price is a second request for the first
// client of each URL that varies; `variantHeaders` saves it, because fields listed there are always sent and always select.

import { whyReserved } from "../../config/schema/reserved-fields.ts";
import type { Route } from "../../config/schema/schema.ts";
import { EDGE_LIMITS } from "../limits.ts";
import type { Fields } from "./fields.ts";
import { candidateNames, normaliseSelecting, ownNames } from "./vary.ts";

/** Fields that any URL may learn to vary by: the web's standards make origins vary by them. */
const STANDARD: ReadonlySet<string> = new Set(["accept", "accept-encoding", "accept-language", "origin"]);

/** What a request has that its answer varies by and that its origin was not sent. */
export interface Withheld {
  /** To be sent, and to select variants from now on. */
  readonly learned: readonly string[];
  /** To be sent with everything else of the request, for an answer that is its client's alone. */
  readonly passed: readonly string[];
  /** Not to be sent. */
  readonly constant: readonly string[];
}

/** Whether a request field of this name, in lower case, can select between a route's answers. */
function selects(route: Route, name: string): boolean {
  if (route.forward === "all" || name === "cookie" || name === "authorization") return true;
  if (candidateNames(route).includes(name)) return true;
  return whyReserved(name) === undefined && name !== "user-agent" && !isSetHere(route, name);
}

/** Whether the origin is sent the route's own value, or none that matters: the client's makes no difference. */
function isSetHere(route: Route, name: string): boolean {
  if (name === "origin" && route.actions?.cors !== undefined) return true;
  return Object.keys(route.actions?.request?.set ?? {}).some((set) => set.toLowerCase() === name);
}

/** Of the fields by which a URL's responses vary, those that a fill of it may send and be stored by; lower-case. */
export function learnable(route: Route, vary: readonly string[]): string[] {
  const candidates = new Set(candidateNames(route));
  const names = vary.filter((name) => selects(route, name) && !isCredential(name) && !candidates.has(name));
  const others = names.filter((name) => !STANDARD.has(name)).sort();
  const detected = new Set(route.detectVary ? others.slice(0, EDGE_LIMITS.detectedFields) : []);
  return names.filter((name) => STANDARD.has(name) || detected.has(name));
}

/** Of the fields by which a URL's responses vary, those that a request has and that no fill of it may send. */
export function passedFor(route: Route, vary: readonly string[], request: Fields): string[] {
  if (route.forward === "all") return [];
  const kept = new Set(keptOf(route));
  const learned = new Set(learnable(route, vary));
  const isSent = (name: string) => kept.has(name) || (learned.has(name) && !isTooLong(request, name));
  return vary.filter((name) => selects(route, name) && !isCredential(name) && !isSent(name) && has(request, name));
}

/** What of a request its origin was not sent and answers by, where the fill sent `sent` in addition to the route's own fields. */
export function withheldFrom(
  route: Route,
  vary: readonly string[],
  request: Fields,
  sent: readonly string[],
): Withheld {
  if (route.forward === "all") return { learned: [], passed: [], constant: [] };
  const passed = passedFor(route, vary, request);
  const known = new Set([...sent, ...keptOf(route)]);
  const learned = learnable(route, vary).filter((name) => !known.has(name) && has(request, name));
  const isConstant = vary.includes("user-agent") && request.has("user-agent") && !knowsAgent(route);
  return { learned, passed, constant: isConstant ? ["user-agent"] : [] };
}

/** Facts about one client or one request that an origin is sent where everything is forwarded, regardless of what the client says in them. */
const FACTS: ReadonlySet<string> = new Set(["cdn-loop", "forwarded", "traceparent", "via", "x-forwarded-for"]);

/** Whether a response varies by what Meridian says of each client: then no other client's request can be known to be alike. */
export const variesByFacts = (route: Route, vary: readonly string[]): boolean =>
  route.forward === "all" &&
  vary.some((name) => FACTS.has(name) || (name === "meridian-country" && !route.key.country));

/** Fields of the key and of the route's variants, which every fill sends. */
const keptOf = (route: Route): string[] => [
  ...candidateNames(route),
  ...route.key.headers.map((name) => name.toLowerCase()),
];

const knowsAgent = (route: Route): boolean =>
  route.key.device || isSetHere(route, "user-agent") || keptOf(route).includes("user-agent");

/** A request with credentials is its client's own, or they are in the key. */
const isCredential = (name: string): boolean => name === "cookie" || name === "authorization";

const isTooLong = (request: Fields, name: string): boolean =>
  (request.get(name)?.length ?? 0) > EDGE_LIMITS.selectingCharacters && has(request, name);

function has(request: Fields, name: string): boolean {
  const value = request.get(name);
  return value !== undefined && normaliseSelecting(name, value) !== undefined;
}

/** Which request fields select a URL's variants: those that its responses name, and all that its fills sent. */
export function selectingNames(
  route: Route,
  {
    known,
    named,
    sent,
    isCoded,
  }: {
    readonly known: readonly string[];
    readonly named: readonly string[];
    readonly sent: readonly string[];
    /** The response has a Content-Encoding. It is for those alone who accept that, whether its origin says so or not. */
    readonly isCoded: boolean;
  },
): string[] {
  const own = route.forward === "all" ? [] : ownNames(route);
  const coding = isCoded ? ["accept-encoding"] : [];
  const names = [...named, ...coding].filter((name) => selects(route, name));
  return [...new Set([...known, ...names, ...sent, ...own])].sort();
}
