import type { Point } from '../../ports/index.ts';
import { distanceMeters, LATITUDE_MAX } from './geo-areas.ts';

/**
 * The engine's cells. A score is 52 bits, longitude and latitude in turn, longitude first; the latitude axis ends at ±85.05112878:
 *
 *   score   lng25 lat25 lng24 lat24 … lng0 lat0        a prefix of the bits is a cell, and a cell is a range of scores
 *
 * GEOSEARCH misses points where a circle holds a pole or more than half the sphere. There, and for boxes, the cells that touch the area
 * are asked for as ranges of scores instead.
 */
export interface ScoreRange {
  readonly from: number;
  /** Inclusive. */
  readonly to: number;
}

export interface Cell {
  readonly south: number;
  readonly west: number;
  readonly north: number;
  readonly east: number;
}

const BITS = 52;
const AXIS = 2 ** 26;
const RANGES_MAX = 32;

/** Up to 32 ranges of scores that hold every point of the cells that `touches` says yes to; halves cells breadth first. */
export function rangesOver(touches: (cell: Cell) => boolean): ScoreRange[] {
  let cells = [{ from: 0, bits: 0, south: -LATITUDE_MAX, west: -180, north: LATITUDE_MAX, east: 180 }].filter(touches);
  for (let bits = 0; bits < BITS; bits++) {
    const halves = cells.flatMap((cell) => halve(cell, bits)).filter(touches);
    if (halves.length > RANGES_MAX) break;
    cells = halves;
  }
  const ranges: { from: number; to: number }[] = [];
  for (const { from, bits } of cells) {
    const to = from + 2 ** (BITS - bits) - 1;
    const last = ranges.at(-1);
    if (last !== undefined && last.to + 1 === from) last.to = to;
    else ranges.push({ from, to });
  }
  return ranges;
}

/** The middle of a score's cell, by the engine's own steps, so that it is the very point GEOPOS answers. */
export function pointOf(score: number): Point {
  let [column, row] = [0, 0];
  let rest = score;
  for (let bit = 1; rest > 0; bit *= 2) {
    const pair = rest % 4;
    row += (pair % 2) * bit;
    column += Math.floor(pair / 2) * bit;
    rest = Math.floor(rest / 4);
  }
  const middle = (offset: number, min: number, scale: number) =>
    (min + (offset / AXIS) * scale + (min + ((offset + 1) / AXIS) * scale)) / 2;
  return { latitude: middle(row, -LATITUDE_MAX, LATITUDE_MAX * 2), longitude: middle(column, -180, 360) };
}

/** Whether a cell may hold a point within the radius; says yes to one a metre too far. */
export function touchesCircle(center: Point, radiusMeters: number): (cell: Cell) => boolean {
  return ({ south, west, north, east }) => {
    const clamp = (latitude: number) => Math.max(south, Math.min(north, latitude));
    if (center.longitude >= west && center.longitude <= east) {
      if (distanceMeters(center, { latitude: clamp(center.latitude), longitude: center.longitude }) <= radiusMeters + 1) return true;
    }
    // Else the nearest point of the cell is on one of its meridians: at an end, or where the meridian comes nearest to the center.
    return [west, east].some((longitude) => {
      const turn = ((longitude - center.longitude) * Math.PI) / 180;
      const phi = (center.latitude * Math.PI) / 180;
      const nearest = (Math.atan2(Math.sin(phi), Math.cos(phi) * Math.cos(turn)) * 180) / Math.PI;
      return [south, north, clamp(nearest)].some((latitude) => distanceMeters(center, { latitude, longitude }) <= radiusMeters + 1);
    });
  };
}

/** Whether a cell overlaps the box; a hair wider, since cells and boxes are compared as doubles. */
export function touchesBox(box: Cell): (cell: Cell) => boolean {
  const hair = 1e-9;
  const parts =
    box.west <= box.east
      ? [box]
      : [
          { ...box, east: 180 },
          { ...box, west: -180 },
        ];
  return (cell) =>
    parts.some(
      (part) =>
        cell.south <= part.north + hair &&
        cell.north >= part.south - hair &&
        cell.west <= part.east + hair &&
        cell.east >= part.west - hair,
    );
}

function halve<C extends Cell & { readonly from: number }>(cell: C, bits: number) {
  const upper = cell.from + 2 ** (BITS - bits - 1);
  if (bits % 2 === 0) {
    const middle = (cell.west + cell.east) / 2;
    return [
      { ...cell, bits: bits + 1, east: middle },
      { ...cell, bits: bits + 1, from: upper, west: middle },
    ];
  }
  const middle = (cell.south + cell.north) / 2;
  return [
    { ...cell, bits: bits + 1, north: middle },
    { ...cell, bits: bits + 1, from: upper, south: middle },
  ];
}
