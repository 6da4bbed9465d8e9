// Stands before an origin and makes it look like one that negotiates codings: text that it sends plain is encoded here, once
// for each coding, in the tier that asks the origin; every tier below stores what comes and encodes nothing. Where the
// origin's answer does not depend on Accept-Encoding, requests in several codings cost it one request: they join the plain
// body under way, or are answered from a stored sibling in another coding (siblings.ts).
// Invariants: what is made from a body under way carries that fetch's stamp; a purge or an unsafe method that came since keeps
// others away from it; a body that breaks off breaks off in every coding. RFC 9110 sections 8.4 and 12.5.3.

import { LIMITS } from "../../../config/limits.ts";
import type { Config, Route } from "../../../config/schema/schema.ts";
import { type EpochMillis, millis } from "../../../config/units.ts";
import { purgeTarget } from "../../../control-plane/purge/purge-set.ts";
import type { Vector } from "../../../control-plane/purge/vector.ts";
import { once } from "../../body/body-parts.ts";
import { pump } from "../../body/pump.ts";
import type { After, ByteSource } from "../../body/source.ts";
import { Spool } from "../../body/spool.ts";
import { acceptedForm, chosenCoding } from "../../http/accept-encoding.ts";
import {
  confirmedFields,
  fieldsInCoding,
  identityFields,
  mayEncode,
  originIfMatch,
  originTag,
  plainFacts,
} from "../../http/compression.ts";
import { Fields } from "../../http/fields.ts";
import { loopOf } from "../../http/forwardable.ts";
import { decideStore } from "../../http/store.ts";
import { tagsOf } from "../../http/tags.ts";
import { bornAt, policyOf } from "../../http/terms.ts";
import { variantKey, varyOf } from "../../http/vary.ts";
import { EDGE_LIMITS } from "../../limits.ts";
import { isPersonal } from "../../request/forwarded.ts";
import type { UpstreamAnswer, UpstreamRequest, UpstreamResult } from "../../tier/tier.ts";
import { withheldOf } from "../fill/selection.ts";
import { SHARD_LIMITS } from "../limits.ts";
import { InFlight } from "../request/in-flight.ts";
import { flightKeyOf } from "../request/shard-request.ts";
import { peek, watched } from "./plain-body.ts";
import { answerFromSibling, type CodingRequest, inCoding, inForm, type SiblingPorts } from "./siblings.ts";

export interface NegotiationPorts extends SiblingPorts {
  readonly config: Pick<Config, "maxRetentionSeconds">;
  /** Asks the origin itself. Never rejects. */
  readonly origin: (request: UpstreamRequest, route: Route) => Promise<UpstreamResult>;
  readonly after: After;
}

/** An answer of the origin that is going to be kept, its body not yet in any coding. */
interface Plain {
  readonly kind: "plain";
  readonly answer: UpstreamAnswer;
  readonly source: ByteSource;
  readonly length: number | undefined;
  /** Whether clients get it encoded; else it goes to all as it is. */
  readonly encodable: boolean;
}

/** A plain answer whose body several requests read. */
interface Shared extends Plain {
  readonly spool: Spool;
}

/** A question to the origin that requests in other codings wait for. */
interface CodingInFlight {
  readonly url: string;
  /** What was known of purges when it was asked. */
  readonly vector: Vector;
  readonly askedAt: EpochMillis;
  readonly head: Promise<Shared | undefined>;
  readonly land: (shared: Shared | undefined) => void;
  tags: readonly string[];
  followers: number;
}

export class Negotiation {
  readonly #ports: NegotiationPorts;
  readonly #underWay: InFlight<string, CodingInFlight>;

  constructor(ports: NegotiationPorts) {
    this.#ports = ports;
    this.#underWay = new InFlight(SHARD_LIMITS.plainBodies, (underWay) => this.#mayJoin(underWay));
  }

