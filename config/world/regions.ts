// The nine regions Meridian knows: the location hints of Durable Objects. Their order is fixed, because local ports and
// tables follow it. A region's place is where its shards usually run; distances and nearest-region choices start from it.

/** Region ids, in the order that ports and tables follow. */
export const REGION_IDS = ["wnam", "enam", "sam", "weur", "eeur", "apac", "oc", "afr", "me"] as const;
export type RegionId = (typeof REGION_IDS)[number];

/** A point on the earth, in degrees: latitude -90 to 90, longitude -180 to 180. */
export interface Coordinates {
  readonly latitude: number;
  readonly longitude: number;
}

/** What is known of a region before any configuration: a name for people and the place of its usual data centre. */
export interface RegionFacts {
  readonly name: string;
  readonly city: string;
  readonly country: string;
  readonly place: Coordinates;
}

export const REGIONS: Readonly<Record<RegionId, RegionFacts>> = {
  wnam: {
    name: "Western North America",
    city: "Los Angeles",
    country: "US",
    place: { latitude: 34.05, longitude: -118.24 },
  },
  enam: {
    name: "Eastern North America",
    city: "Ashburn",
    country: "US",
    place: { latitude: 39.04, longitude: -77.49 },
  },
  sam: { name: "South America", city: "São Paulo", country: "BR", place: { latitude: -23.55, longitude: -46.63 } },
  weur: { name: "Western Europe", city: "Amsterdam", country: "NL", place: { latitude: 52.37, longitude: 4.9 } },
  eeur: { name: "Eastern Europe", city: "Warsaw", country: "PL", place: { latitude: 52.23, longitude: 21.01 } },
  apac: { name: "Asia-Pacific", city: "Tokyo", country: "JP", place: { latitude: 35.68, longitude: 139.69 } },
  oc: { name: "Oceania", city: "Sydney", country: "AU", place: { latitude: -33.87, longitude: 151.21 } },
  afr: { name: "Africa", city: "Johannesburg", country: "ZA", place: { latitude: -26.2, longitude: 28.05 } },
  me: { name: "Middle East", city: "Dubai", country: "AE", place: { latitude: 25.2, longitude: 55.27 } },
};

/** Whether `text` names a region. */
export const isRegionId = (text: string): text is RegionId => (REGION_IDS as readonly string[]).includes(text);
