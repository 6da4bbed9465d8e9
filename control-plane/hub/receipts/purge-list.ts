// Pages of the list of purges, newest first. A cursor is the position of the page's last purge in an order that every hub shares,
// so paging can continue at any hub. With a filter by state each page scans a bounded number of purges, so it may be short or
// empty and still have a cursor.

import { epochMillis } from "../../../config/units.ts";
import type { PurgeEvent } from "../../purge/event.ts";
import { formatDot, parseDot } from "../../purge/vector.ts";
import type { Receipt, ReceiptPage, ReceiptState } from "../commands.ts";
import { HUB_LIMITS } from "../limits.ts";
import type { EventLog, LogPlace } from "../log/log.ts";

/** What is asked for: at most `limit` purges after `cursor`, in this state if one is given. */
export interface PageRequest {
  readonly limit: number;
  readonly cursor?: LogPlace;
  readonly state?: ReceiptState;
}

const formatCursor = ({ at, dot }: LogPlace): string => `${at}~${formatDot(dot)}`;

/** Reads a cursor that a page gave; undefined if `text` is none. */
export function parseCursor(text: string): LogPlace | undefined {
  const [at = "", dotText = ""] = text.split("~");
  const dot = parseDot(dotText);
  return dot === undefined || !/^[0-9]{1,15}$/.test(at) ? undefined : { at: epochMillis(Number(at)), dot };
}

/** One page. `receiptsOf` finds out the present state of some purges. */
export async function readPage(
  log: EventLog,
  request: PageRequest,
  receiptsOf: (events: readonly PurgeEvent[]) => Promise<readonly Receipt[]>,
): Promise<ReceiptPage> {
  const purges: Receipt[] = [];
  let place = request.cursor;
  for (let scanned = 0; scanned < HUB_LIMITS.receiptsScanned; ) {
    const events = log.newestPurges(request.limit, place);
    const receipts = await receiptsOf(events);
    for (const [index, receipt] of receipts.entries()) {
      place = events[index];
      if (request.state === undefined || receipt.state === request.state) purges.push(receipt);
      if (purges.length === request.limit) break;
    }
    if (purges.length === request.limit) break;
    if (events.length < request.limit) return { purges };
    scanned += events.length;
  }
  const isLast = log.newestPurges(1, place).length === 0;
  return isLast || place === undefined ? { purges } : { purges, cursor: formatCursor(place) };
}
