/// <reference path="../typescript/geography.d.ts" />
// Makes country-places.ts: for each country one point that stands for its people, and its continent.
//   node config/world/make-country-places.node.ts
// The point is the middle of the country's area (Natural Earth, through world-atlas) unless CENTRES says otherwise, which it
// does where most people live far from that middle, where the area lies on several continents, and where the map has no
// such country. Points are good to some 100 km for small countries and are for choosing regions, nothing else.

import { readFileSync, writeFileSync } from "node:fs";
import { geoArea, geoCentroid } from "d3-geo";
import countries from "i18n-iso-countries";
import { feature } from "topojson-client";

/** Countries by continent, as GeoNames and so Cloudflare and MaxMind have them; XK (Kosovo) is in common use beside ISO 3166. */
const COUNTRIES_OF: Readonly<Record<string, string>> = {
  AF: `AO BF BI BJ BW CD CF CG CI CM CV DJ DZ EG EH ER ET GA GH GM GN GQ GW KE KM LR LS LY MA MG ML MR MU MW MZ NA NE NG
    RE RW SC SD SH SL SN SO SS ST SZ TD TG TN TZ UG YT ZA ZM ZW`,
  AN: "AQ BV GS HM TF",
  AS: `AE AF AM AZ BD BH BN BT CC CN GE HK ID IL IN IO IQ IR JO JP KG KH KP KR KW KZ LA LB LK MM MN MO MV MY NP OM PH PK
    PS QA SA SG SY TH TJ TM TR TW UZ VN YE`,
  EU: `AD AL AT AX BA BE BG BY CH CY CZ DE DK EE ES FI FO FR GB GG GI GR HR HU IE IM IS IT JE LI LT LU LV MC MD ME MK MT NL
    NO PL PT RO RS RU SE SI SJ SK SM UA VA XK`,
  NA: `AG AI AW BB BL BM BQ BS BZ CA CR CU CW DM DO GD GL GP GT HN HT JM KN KY LC MF MQ MS MX NI PA PM PR SV SX TC TT US VC
    VG VI`,
  OC: "AS AU CK CX FJ FM GU KI MH MP NC NF NR NU NZ PF PG PN PW SB TK TL TO TV UM VU WF WS",
  SA: "AR BO BR CL CO EC FK GF GY PE PY SR UY VE",
};

/** Latitude and longitude that stand for a country in place of the middle of its area, by the reason why. */
const CENTRES: Readonly<Record<string, Readonly<Record<string, readonly [number, number]>>>> = {
  "most people live in one part of a large country: about the centre of its population": {
    AR: [-34, -60.5],
    AU: [-33.5, 148.5],
    BR: [-19, -45.5],
    CA: [44.5, -79],
    CL: [-33.9, -71],
    CN: [32.8, 113.5],
    DZ: [36, 3.2],
    EG: [30.3, 31.2],
    EH: [27.1, -13.2],
    FI: [61.2, 24.6],
    GL: [64.2, -51.7],
    ID: [-6.8, 109],
    IS: [64.1, -21.7],
    LY: [32.3, 15.2],
    MA: [33, -6.5],
    ML: [13.2, -6.5],
    MN: [47.9, 106.9],
    MR: [17.5, -14],
    MY: [3.5, 102],
    NE: [13.6, 6],
    NO: [60.5, 9],
    PE: [-11, -76],
    RU: [55.8, 49.1],
    SD: [14.8, 32.5],
    SE: [58.8, 15.4],
    TD: [11.5, 16.5],
    US: [38, -90],
  },
  "the area lies on several continents or is spread over an ocean: its mainland, or the island where most people live":
    {
      AQ: [-77.8, 166.7],
      FM: [6.9, 158.2],
      FR: [47, 2.5],
      KI: [1.4, 173],
      MH: [7.1, 171.2],
      MP: [15.2, 145.7],
      NL: [52.2, 5],
      PF: [-17.5, -149.6],
      SC: [-4.6, 55.5],
      SH: [-15.9, -5.7],
    },
  "the map has no such country, or has it within another": {
    BQ: [12.2, -68.3],
    BV: [-54.4, 3.4],
    CC: [-12.2, 96.8],
    CX: [-10.5, 105.7],
    GF: [4.9, -52.3],
    GI: [36.1, -5.4],
    GP: [16.2, -61.5],
    MQ: [14.6, -61],
    RE: [-21.1, 55.5],
    SJ: [78.2, 15.6],
    TK: [-9.2, -171.8],
    TV: [-8.5, 179.2],
    UM: [19.3, 166.6],
    XK: [42.6, 20.9],
    YT: [-12.8, 45.2],
  },
};

