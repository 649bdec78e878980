import { describe, expect, it } from 'vitest';
import { Layer } from '../../adapters/memory/geo-index/layer.ts';
import { boxRegion, polygonRegion } from '../../adapters/memory/geo-index/regions.ts';
import type { Area, Hit, Point } from '../../ports/index.ts';
import { seeded } from './seeded.ts';

const RADIUS = 6_371_008.8;
/** What rounding to the fixed point may add between two points, and what a haversine itself loses near the antipode. */
const SLACK_METERS = 0.02;
const ANTIPODE_SLACK_METERS = 1;

function haversine(a: Point, b: Point): number {
  const r = Math.PI / 180;
  const h =
    Math.sin(((b.latitude - a.latitude) * r) / 2) ** 2 +
    Math.cos(a.latitude * r) * Math.cos(b.latitude * r) * Math.sin(((b.longitude - a.longitude) * r) / 2) ** 2;
  return 2 * RADIUS * Math.asin(Math.sqrt(Math.min(1, h)));
}

const slackAt = (meters: number) => (meters > 0.99 * Math.PI * RADIUS ? ANTIPODE_SLACK_METERS : SLACK_METERS);

type Random = ReturnType<typeof seeded>;
const REGIONS: Readonly<Record<string, (random: Random) => Point>> = {
  'the whole Earth': (random) => ({ latitude: (Math.asin(2 * random.unit() - 1) * 180) / Math.PI, longitude: random.unit() * 360 - 180 }),
  'the dateline': (random) => ({
    latitude: random.unit() * 4 - 2,
    longitude: random.below(20) === 0 ? 180 * (random.below(2) * 2 - 1) : ((179 + random.unit() * 2 + 180) % 360) - 180,
  }),
  'the north pole': (random) => ({ latitude: random.below(30) === 0 ? 90 : 90 - random.unit() ** 2, longitude: random.unit() * 360 - 180 }),
  'the south pole': (random) => ({
    latitude: random.below(30) === 0 ? -90 : -90 + random.unit() ** 2,
    longitude: random.unit() * 360 - 180,
  }),
  'a town on a grid': (random) => ({ latitude: 48 + random.below(12) / 1000, longitude: 2 + random.below(12) / 1000 }),
};

/** Random arrivals, moves and departures, in waves of growth and decay. */
function churn(
  layer: Layer,
  points: Map<string, Point>,
  random: Random,
  place: (random: Random) => Point,
  acts: number,
  population: number,
) {
  for (let act = 0; act < acts; act++) {
    const id = `p${random.below(population)}`;
    const decays = Math.floor((act * 6) / acts) % 2 === 1;
    if (random.below(100) < (decays ? 75 : 5)) {
      if (layer.remove(id) !== points.delete(id)) throw new Error(`${id} was there in one and not in the other`);
      continue;
    }
    const old = points.get(id);
    const isSmallMove = old !== undefined && random.below(2) === 0;
    const point = isSmallMove
      ? { ...old, latitude: Math.max(-90, Math.min(90, old.latitude + (random.unit() - 0.5) * 1e-4)) }
      : place(random);
    points.set(id, point);
    layer.put({ id, point });
  }
}

function expectNear(layer: Layer, points: Map<string, Point>, center: Point, radiusMeters: number) {
  const found = layer.near(center, radiusMeters, 100_000).hits;
  const ids = new Set(found.map((hit) => hit.id));
  expect(ids.size).toBe(found.length);
  const wrong: string[] = [];
  for (const [id, point] of points) {
    const meters = haversine(center, point);
    const isSure = Math.abs(meters - radiusMeters) > slackAt(meters);
    if (isSure && ids.has(id) !== meters < radiusMeters) wrong.push(id);
  }
  for (const { id, point, distanceMeters } of found) {
    const meters = haversine(center, point);
    if (!(Math.abs((distanceMeters ?? Number.NaN) - meters) <= slackAt(meters)) || point.latitude !== points.get(id)?.latitude)
      wrong.push(id);
  }
  expect(wrong).toEqual([]);
  expectOrdered(found);
  return found;
}

function expectOrdered(hits: readonly Hit[]) {
  for (let i = 1; i < hits.length; i++) {
    const [a, b] = [hits[i - 1] as Hit, hits[i] as Hit];
    const [da, db] = [a.distanceMeters ?? 0, b.distanceMeters ?? 0];
    if (!(da < db || (da === db && Buffer.compare(Buffer.from(a.id), Buffer.from(b.id)) < 0)))
      throw new Error(`${a.id} stands before ${b.id}`);
  }
}

