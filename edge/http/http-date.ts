// Instants in fields: the one form that senders use today and the two obsolete ones that recipients must still read (RFC 9110
// section 5.6.7). Anything else is no date, and the caller takes the careful way: an `Expires` that is no date has
// passed (RFC 9111 section 5.3). Case is forgiven, as the suite of public cache tests expects; nothing else is.

import { type EpochMillis, epochMillis } from "../../config/units.ts";

const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const MONTH = `(?<month>${MONTHS.join("|")})`;
const TIME = "(?<hour>\\d\\d):(?<minute>\\d\\d):(?<second>\\d\\d)";
const SHORT_DAY = "(?:mon|tue|wed|thu|fri|sat|sun)";
const LONG_DAY = "(?:mon|tues|wednes|thurs|fri|satur|sun)day";

const FORMS = [
  new RegExp(`^${SHORT_DAY}, (?<day>\\d\\d) ${MONTH} (?<year>\\d{4}) ${TIME} gmt$`, "i"),
  new RegExp(`^${LONG_DAY}, (?<day>\\d\\d)-${MONTH}-(?<year>\\d\\d) ${TIME} gmt$`, "i"),
  new RegExp(`^${SHORT_DAY} ${MONTH} (?<day>[ \\d]\\d) ${TIME} (?<year>\\d{4})$`, "i"),
];

/**
 * A two-digit year from here on is of the last century. The RFC bids to take more than 50 years ahead for the past; a fixed
 * turn does the same without a clock, for nothing on the web is older than 1970.
 */
const FIRST_YEAR_OF_1900S = 70;

/** The instant that an HTTP-date names, in whole seconds; undefined for a missing value and for everything that is no HTTP-date. */
export function parseHttpDate(value: string | undefined): EpochMillis | undefined {
  if (value === undefined) return undefined;
  for (const form of FORMS) {
    const parts = form.exec(value)?.groups;
    if (parts !== undefined) return instantOf(parts);
  }
  return undefined;
}

function instantOf(parts: Record<string, string>): EpochMillis | undefined {
  const part = (name: string): number => Number(parts[name]);
  const month = MONTHS.indexOf((parts.month ?? "").toLowerCase());
  const written = part("year");
  const year = (parts.year ?? "").length === 4 ? written : written + (written >= FIRST_YEAR_OF_1900S ? 1900 : 2000);
  if (part("hour") > 23 || part("minute") > 59 || part("second") > 60) return undefined;
  // A leap second counts as the one before it: this clock has none.
  const second = Math.min(part("second"), 59);
  const date = new Date(Date.UTC(2000, month, part("day"), part("hour"), part("minute"), second));
  // The year is set apart: `Date.UTC` takes years below 100 for the last century's.
  date.setUTCFullYear(year, month, part("day"));
  // A 31 November has become 1 December; it was no date.
  if (date.getUTCDate() !== part("day") || date.getUTCMonth() !== month) return undefined;
  return epochMillis(date.getTime());
}