/** The text of country-places.ts. Throws if a country has no continent or no point, or has two. */
export function countryPlacesSource(): string {
  const continents = new Map<string, string>();
  for (const [continent, codes] of Object.entries(COUNTRIES_OF)) {
    for (const code of codes.split(/\s+/)) addOnce(continents, code, continent);
  }
  const centres = new Map<string, readonly [number, number]>();
  for (const group of Object.values(CENTRES)) {
    for (const [code, centre] of Object.entries(group)) addOnce(centres, code, centre);
  }
  const middles = middlesOfAreas();
  const lines = Object.keys(countries.getAlpha2Codes())
    .sort()
    .map((code) => {
      const point = centres.get(code) ?? middles.get(code);
      const continent = continents.get(code);
      if (point === undefined || continent === undefined) throw new Error(`${code} has no point or no continent`);
      const [latitude, longitude] = point.map((degrees) => Number(degrees.toFixed(1)));
      return `  ${code}: [${latitude}, ${longitude}, "${continent}"],\n`;
    });
  if (lines.length !== continents.size) throw new Error("a continent lists a country that ISO 3166 does not");
  return `${HEADER}${lines.join("")}${FOOTER}`;
}

/** The middle of each country's largest feature (Australia has a second one for some reefs), latitude first. */
function middlesOfAreas(): ReadonlyMap<string, readonly [number, number]> {
  const file = new URL(import.meta.resolve("world-atlas/countries-50m.json"));
  const topology = JSON.parse(readFileSync(file, "utf8"));
  const middles = new Map<string, readonly [number, number]>();
  const smallestFirst = feature(topology, topology.objects.countries)
    .features.map((country) => ({ country, area: geoArea(country) }))
    .sort((a, b) => a.area - b.area);
  for (const { country } of smallestFirst) {
    const code = country.id === undefined ? undefined : countries.numericToAlpha2(country.id);
    const [longitude, latitude] = geoCentroid(country);
    if (code !== undefined) middles.set(code, [latitude, longitude]);
  }
  return middles;
}

function addOnce<Value>(map: Map<string, Value>, code: string, value: Value): void {
  if (map.has(code)) throw new Error(`${code} is listed twice`);
  map.set(code, value);
}

const HEADER = `// Where the people of each country are, roughly, and on which continent: one point per country, latitude first, in degrees.
// Made by make-country-places.node.ts from Natural Earth's borders (public domain); change it there, not here.

import type { Continent } from "./continents.ts";
import type { Coordinates } from "./regions.ts";

/** What is known of a country. */
export interface CountryPlace {
  readonly coordinates: Coordinates;
  readonly continent: Continent;
}

/** The point and continent of a country by its ISO 3166 code in capitals (XK for Kosovo); undefined if there is no such country. */
export function countryPlace(code: string): CountryPlace | undefined {
  const entry = Object.hasOwn(PLACES, code) ? PLACES[code] : undefined;
  return entry && { coordinates: { latitude: entry[0], longitude: entry[1] }, continent: entry[2] };
}

/** Every code that \`countryPlace\` knows. */
export const countryCodes = (): string[] => Object.keys(PLACES);

const PLACES: Readonly<Record<string, readonly [latitude: number, longitude: number, continent: Continent]>> = {
`;
const FOOTER = "};\n";

if (import.meta.main) {
  writeFileSync(new URL("./country-places.ts", import.meta.url), countryPlacesSource());
}