  /** The origin's answer in the coding that the request prefers. */
  async ask(request: UpstreamRequest, route: Route): Promise<UpstreamResult> {
    const { origin } = this.#ports;
    if (route.compress === "off" || route.mode !== "cache") return origin(request, route);
    if (request.context.passes) return origin(withOriginIfMatch(request), route);
    // A part cannot be encoded, and what it is a part of is for the origin to say.
    if (request.fields.has("range")) return origin(request, route);
    const wanted = this.#wanted(request, route);
    const hasPassed = loopOf(request.fields.get("cdn-loop")) > 0;
    if (request.method !== "GET" || wanted.personal || hasPassed) return this.#alone(wanted);
    // To an origin a field that the request has not is the same as one that it is not sent.
    const selecting = (request.selecting ?? []).filter((name) => request.fields.has(name));
    const id = flightKeyOf({ ...wanted, request: inForm(request, "") }, selecting);
    return answerFromSibling(this.#ports, wanted) ?? this.#share(wanted, id);
  }

  /** An unsafe method changed something: no request joins one from before it. An unaffected object costs one more request. */
  closeAll(): void {
    this.#underWay.hideAll();
  }

  #wanted(request: UpstreamRequest, route: Route): CodingRequest {
    const { fields, keyed } = request;
    const policy = policyOf(route, this.#ports.config.maxRetentionSeconds);
    const coding = chosenCoding(acceptedForm(fields.get("accept-encoding") ?? ""));
    const personal = isPersonal(fields, route) || request.isOwn === true;
    return { ...keyed, request, route, policy, coding, personal };
  }

  /** Asks for itself alone. */
  async #alone(wanted: CodingRequest): Promise<UpstreamResult> {
    const answer = await this.#ask(wanted);
    return answer.kind === "plain" ? this.#inCoding(wanted, answer, answer.source) : answer;
  }

