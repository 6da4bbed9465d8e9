// A region's meter: the Durable Object around the ledger. It answers POST /add (a push from an isolate) and GET /totals.
// Counts are written a few seconds late, but never shown before they are written: a counter that was
// scraped never goes back after a crash, and a crash loses only counts that were never shown. The alarm is set only while there
// are unwritten counts, so an idle meter costs nothing.

import { DurableObject } from "cloudflare:workers";
import type { MeterAcknowledgement } from "../../config/metrics/tally.ts";
import type { Environment } from "../../config/node/environment.worker.ts";
import { epochMillis } from "../../config/units.ts";
import { MeterLedger, type StoredLedger } from "./ledger.ts";
import { METER_LIMITS } from "./limits.ts";
import { decodePush } from "./push.ts";

const KEY = "ledger";
/** A name for this isolate, which outlives the object and ends with the process or the deployment. */
let isolate: string | undefined;

/** The Durable Object class METER. */
export class Meter extends DurableObject<Environment> {
  #ledger: MeterLedger | undefined;
  #dirty = false;

  /** Answers 400 to what is no push, 404 to any other path, 413 to a push that is too large. */
  override async fetch(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    if (request.method === "POST" && pathname === "/add") return this.#add(await request.text());
    if (request.method === "GET" && pathname === "/totals") return this.#totals();
    return new Response(null, { status: 404 });
  }

  override async alarm(): Promise<void> {
    await this.#write();
  }

  async #add(text: string): Promise<Response> {
    if (text.length > METER_LIMITS.meterPushBytes) return new Response(null, { status: 413 });
    const decoded = decodePush(text);
    if (decoded.kind === "invalid") return Response.json({ detail: decoded.detail }, { status: 400 });
    const ledger = await this.#load();
    ledger.add(decoded.push, epochMillis(Date.now()));
    if (!this.#dirty) {
      this.#dirty = true;
      await this.ctx.storage.setAlarm(Date.now() + METER_LIMITS.meterWriteBehindMillis);
    }
    return Response.json({ v: 1, sequence: decoded.push.sequence } satisfies MeterAcknowledgement);
  }

  async #totals(): Promise<Response> {
    const ledger = await this.#load();
    // Written out before it waits, so that the answer holds nothing that came after what is stored.
    const answer = JSON.stringify(ledger.totals(epochMillis(Date.now())));
    await this.#write();
    return new Response(answer, { headers: { "content-type": "application/json" } });
  }

  async #load(): Promise<MeterLedger> {
    if (this.#ledger !== undefined) return this.#ledger;
    const stored = await this.ctx.storage.get<StoredLedger>(KEY);
    // Another request may have loaded it meanwhile, and counted: its ledger is the one.
    isolate ??= crypto.randomUUID();
    this.#ledger ??= new MeterLedger(stored, epochMillis(Date.now()), isolate);
    return this.#ledger;
  }

  // Counts that come while it writes set the flag, and the alarm, again.
  async #write(): Promise<void> {
    if (!this.#dirty || this.#ledger === undefined) return;
    this.#dirty = false;
    try {
      await this.ctx.storage.put(KEY, this.#ledger.stored());
    } catch (problem) {
      this.#dirty = true;
      throw problem;
    }
  }
}
