import type { Area, Point } from '../../../ports/index.ts';
import { PortError } from '../../kit/index.ts';
import { SCALE, unitVectorOf, type Vector } from './sphere.ts';

/** A box or polygon as two questions: a cheap one about the bounds of many points, which may say yes too often, and the exact one. */
export interface Region {
  mayTouch(boxes: Int32Array, base: number): boolean;
  holds(latitude: number, longitude: number): boolean;
}

/** More than the rounding of a vector, in steps of the fixed point. */
const MARGIN = 4;

/**
 * South to north inclusive and east from west to east inclusive; at -180 and 180 a point counts for both. On the sphere: a slice of z, and
 * for boxes narrower than 180° the wedge between two planes through the axis.
 */
export function boxRegion({ south, west, north, east }: Extract<Area, { readonly kind: 'box' }>): Region {
  const low = unitVectorOf(south, 0)[2] * SCALE - MARGIN;
  const high = unitVectorOf(north, 0)[2] * SCALE + MARGIN;
  const width = west <= east ? east - west : east - west + 360;
  const [westX, westY] = unitVectorOf(0, west);
  const [eastX, eastY] = unitVectorOf(0, east);
  const spans = (longitude: number) => (west <= east ? longitude >= west && longitude <= east : longitude >= west || longitude <= east);
  return {
    mayTouch(boxes, base) {
      if ((boxes[base + 5] as number) < low || (boxes[base + 2] as number) > high) return false;
      if (width >= 180) return true;
      return highestOver(boxes, base, -westY, westX, 0) >= -MARGIN && highestOver(boxes, base, eastY, -eastX, 0) >= -MARGIN;
    },
    holds: (latitude, longitude) =>
      latitude >= south && latitude <= north && (spans(longitude) || (Math.abs(longitude) === 180 && spans(-longitude))),
  };
}

/**
 * Seen from the centre of the Earth onto a plane (gnomonic projection) great circles are straight lines, so the polygon is a flat one with
 * the even-odd rule. That needs a polygon within half the Earth; a larger one, whose inside would be a matter of taste, is refused.
 * Points on the very edge may fall to either side.
 */
export function polygonRegion({ ring }: Extract<Area, { readonly kind: 'polygon' }>): Region {
  const corners = ring.map(({ latitude, longitude }: Point) => unitVectorOf(latitude, longitude));
  const center = hemisphereOf(corners);
  const right = unit(Math.abs(center[2]) < 0.9 ? [-center[1], center[0], 0] : [0, -center[2], center[1]]);
  const up: Vector = [
    center[1] * right[2] - center[2] * right[1],
    center[2] * right[0] - center[0] * right[2],
    center[0] * right[1] - center[1] * right[0],
  ];
  const us = corners.map((corner) => dot(corner, right) / dot(corner, center));
  const vs = corners.map((corner) => dot(corner, up) / dot(corner, center));
  const lowest = Math.min(...corners.map((corner) => dot(corner, center))) * SCALE - MARGIN;
  return {
    // All corners, and so all edges and the inside, lie in the cap around the centre whose height is the lowest corner's.
    mayTouch: (boxes, base) => highestOver(boxes, base, center[0], center[1], center[2]) >= lowest,
    holds(latitude, longitude) {
      const at = unitVectorOf(latitude, longitude);
      const depth = dot(at, center);
      return depth > 0 && isInside(us, vs, dot(at, right) / depth, dot(at, up) / depth);
    },
  };
}

function isInside(us: readonly number[], vs: readonly number[], u: number, v: number): boolean {
  let inside = false;
  for (let i = 0, j = us.length - 1; i < us.length; j = i++) {
    const [ui, vi, uj, vj] = [us[i] as number, vs[i] as number, us[j] as number, vs[j] as number];
    if (vi > v !== vj > v && u < ((uj - ui) * (v - vi)) / (vj - vi) + ui) inside = !inside;
  }
  return inside;
}

/** A direction with all corners less than 90° away: their mean, leaned towards corners that are not yet on its side (perceptron). */
function hemisphereOf(corners: readonly Vector[]): Vector {
  let [x, y, z] = [0, 0, 0];
  for (const corner of corners) {
    x += corner[0];
    y += corner[1];
    z += corner[2];
  }
  for (let turn = 0; turn < HEMISPHERE_TURNS_MAX; turn++) {
    const length = Math.hypot(x, y, z) || 1;
    const behind = corners.find((corner) => corner[0] * x + corner[1] * y + corner[2] * z <= HEMISPHERE_EDGE * length);
    if (behind === undefined) return [x / length, y / length, z / length];
    x += behind[0];
    y += behind[1];
    z += behind[2];
  }
  throw new PortError('INVALID_ARGUMENT', 'a polygon must lie within half the Earth');
}

const HEMISPHERE_TURNS_MAX = 10_000;
const HEMISPHERE_EDGE = 1e-6;

/** The highest value of a plane's function over a box. */
function highestOver(boxes: Int32Array, base: number, nx: number, ny: number, nz: number): number {
  return (
    nx * (boxes[nx > 0 ? base + 3 : base] as number) +
    ny * (boxes[ny > 0 ? base + 4 : base + 1] as number) +
    nz * (boxes[nz > 0 ? base + 5 : base + 2] as number)
  );
}

const dot = (a: Vector, b: Vector): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];

function unit([x, y, z]: Vector): Vector {
  const length = Math.hypot(x, y, z);
  return [x / length, y / length, z / length];
}