  /** Asks for itself and for all who come until the body has ended. */
  async #lead(wanted: CodingRequest, id: string): Promise<UpstreamResult> {
    if (this.#underWay.isFull) return this.#alone(wanted);
    const { promise: head, resolve: land } = Promise.withResolvers<Shared | undefined>();
    const { url, request } = wanted;
    const askedAt = this.#ports.now();
    const underWay: CodingInFlight = { url, vector: request.vector, askedAt, head, land, tags: [], followers: 0 };
    this.#underWay.list(underWay, id);
    const end = () => {
      land(undefined);
      this.#underWay.end(underWay);
    };
    const answer = await this.#ask(wanted).catch((cause: unknown) => {
      end();
      throw cause;
    });
    if (answer.kind !== "plain" || !isForAll(answer) || !(answer.encodable || underWay.followers > 0)) {
      end();
      return answer.kind === "plain" ? this.#inCoding(wanted, answer, answer.source) : answer;
    }
    const spool = new Spool("whole");
    const reader = watched(spool.read(), () =>
      // By the next turn what was made of it is stored, and those who come then find it there.
      this.#ports.after(millis(0), () => {
        end();
        spool.release();
      }),
    );
    underWay.tags = tagsOf(answer.answer.fields);
    land({ ...answer, spool });
    void pump(this.#ports.after, answer.source, spool, answer.length);
    return this.#inCoding(wanted, answer, reader);
  }

  /** Waits for what another request asks, and takes it in its own coding if it is the same for all codings; or asks. */
  async #share(wanted: CodingRequest, id: string): Promise<UpstreamResult> {
    const known = this.#underWay.find(id);
    if (known === undefined) return this.#lead(wanted, id);
    known.followers += 1;
    const shared = await known.head;
    if (shared === undefined || !shared.spool.joinable) {
      // What it brought may be stored by the next turn: a response that it confirmed, or that has come whole.
      await new Promise<void>((resolve) => this.#ports.after(millis(0), resolve));
      return answerFromSibling(this.#ports, wanted) ?? this.#alone(wanted);
    }
    if (this.#underWay.find(id) !== known) {
      // It has ended, or something was purged or changed meanwhile: what is made of it would not be released.
      return answerFromSibling(this.#ports, wanted) ?? this.#share(wanted, id);
    }
    const { timings } = shared.answer;
    const answered = { outcome: "collapsed", by: "origin" } as const;
    // Its stamp is that of the fetch it came with, not of the moment when it was joined.
    const facts = { v: 1, answered, cacheStatus: [], seen: known.vector, timings } as const;
    return { ...this.#inCoding(wanted, shared, shared.spool.read()), facts, madeOf: "under-way" };
  }

  /**
   * By all that is known of purges now; its tags are known with its answer. Without a lease nothing may be released that was
   * asked for longer ago than one lasts.
   */
  #mayJoin({ url, tags, vector, askedAt }: CodingInFlight): boolean {
    const { knowledge, now } = this.#ports;
    if (knowledge.leaseLeft === 0 && now() - askedAt > LIMITS.leaseMillis) return false;
    return knowledge.purges.verdict(purgeTarget(url, tags), vector) === "alive";
  }

  /** Asks the origin: its answer as it is to go on, or what is to be kept and may be read in several codings. */
  async #ask(wanted: CodingRequest): Promise<UpstreamResult | Plain> {
    const { request, route, coding } = wanted;
    const confirm = this.#confirmedBy(wanted);
    const answer = await this.#ports.origin(confirm === undefined ? request : withOriginTag(request, confirm), route);
    if (answer.kind === "failure") return answer;
    if (answer.status === 304) {
      return confirm === undefined ? answer : { ...answer, fields: confirmedFields(answer.fields, confirm) };
    }
    // It is asked again, with what it varies by.
    if (isWithheld(wanted, answer)) return answer;
    // What is not kept would be encoded again for each client, and may hold secrets together with text that an attacker chose.
    if (!isKept(wanted, answer)) return answer;
    const { body } = answer;
    const encodable = mayEncode(answer);
    if (request.method === "HEAD") {
      return encodable ? { ...answer, fields: fieldsInCoding(identityFields(answer.fields), coding) } : answer;
    }
    if (body.kind !== "stream" || (body.length ?? 0) > EDGE_LIMITS.entryBytes) return answer;
    const { length } = body;
    const source = body.open();
    if (!encodable || coding === undefined || length !== undefined)
      return { kind: "plain", answer, source, length, encodable };
    const peeked = await peek(source, this.#ports.after);
    return peeked.kind === "long"
      ? { kind: "plain", answer, source: peeked.source, length, encodable }
      : { kind: "plain", answer, source: once(peeked.bytes), length: peeked.bytes.byteLength, encodable: false };
  }

  #inCoding({ coding }: CodingRequest, { answer, encodable, length }: Plain, source: ByteSource): UpstreamAnswer {
    if (!encodable) return { ...answer, body: { kind: "stream", length, open: () => source } };
    return { ...answer, ...inCoding(this.#ports, { fields: identityFields(answer.fields), source, length }, coding) };
  }

  /** The fields of the stored response that the request asks to confirm, if the origin sent that plain. */
  #confirmedBy({ request, key }: CodingRequest): Fields | undefined {
    const { entries, name } = this.#ports;
    const tag = request.fields.get("if-none-match");
    const item = entries.get(name, key, variantKey(entries.varyOf(name, key) ?? [], request.fields));
    if (item?.kind !== "entry" || plainFacts(item.response.fields) === undefined) return undefined;
    return tag === item.response.fields.get("etag") ? item.response.fields : undefined;
  }
}

function isWithheld({ request, route, key, personal }: CodingRequest, answer: UpstreamAnswer): boolean {
  const own = request.isOwn ? { own: "personal" as const } : {};
  const { learned, passed } = withheldOf({ ...request, ...own, request, route, key, personal }, answer);
  return learned.length > 0 || passed.length > 0;
}

/** Whether the cache will keep the answer, so that what is done to it is done once. */
function isKept({ request, policy, personal }: CodingRequest, answer: UpstreamAnswer): boolean {
  const { status, fields, responseAt } = answer;
  const response = { status, fields, bornAt: bornAt(answer), receivedAt: responseAt };
  return decideStore({ method: "GET", fields: request.fields, personal }, response, policy).kind === "store";
}

/** Whether the origin gives every Accept-Encoding the same. */
function isForAll({ answer }: Plain): boolean {
  const vary = varyOf(answer.fields);
  // What is encoded is for those who accept that, even if its origin does not say so.
  if (answer.fields.has("content-encoding")) return false;
  return vary.kind === "fields" && !vary.names.includes("accept-encoding");
}

function withOriginTag(request: UpstreamRequest, confirm: Fields): UpstreamRequest {
  const tag = originTag(confirm);
  return tag === undefined ? request : withField(request, "if-none-match", tag);
}

/** A client that changes something only if it is still what it got names our tag for it, which the origin does not know. */
function withOriginIfMatch(request: UpstreamRequest): UpstreamRequest {
  const value = request.fields.get("if-match");
  return value === undefined ? request : withField(request, "if-match", originIfMatch(value));
}

function withField(request: UpstreamRequest, name: string, value: string): UpstreamRequest {
  const fields = Fields.from(request.fields);
  fields.set(name, value);
  return { ...request, fields };
}