describe('the geo layer of the memory adapter', () => {
  it.each(Object.keys(REGIONS))(
    'misses nothing and adds nothing around %s after churn',
    (name) => {
      const place = REGIONS[name] as (random: Random) => Point;
      for (const seed of [1, 2, 3]) {
        const random = seeded(seed);
        const layer = new Layer();
        const points = new Map<string, Point>();
        for (let round = 0; round < 3; round++) {
          churn(layer, points, random, place, 6000, 3000);
          layer.assertSound();
          expect(layer.size).toBe(points.size);
          for (const radius of [0, 50, 3000, 100_000, 2_000_000, 10_010_000, 19_900_000, 20_015_000, 30_000_000]) {
            expectNear(layer, points, place(random), radius);
          }
          const [, lying] = [...points][random.below(points.size)] as [string, Point];
          expect(expectNear(layer, points, lying, 0).length).toBeGreaterThan(0);
          expectNear(layer, points, { latitude: 90, longitude: 0 }, 200_000);
          expectNear(layer, points, { latitude: -90, longitude: 77 }, 20_000_000);
        }
      }
    },
    60_000,
  );

  it('pages to the same hits, in the same order, as one long answer', () => {
    const random = seeded(5);
    const layer = new Layer();
    const points = new Map<string, Point>();
    churn(layer, points, random, REGIONS['a town on a grid'] as (random: Random) => Point, 8000, 4000);
    const center = { latitude: 48.005, longitude: 2.005 };
    for (const radius of [300, 1e6, 2.1e7]) {
      const whole = layer.near(center, radius, 100_000).hits;
      const paged: Hit[] = [];
      let after: { key: number; id: Uint8Array } | undefined;
      do {
        const { hits, mark } = layer.near(center, radius, 37, after);
        paged.push(...hits);
        after = mark === null ? undefined : { key: mark.key, id: Buffer.from(mark.id) };
      } while (after !== undefined);
      expect(paged).toEqual(whole);
    }
  });

  it('holds ten thousand points at one place beside others and lets them go again', () => {
    const layer = new Layer();
    const point = { latitude: 35.5, longitude: 139.5 };
    for (let i = 0; i < 10_000; i++) {
      layer.put({ id: `same${i}`, point });
      if (i % 100 === 0) layer.put({ id: `other${i}`, point: { latitude: 35.5 + i / 1e6, longitude: 139.5 } });
    }
    layer.assertSound();
    expect(layer.near(point, 0, 20_000).hits).toHaveLength(10_001);
    expect(layer.near(point, 0, 3).hits.map((hit) => hit.id)).toEqual(['other0', 'same0', 'same1']);
    const isGone = Array.from({ length: 10_000 }, (_, i) => layer.remove(`same${i}`));
    expect(isGone).not.toContain(false);
    layer.assertSound();
    expect(layer.size).toBe(100);
  });

  it('stays shallow and quick when points come in order of place', () => {
    const layer = new Layer();
    for (let i = 0; i < 60_000; i++) layer.put({ id: `p${i}`, point: { latitude: -80 + i / 400, longitude: 10 } });
    layer.assertSound();
    expect(layer.depth).toBeLessThan(40);
    for (let i = 0; i < 60_000; i++) if (i % 10 > 0) layer.remove(`p${i}`);
    layer.assertSound();
    expect(layer.near({ latitude: -80, longitude: 10 }, 1e9, 2).hits.map((hit) => hit.id)).toEqual(['p0', 'p10']);
  });

  it('answers boxes like a comparison of degrees, also over the antimeridian and at the poles', () => {
    const random = seeded(9);
    const layer = new Layer();
    const points = new Map<string, Point>();
    for (const place of Object.values(REGIONS)) for (let i = 0; i < 1500; i++) points.set(`p${points.size}`, place(random));
    for (const [id, point] of points) layer.put({ id, point });
    for (let i = 0; i < 400; i++) {
      const [a, b] = [random.unit() * 180 - 90, random.unit() * 180 - 90];
      const any = [...points.values()][random.below(points.size)] as Point;
      const box: Extract<Area, { kind: 'box' }> =
        i % 2 === 0
          ? { kind: 'box', south: Math.min(a, b), north: Math.max(a, b), west: random.unit() * 360 - 180, east: random.unit() * 360 - 180 }
          : { kind: 'box', south: any.latitude, north: 90, west: any.longitude, east: [180, -180, any.longitude, 3][i % 4] as number };
      const expected = [...points].filter(([, { latitude, longitude }]) => {
        const spans = (at: number) => (box.west <= box.east ? at >= box.west && at <= box.east : at >= box.west || at <= box.east);
        const inside = Math.abs(longitude) === 180 ? spans(180) || spans(-180) : spans(longitude);
        return inside && latitude >= box.south && latitude <= box.north;
      });
      const { hits } = layer.inside(boxRegion(box), 100_000);
      expect(hits.map((hit) => hit.id)).toEqual(expected.map(([id]) => id).sort());
    }
  });

  it('answers polygons with great-circle edges, over the antimeridian and around a pole', () => {
    const random = seeded(11);
    const layer = new Layer();
    const points: Point[] = [];
    for (let i = 0; i < 8000; i++) points.push((REGIONS['the whole Earth'] as (random: Random) => Point)(random));
    points.forEach((point, i) => layer.put({ id: `p${i}`, point }));
    const rings: (readonly (readonly [number, number])[])[] = [
      [
        [80, 0],
        [80, 120],
        [80, -120],
      ],
      [
        [-20, 170],
        [-20, -170],
        [20, -170],
        [20, 170],
      ],
      [
        [60, -60],
        [60, 60],
        [0, 0],
      ],
      [
        [-70, 0],
        [-60, 90],
        [-70, 180],
        [-60, -90],
      ],
      [
        [10, 10],
        [12, 40],
        [45, 35],
        [30, 25],
        [44, 8],
      ].reverse() as [number, number][],
    ];
    for (const corners of rings) {
      const ring = corners.map(([latitude, longitude]) => ({ latitude, longitude }));
      const found = new Set(layer.inside(polygonRegion({ kind: 'polygon', ring }), 100_000).hits.map((hit) => hit.id));
      expect(found.size).toBeGreaterThan(0);
      expect(points.filter((point, i) => found.has(`p${i}`) !== windsAround(ring, point))).toEqual([]);
    }
    // The great circle between two corners at 60° north reaches 73.9° half-way, far above the parallel.
    layer.put({ id: 'bulge', point: { latitude: 70, longitude: 0 } });
    const bulge = [
      [60, -60],
      [60, 60],
      [0, 0],
    ].map(([latitude, longitude]) => ({ latitude: latitude as number, longitude: longitude as number }));
    expect(layer.inside(polygonRegion({ kind: 'polygon', ring: bulge }), 10_000).hits.map((hit) => hit.id)).toContain('bulge');
    const equator = [0, 90, 180, -90].map((longitude) => ({ latitude: 0, longitude }));
    expect(() => polygonRegion({ kind: 'polygon', ring: equator })).toThrow('half the Earth');
  });

  it('lets a point go at its instant, and keeps one that was placed again without an end', () => {
    const layer = new Layer();
    const point = { latitude: 1, longitude: 2 };
    for (let i = 0; i < 1000; i++) layer.put({ id: `p${i}`, point, expiresAtMs: 1000 + ((i * 7919) % 1000) });
    layer.put({ id: 'p5', point });
    layer.sweep(1499, 10_000);
    layer.assertSound();
    expect(layer.size).toBe(500 + Number((5 * 7919) % 1000 < 500));
    layer.sweep(5000, 10_000);
    expect(layer.size).toBe(1);
    expect(layer.locate('p5')).toEqual(point);
  });
});

/** Independent of the adapter's way: the azimuths of the corners seen from the point turn once around if it is inside. */
function windsAround(ring: readonly Point[], at: Point): boolean {
  const r = Math.PI / 180;
  const azimuth = (to: Point) => {
    const lambda = (to.longitude - at.longitude) * r;
    return Math.atan2(
      Math.sin(lambda) * Math.cos(to.latitude * r),
      Math.cos(at.latitude * r) * Math.sin(to.latitude * r) - Math.sin(at.latitude * r) * Math.cos(to.latitude * r) * Math.cos(lambda),
    );
  };
  let turned = 0;
  ring.forEach((corner, i) => {
    const difference = azimuth(ring[(i + 1) % ring.length] as Point) - azimuth(corner);
    turned += Math.atan2(Math.sin(difference), Math.cos(difference));
  });
  // The antipode of the inside is wound around as well; the nearest corner tells them apart.
  const nearest = Math.min(...ring.map((corner) => haversine(corner, at)));
  return Math.abs(turned) > Math.PI && nearest < (Math.PI / 2) * RADIUS;
}
