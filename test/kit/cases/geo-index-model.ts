import type { Area, Hit, Point } from '../../../ports/index.ts';

/** `edge`: too close to the border to say, given how precisely the engine stores a point. */
export type Side = 'in' | 'out' | 'edge';
type Vector = readonly [number, number, number];

const RADIANS = Math.PI / 180;

/** A globe to measure on: great-circle distances by haversine (R. W. Sinnott, 1984), polygons by half-spaces. All O(points). */
export interface Globe {
  distance(a: Point, b: Point): number;
  side(area: Area, point: Point): Side;
}

export function createGlobe(radiusMeters: number, toleranceMeters: number): Globe {
  const distance = (a: Point, b: Point) => {
    const dLat = (b.latitude - a.latitude) * RADIANS;
    const dLon = (b.longitude - a.longitude) * RADIANS;
    const h = Math.sin(dLat / 2) ** 2 + Math.cos(a.latitude * RADIANS) * Math.cos(b.latitude * RADIANS) * Math.sin(dLon / 2) ** 2;
    return 2 * radiusMeters * Math.asin(Math.min(1, Math.sqrt(h)));
  };
  const meters = (degrees: number) => degrees * RADIANS * radiusMeters;
  const bySign = (insideMeters: number): Side => (Math.abs(insideMeters) <= toleranceMeters ? 'edge' : insideMeters > 0 ? 'in' : 'out');
  const all = (sides: readonly Side[]): Side => (sides.includes('out') ? 'out' : sides.includes('edge') ? 'edge' : 'in');
  return {
    distance,
    side(area, point) {
      switch (area.kind) {
        case 'circle':
          return bySign(area.radiusMeters - distance(area.center, point));
        case 'box':
          return all([
            bySign(meters(point.latitude - area.south)),
            bySign(meters(area.north - point.latitude)),
            longitudeSide(area, point, (degrees) => bySign(meters(degrees) * Math.cos(point.latitude * RADIANS))),
          ]);
        case 'polygon':
          return all(convexSides(area.ring, point).map((angle) => bySign(angle * radiusMeters)));
        default:
          return area satisfies never;
      }
    },
  };
}

/** Hits in the order the contract asks for must not descend. */
export function isOrdered(hits: readonly Hit[], byBytes: (a: string, b: string) => number): boolean {
  return hits.every((hit, index) => {
    const previous = hits[index - 1];
    if (previous === undefined) return true;
    const byDistance = (hit.distanceMeters ?? 0) - (previous.distanceMeters ?? 0);
    return byDistance > 0 || (byDistance === 0 && byBytes(previous.id, hit.id) < 0);
  });
}

/** A ring on a small circle around the point, so that it is convex on the sphere. */
export function ringAround(center: Point, angleDegrees: number, corners: number): Point[] {
  const [lat, lon, arc] = [center.latitude * RADIANS, center.longitude * RADIANS, angleDegrees * RADIANS];
  return Array.from({ length: corners }, (_, index) => {
    const bearing = (2 * Math.PI * index) / corners;
    const latitude = Math.asin(Math.sin(lat) * Math.cos(arc) + Math.cos(lat) * Math.sin(arc) * Math.cos(bearing));
    const longitude =
      lon + Math.atan2(Math.sin(bearing) * Math.sin(arc) * Math.cos(lat), Math.cos(arc) - Math.sin(lat) * Math.sin(latitude));
    return { latitude: latitude / RADIANS, longitude: ((longitude / RADIANS + 540) % 360) - 180 };
  });
}

function longitudeSide({ west, east }: { west: number; east: number }, { longitude }: Point, sideOf: (degrees: number) => Side): Side {
  const width = east - west + (west > east ? 360 : 0);
  if (width >= 360) return 'in';
  const fromWest = (((longitude - west) % 360) + 360) % 360;
  const nearestEdge = Math.min(fromWest, Math.abs(fromWest - width), 360 - fromWest);
  return sideOf(fromWest <= width ? nearestEdge : -nearestEdge);
}

/** Signed angles from each edge of a convex ring, positive inside. The ring may run either way. */
function convexSides(ring: readonly Point[], point: Point): number[] {
  const vectors = ring.map(vectorOf);
  const p = vectorOf(point);
  const middle = vectors.reduce<Vector>((sum, v) => [sum[0] + v[0], sum[1] + v[1], sum[2] + v[2]], [0, 0, 0]);
  return vectors.map((a, index) => {
    const b = vectors[(index + 1) % vectors.length] ?? a;
    const normal = cross(a, b);
    const length = Math.hypot(...normal);
    const way = Math.sign(dot(normal, middle));
    return Math.asin(Math.max(-1, Math.min(1, (way * dot(normal, p)) / length)));
  });
}

function vectorOf({ latitude, longitude }: Point): Vector {
  const [lat, lon] = [latitude * RADIANS, longitude * RADIANS];
  return [Math.cos(lat) * Math.cos(lon), Math.cos(lat) * Math.sin(lon), Math.sin(lat)];
}

const cross = (a: Vector, b: Vector): Vector => [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
const dot = (a: Vector, b: Vector): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
