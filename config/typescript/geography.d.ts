// What Meridian uses of d3-geo and topojson-client, which come without types: drawing the land, and one projection.
// Longitudes come before latitudes here, as in GeoJSON; everywhere else in Meridian a place is `Coordinates`.

declare module "d3-geo" {
  /** The points of the great circle from `from` to `to`, each as longitude and latitude, for a share of 0 to 1. */
  export function geoInterpolate(
    from: readonly [number, number],
    to: readonly [number, number],
  ): (share: number) => [number, number];
  interface MultiPolygon {
    readonly type: "MultiPolygon";
    readonly coordinates: readonly (readonly (readonly [number, number])[])[][];
  }
  interface Projection {
    (point: readonly [number, number]): [number, number] | null;
    fitExtent(
      extent: readonly [readonly [number, number], readonly [number, number]],
      object: MultiPolygon,
    ): Projection;
    scale(): number;
    translate(): [number, number];
  }
  interface PathDrawer {
    (object: MultiPolygon): string | null;
    digits(digits: number): PathDrawer;
  }
  export function geoEqualEarth(): Projection;
  /** The projection's formula alone: radians to units of the globe's radius, y upward. */
  export function geoEqualEarthRaw(longitude: number, latitude: number): [number, number];
  export function geoPath(projection: Projection): PathDrawer;
  /** The middle of a feature, longitude first, in degrees. */
  export function geoCentroid(feature: unknown): [number, number];
  /** The area of a feature in steradians. */
  export function geoArea(feature: unknown): number;
}

declare module "topojson-client" {
  export function feature(
    topology: unknown,
    object: unknown,
  ): {
    readonly features: readonly {
      /** A country's number (ISO 3166-1), three digits. */
      readonly id?: string;
      readonly geometry: {
        readonly type: "MultiPolygon";
        readonly coordinates: readonly (readonly (readonly [number, number])[])[][];
      };
    }[];
  };
}
