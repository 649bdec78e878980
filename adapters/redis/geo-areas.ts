import { type Area, type Point, PortError } from '../../ports/index.ts';
import { checkInteger } from '../kit/index.ts';

/** The sphere of Redis' own distances (`geohash_helper.c`). */
export const EARTH_RADIUS_METERS = 6_372_797.560856;
/** What the engine's 26 bits of Web-Mercator latitude reach. */
export const LATITUDE_MAX = 85.05112878;

/** A circle that holds an area. Its centre may be a pole, its radius infinite. */
export interface Cover {
  readonly center: Point;
  readonly radiusMeters: number;
}

export interface Shape {
  readonly cover: Cover;
  /** The exact test. */
  readonly holds: (point: Point) => boolean;
}

/** Haversine, as the engine computes it. */
export function distanceMeters(a: Point, b: Point): number {
  const u = Math.sin(radians(b.latitude - a.latitude) / 2);
  const v = Math.sin(radians(b.longitude - a.longitude) / 2);
  const h = u * u + Math.cos(radians(a.latitude)) * Math.cos(radians(b.latitude)) * v * v;
  return 2 * EARTH_RADIUS_METERS * Math.asin(Math.sqrt(Math.min(1, h)));
}

export function checkPoint({ latitude, longitude }: Point): void {
  checkDegrees('latitude', latitude, 90);
  checkDegrees('longitude', longitude, 180);
}

export function shapeOf(area: Area): Shape {
  switch (area.kind) {
    case 'circle':
      checkPoint(area.center);
      return circle(area.center, area.radiusMeters);
    case 'box':
      return box(area);
    case 'polygon':
      return polygon(area.ring);
    default:
      area satisfies never;
      throw invalid('there is no such area');
  }
}

/** `radiusMeters` may be infinite: the whole sphere. */
export function circle(center: Point, radiusMeters: number): Shape {
  if (!(radiusMeters >= 0)) throw invalid('radiusMeters must not be negative');
  return {
    cover: { center, radiusMeters },
    holds: (point) => distanceMeters(center, point) <= radiusMeters,
  };
}

function box({ south, west, north, east }: Extract<Area, { kind: 'box' }>): Shape {
  for (const latitude of [south, north]) checkDegrees('latitude', latitude, 90);
  for (const longitude of [west, east]) checkDegrees('longitude', longitude, 180);
  if (south > north) throw invalid('south must not be above north');
  return {
    cover: { center: { latitude: 0, longitude: 0 }, radiusMeters: Number.POSITIVE_INFINITY },
    holds: ({ latitude, longitude }) =>
      latitude >= south &&
      latitude <= north &&
      (west <= east ? longitude >= west && longitude <= east : longitude >= west || longitude <= east),
  };
}

type Vector = readonly [number, number, number];

/**
 * Gnomonic projection around the ring's middle makes great-circle arcs straight lines, so a plane's even-odd rule is exact. The ring must
 * lie within 89 degrees of its middle; the inside is the part that holds no antipode of it.
 */
function polygon(ring: readonly Point[]): Shape {
  checkInteger('corners', ring.length, 3, 512);
  ring.forEach(checkPoint);
  const corners = ring.map(toVector);
  const sum = corners.reduce<Vector>((a, b) => [a[0] + b[0], a[1] + b[1], a[2] + b[2]], [0, 0, 0]);
  const length = Math.hypot(...sum);
  const middle: Vector = [sum[0] / length, sum[1] / length, sum[2] / length];
  if (!(length > 1e-9) || corners.some((corner) => dot(corner, middle) < Math.cos(radians(89)))) {
    throw invalid('a ring must fit on one side of the sphere, within 89 degrees of its middle');
  }
  const [right, up] = tangents(middle);
  const project = (v: Vector): readonly [number, number] => {
    const scale = 1 / dot(v, middle);
    return [dot(v, right) * scale, dot(v, up) * scale];
  };
  const flat = corners.map(project);
  const center = toPoint(middle);
  const reach = Math.max(...ring.map((corner) => distanceMeters(center, corner)));
  return {
    cover: { center, radiusMeters: reach * 1.000001 + 1 },
    holds(point) {
      const v = toVector(point);
      return dot(v, middle) > 1e-3 && isInside(flat, project(v));
    },
  };
}

function isInside(ring: readonly (readonly [number, number])[], [x, y]: readonly [number, number]): boolean {
  let inside = false;
  let [px, py] = ring.at(-1) ?? [0, 0];
  for (const [qx, qy] of ring) {
    if (qy > y !== py > y && x < ((px - qx) * (y - qy)) / (py - qy) + qx) inside = !inside;
    [px, py] = [qx, qy];
  }
  return inside;
}

function tangents(middle: Vector): readonly [Vector, Vector] {
  const axis: Vector = Math.abs(middle[2]) < 0.9 ? [0, 0, 1] : [1, 0, 0];
  const right = unit(cross(axis, middle));
  return [right, cross(middle, right)];
}

const dot = (a: Vector, b: Vector) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const cross = (a: Vector, b: Vector): Vector => [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
const radians = (degrees: number) => (degrees * Math.PI) / 180;
const degrees = (angle: number) => (angle * 180) / Math.PI;

function unit(v: Vector): Vector {
  const length = Math.hypot(...v);
  return [v[0] / length, v[1] / length, v[2] / length];
}

function toVector({ latitude, longitude }: Point): Vector {
  const [phi, lambda] = [radians(latitude), radians(longitude)];
  return [Math.cos(phi) * Math.cos(lambda), Math.cos(phi) * Math.sin(lambda), Math.sin(phi)];
}

const toPoint = ([x, y, z]: Vector): Point => ({
  latitude: degrees(Math.atan2(z, Math.hypot(x, y))),
  longitude: degrees(Math.atan2(y, x)),
});

function checkDegrees(name: string, value: number, max: number): void {
  if (!(Math.abs(value) <= max)) throw invalid(`${name} must be from -${max} to ${max} degrees`);
}

const invalid = (message: string) => new PortError('INVALID_ARGUMENT', message, { port: 'geo-index', adapter: 'redis' });
