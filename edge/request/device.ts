// The class of a client's device, as coarse as a page's layout needs it: four keys for each URL instead of one for each browser.
// `Sec-CH-UA-Mobile` is believed first, because it is made for this question; then the words in `User-Agent` that browsers
// and crawlers are known to use. It is a guess from what the client says, so it must never decide who may see something.

import type { Fields } from "../http/fields.ts";

export type Device = "mobile" | "tablet" | "desktop" | "bot";

/** Crawlers, which say so or name a page about themselves. Cubot makes telephones. */
const BOT =
  /(?<!cu)bot\b|crawl|spider|slurp|facebookexternalhit|bingpreview|mediapartners|lighthouse|headless|\+https?:/i;
/** Android without "Mobile" is how browsers there say that a screen is large. */
const TABLET = /ipad|tablet|kindle|silk\/|playbook|^(?=.*android)(?!.*mobile)/i;
const MOBILE = /mobi|iphone|ipod|windows phone|opera mini/i;

/** The class; what says nothing of itself is a desktop, whose page works everywhere. */
export function deviceOf(fields: Fields): Device {
  const agent = fields.get("user-agent") ?? "";
  if (BOT.test(agent)) return "bot";
  if (TABLET.test(agent)) return "tablet";
  // A structured boolean (RFC 9651 section 3.3.6); a Chromium tablet says "?0" and no "Mobile" in its User-Agent.
  const hint = fields.get("sec-ch-ua-mobile")?.trim();
  if (hint === "?1") return "mobile";
  if (hint === "?0") return "desktop";
  return MOBILE.test(agent) ? "mobile" : "desktop";
}
