import assert from 'node:assert/strict';
import { type Area, GeoIndex, type GeoIndexCaps, type Point } from '../../../ports/index.ts';
import { casesOf } from '../case.ts';
import { refuses, times } from '../proof.ts';
import { isOrdered, ringAround } from './geo-index-model.ts';
import { allWithin, assertDistance, assertHits, at, type GeoTrial, globeOf, toleranceOf, world } from './geo-index-proof.ts';
import { byBytes } from './ranked-set-model.ts';

const unless = (shape: Area['kind']) => (caps: GeoIndexCaps) => !caps.shapes.includes(shape) && `does not claim ${shape}`;
const claims = (shape: Area['kind']) => (caps: GeoIndexCaps) => caps.shapes.includes(shape) && `claims ${shape}`;
const LAYER = 'l';

/** Areas against brute force over every point. */
export const geoIndexAreaCases = casesOf(GeoIndex)([
  {
    id: 'circle/brute-force',
    title: 'finds in circles of any size what brute force finds, nearest first, with great-circle distances',
    async run(t) {
      const centers = [at(52.52, 13.405), at(0, 0), at(-16.5, 179.9), at(-16.5, -179.99), at(40, -100)];
      await compare(
        t,
        (center, radiusMeters) => ({ kind: 'circle', center, radiusMeters }),
        centers,
        [50, 3_000, 60_000, 900_000, 9_000_000],
      );
    },
  },
  {
    id: 'circle/poles',
    title: 'finds what lies around the poles, across all longitudes',
    async run(t) {
      const edge = Math.min(t.caps.latitudeMax, 90);
      await compare(
        t,
        (center, radiusMeters) => ({ kind: 'circle', center, radiusMeters }),
        [at(edge, 0), at(-edge, 77), at(89.9, -120), at(-90, 0), at(90, 180)],
        [20_000, 700_000, 3_000_000],
      );
    },
  },
  {
    id: 'circle/everything',
    title: 'finds everything in a circle around the whole earth, and with no radius what lies at its centre',
    async run(t) {
      const placements = world(t.random, t.caps, 150);
      await t.api.put(LAYER, placements);
      const whole: Area = { kind: 'circle', center: at(12, 34), radiusMeters: Math.PI * t.caps.earthRadiusMeters + 1_000 };
      assert.equal((await allWithin(t.api, LAYER, whole)).length, 150);
      await t.api.put('exact', [{ id: 'a', point: at(0, 0) }]);
      const tiny: Area = { kind: 'circle', center: at(0, 0), radiusMeters: toleranceOf(t.caps) };
      assert.equal((await allWithin(t.api, 'exact', tiny)).length, 1);
    },
  },
  {
    id: 'nearest/brute-force',
    title: 'finds the k nearest, also fewer than k within a radius, by distance and then id',
    async run({ api, caps, random }) {
      const placements = world(random, caps, 250);
      await api.put(LAYER, placements);
      const globe = globeOf(caps);
      const edge = Math.min(caps.latitudeMax, 90);
      for (const center of [at(52.52, 13.405), at(-16.6, -179.99), at(edge, 10), at(0, 0), at(52.6, 13.4)]) {
        for (const [k, radiusMeters] of [[1], [10], [250], [1_000], [20, 30_000], [50, 2_000_000]] as const) {
          const hits = await api.nearest(LAYER, center, radiusMeters === undefined ? { k } : { k, radiusMeters });
          const distances = placements
            .map(({ point }) => globe.distance(center, point))
            .filter((distance) => distance <= (radiusMeters ?? Infinity))
            .toSorted((a, b) => a - b)
            .slice(0, k);
          assert.ok(isOrdered(hits, byBytes), 'by distance, then id');
          assert.equal(new Set(hits.map(({ id }) => id)).size, hits.length, 'no hit twice');
          assert.ok(
            Math.abs(hits.length - distances.length) <= (radiusMeters === undefined ? 0 : 1),
            `${hits.length} hits of ${distances.length}`,
          );
          hits.forEach((hit, index) => {
            const wanted = distances[index];
            if (wanted !== undefined) assertDistance(hit, wanted, caps);
            const point = placements.find(({ id }) => id === hit.id)?.point;
            if (point !== undefined) assertDistance(hit, globe.distance(center, point), caps);
          });
        }
      }
    },
  },
  {
    id: 'box/brute-force',
    title: 'finds in boxes what brute force finds, by id',
    skip: unless('box'),
    async run(t) {
      await compareAreas(t, [
        { kind: 'box', south: 52.5, west: 13.35, north: 52.6, east: 13.5 },
        { kind: 'box', south: -80, west: -170, north: 80, east: 170 },
        { kind: 'box', south: -90, west: -180, north: 90, east: 180 },
        { kind: 'box', south: 0, west: 0, north: 90, east: 180 },
        { kind: 'box', south: 70, west: -30, north: 90, east: 60 },
      ]);
    },
  },
  {
    id: 'box/antimeridian',
    title: 'finds in a box over the antimeridian what lies east of its west and west of its east, and nothing between',
    skip: unless('box'),
    async run(t) {
      await compareAreas(t, [
        { kind: 'box', south: -18, west: 179.2, north: -15, east: -179.7 },
        { kind: 'box', south: -90, west: 10, north: 90, east: -10 },
        { kind: 'box', south: -17, west: 180, north: -16, east: -179.6 },
        { kind: 'box', south: -17, west: 179.6, north: -16, east: 180 },
      ]);
    },
  },
  {
    id: 'box/unclaimed',
    title: 'refuses boxes with UNSUPPORTED where they are not claimed',
    skip: claims('box'),
    async run({ api }) {
      await refuses('UNSUPPORTED', 'within', () => api.within(LAYER, { kind: 'box', south: 0, west: 0, north: 1, east: 1 }, { limit: 1 }));
    },
  },
  {
    id: 'polygon/brute-force',
    title: 'finds in convex polygons of either direction what brute force finds, also over the antimeridian',
    skip: unless('polygon'),
    async run(t) {
      const rings = [
        ringAround(at(52.55, 13.45), 0.08, 5),
        ringAround(at(52.55, 13.45), 0.1, 3).toReversed(),
        ringAround(at(-16.5, 179.95), 0.6, 8),
        ringAround(at(20, -60), 35, 12),
        ringAround(at(0, 0), 60, 512),
      ];
      await compareAreas(
        t,
        rings.map((ring): Area => ({ kind: 'polygon', ring })),
      );
    },
  },
  {
    id: 'polygon/concave',
    title: 'leaves out the notch of a concave polygon',
    skip: unless('polygon'),
    async run({ api }) {
      //   3 ┌──┐     ┌──┐        a b: in the arms
      //   2 │a │  c  │b │        c:   in the notch
      //   1 │  └─────┘  │        d:   in the foot
      //   0 └─────d─────┘        0   1     2   3   degrees
      const ring = [at(0, 0), at(0, 3), at(3, 3), at(3, 2), at(1, 2), at(1, 1), at(3, 1), at(3, 0)];
      await api.put(LAYER, [
        { id: 'a', point: at(2, 0.5) },
        { id: 'b', point: at(2, 2.5) },
        { id: 'c', point: at(2, 1.5) },
        { id: 'd', point: at(0.5, 1.5) },
        { id: 'far', point: at(2, 3.5) },
      ]);
      for (const way of [ring, ring.toReversed()]) {
        const hits = await allWithin(api, LAYER, { kind: 'polygon', ring: way });
        assert.deepEqual(
          hits.map(({ id }) => id),
          ['a', 'b', 'd'],
        );
      }
    },
  },
  {
    id: 'polygon/great-circles',
    title: 'takes the edges of a polygon as great-circle arcs, which bulge towards the pole',
    skip: unless('polygon'),
    async run({ api }) {
      const ring = [at(40, -40), at(40, 40), at(50, 40), at(50, -40)];
      await api.put(LAYER, [
        { id: 'above the parallel, below the arc', point: at(54, 0) },
        { id: 'above the parallel, below the lower arc', point: at(44, 0) },
        { id: 'in the middle', point: at(52, 0) },
      ]);
      const hits = await allWithin(api, LAYER, { kind: 'polygon', ring });
      assert.deepEqual(
        hits.map(({ id }) => id),
        ['above the parallel, below the arc', 'in the middle'],
      );
    },
  },
  {
    id: 'polygon/unclaimed',
    title: 'refuses polygons with UNSUPPORTED where they are not claimed',
    skip: claims('polygon'),
    async run({ api }) {
      const ring = [at(0, 0), at(0, 1), at(1, 1)];
      await refuses('UNSUPPORTED', 'within', () => api.within(LAYER, { kind: 'polygon', ring }, { limit: 1 }));
    },
  },
]);

const compare = (t: GeoTrial, areaOf: (center: Point, size: number) => Area, centers: readonly Point[], sizes: readonly number[]) =>
  compareAreas(
    t,
    centers.flatMap((center) => sizes.map((size) => areaOf(center, size))),
  );

async function compareAreas(t: GeoTrial, areas: readonly Area[]): Promise<void> {
  const placements = world(t.random, t.caps, 400);
  await t.api.put(LAYER, placements);
  for (const area of areas) assertHits(await allWithin(t.api, LAYER, area), area, placements, globeOf(t.caps), t.caps);
  const gone = times(200, (index) => `p${index}`);
  await t.api.remove(LAYER, gone);
  const left = placements.slice(200);
  for (const area of areas) assertHits(await allWithin(t.api, LAYER, area), area, left, globeOf(t.caps), t.caps);
}
