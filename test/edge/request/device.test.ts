// The four classes, by what real browsers and crawlers say of themselves.

import { expect, test } from "vitest";
import { Fields } from "../../../edge/http/fields.ts";
import { deviceOf } from "../../../edge/request/device.ts";

const WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)";
test.each([
  [
    "Chrome on Windows",
    `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${WEBKIT} Chrome/140.0.0.0 Safari/537.36`,
    "?0",
    "desktop",
  ],
  ["Firefox on Linux", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", undefined, "desktop"],
  [
    "Safari on a Mac, or an iPad that asks for desktop pages",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15",
    undefined,
    "desktop",
  ],
  [
    "Chrome on a telephone",
    `Mozilla/5.0 (Linux; Android 10; K) ${WEBKIT} Chrome/140.0.0.0 Mobile Safari/537.36`,
    "?1",
    "mobile",
  ],
  [
    "the same without the hint",
    `Mozilla/5.0 (Linux; Android 10; K) ${WEBKIT} Chrome/140.0.0.0 Mobile Safari/537.36`,
    undefined,
    "mobile",
  ],
  [
    "Firefox on a telephone",
    "Mozilla/5.0 (Android 15; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0",
    undefined,
    "mobile",
  ],
  ["a browser that names Android last", "Opera/9.80 (J2ME/MIDP; Opera Mini/9; Mobile; Android)", undefined, "mobile"],
  [
    "an iPhone",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Mobile/15E148 Safari/604.1",
    undefined,
    "mobile",
  ],
  [
    "a telephone by Cubot",
    `Mozilla/5.0 (Linux; Android 10; CUBOT NOTE) ${WEBKIT} Chrome/120 Mobile Safari/537.36`,
    undefined,
    "mobile",
  ],
  [
    "an Android tablet",
    `Mozilla/5.0 (Linux; Android 13; SM-X200) ${WEBKIT} Chrome/140.0.0.0 Safari/537.36`,
    "?0",
    "tablet",
  ],
  [
    "an iPad",
    "Mozilla/5.0 (iPad; CPU OS 16_0 like Mac OS X) AppleWebKit/605.1.15 Version/16.0 Mobile/15E148 Safari/604.1",
    undefined,
    "tablet",
  ],
  [
    "a Kindle",
    "Mozilla/5.0 (Linux; Android 9; KFMAWI) AppleWebKit/537.36 Silk/120.0 like Chrome/120.0 Safari/537.36",
    undefined,
    "tablet",
  ],
  [
    "Googlebot for telephones",
    `Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X) ${WEBKIT} Chrome/140 Mobile Safari/537.36 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)`,
    undefined,
    "bot",
  ],
  ["Bingbot", "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)", undefined, "bot"],
  ["a preview for a message", "facebookexternalhit/1.1", undefined, "bot"],
  ["something that says nothing", undefined, undefined, "desktop"],
  ["only a hint", undefined, "?1", "mobile"],
  ["a hint that is none", undefined, "yes", "desktop"],
])("%s", (_, agent, hint, expected) => {
  const fields = new Fields();
  if (agent !== undefined) fields.append("user-agent", agent);
  if (hint !== undefined) fields.append("sec-ch-ua-mobile", hint);
  expect(deviceOf(fields)).toBe(expected);
});
