// Records of every known shape give their country and point; anything else gives nothing, and nothing throws.

import { expect, test } from "vitest";
import { readAddressRecord } from "../../../edge/geo/address-record.ts";

test.each([
  ["a flat list of countries", { country_code: "JP" }, { country: "JP" }],
  [
    "GeoLite2 and GeoIP2 City",
    {
      country: { iso_code: "DE" },
      registered_country: { iso_code: "US" },
      location: { latitude: 52.5, longitude: 13.4 },
    },
    { country: "DE", point: { latitude: 52.5, longitude: 13.4 } },
  ],
  ["an address that is only registered somewhere", { registered_country: { iso_code: "US" } }, { country: "US" }],
  [
    "a flat list of cities with numbers as text",
    { country_code: "BR", latitude: "-23.55", longitude: "-46.63" },
    { country: "BR", point: { latitude: -23.55, longitude: -46.63 } },
  ],
  ["a flat record that knows no point", { country_code: "BR", latitude: 0, longitude: 0 }, { country: "BR" }],
  ["half a point", { location: { latitude: 1 } }, {}],
  ["a point off the earth", { location: { latitude: 91, longitude: 0 } }, {}],
  ["an empty text for a number", { latitude: "", longitude: "5" }, {}],
  ["an unknown country", { country_code: "ZZ", country: { iso_code: "FR" } }, { country: "FR" }],
  ["something else under the name", { country_code: 5, country: "DE", location: null }, {}],
  ["no record", null, {}],
  ["a record that is no object", "JP", {}],
])("%s", (_, record, expected) => {
  expect(readAddressRecord(record)).toEqual(expected);
});
