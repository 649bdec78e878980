import { definePort, type Scope, type Waiting } from './port.ts';

/** Degrees, WGS 84: latitude -90..90, longitude -180..180 (both ends are the same meridian). */
export interface Point {
  readonly latitude: number;
  readonly longitude: number;
}

export interface Placement {
  readonly id: string;
  readonly point: Point;
  /** UNSUPPORTED unless the capability names per-item expiry. */
  readonly expiresAtMs?: number;
}

/** `box` runs east from west to east, so a box over the antimeridian has `west > east`. A polygon's ring is open, 3–512 corners, edges are great-circle arcs. */
export type Area =
  | { readonly kind: 'circle'; readonly center: Point; readonly radiusMeters: number }
  | { readonly kind: 'box'; readonly south: number; readonly west: number; readonly north: number; readonly east: number }
  | { readonly kind: 'polygon'; readonly ring: readonly Point[] };

export interface Hit {
  readonly id: string;
  readonly point: Point;
  /** Great-circle distance from the circle's centre or the asked point; null for boxes and polygons. */
  readonly distanceMeters: number | null;
}

export interface HitPage {
  /** Circles: by (distance, id). Boxes and polygons: by id, bytes ascending. */
  readonly hits: readonly Hit[];
  /** Null when there are no more. */
  readonly next: string | null;
}

/** Points by id, found by place. A layer exists from its first point and is empty before. Distances are on a sphere of the capability's radius. */
export interface GeoIndex {
  /** Adds or moves. A point outside the bounds: INVALID_ARGUMENT; one the engine cannot hold: UNSUPPORTED. Nothing of the call is applied then. */
  put(layer: string, placements: readonly Placement[], options?: Waiting): Promise<void>;
  remove(layer: string, ids: readonly string[], options?: Waiting): Promise<boolean[]>;
  locate(layer: string, ids: readonly string[], options?: Waiting): Promise<(Point | null)[]>;
  /** Up to `limit` (1–1000) hits after the cursor. A cursor of another area or layer, or a malformed one: INVALID_ARGUMENT. */
  within(layer: string, area: Area, page: { readonly limit: number; readonly after?: string } & Waiting): Promise<HitPage>;
  /** The k (1–1000) nearest within `radiusMeters`, by (distance, id). */
  nearest(layer: string, center: Point, options: { readonly k: number; readonly radiusMeters?: number } & Waiting): Promise<readonly Hit[]>;
  size(layers: readonly string[], options?: Waiting): Promise<number[]>;
  drop(layers: readonly string[]): Promise<boolean[]>;
}

export interface GeoIndexCaps {
  readonly scope: Scope;
  readonly durable: 'disk' | 'none';
  readonly shapes: readonly Area['kind'][];
  readonly earthRadiusMeters: number;
  /** Stored coordinates differ from the given ones by no more than this. */
  readonly precisionMeters: number;
  /** Largest absolute latitude held. */
  readonly latitudeMax: number;
  readonly expiry?: { readonly granularityMs: number };
}

export const GeoIndex = definePort<GeoIndex, GeoIndexCaps>()('geo-index', 1);
