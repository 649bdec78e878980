import assert from 'node:assert/strict';
import { type Area, GeoIndex, type GeoIndexCaps } from '../../../ports/index.ts';
import { casesOf } from '../case.ts';
import { eventually, refuses, times } from '../proof.ts';
import { at } from './geo-index-proof.ts';

const LIFE_MS = 400;
const SLACK_MS = 1_500;
const good = { id: 'good', point: at(1, 1) };
const NO_POINTS = [at(90.001, 0), at(-91, 0), at(0, 180.001), at(0, -181), at(Number.NaN, 0), at(0, Number.NaN), at(Infinity, 0)];
const unlessExpiry = (caps: GeoIndexCaps) => caps.expiry === undefined && 'does not claim expiry';

/** Arguments out of bounds, points the engine cannot hold, points that end. */
export const geoIndexBoundsCases = casesOf(GeoIndex)([
  {
    id: 'bounds/points',
    title: 'refuses points that are not on the globe, and puts nothing of such a call',
    async run({ api }) {
      for (const point of NO_POINTS) {
        const what = JSON.stringify(point);
        await refuses('INVALID_ARGUMENT', `put ${what}`, () => api.put('l', [good, { id: 'bad', point }]));
        await refuses('INVALID_ARGUMENT', `nearest ${what}`, () => api.nearest('l', point, { k: 1 }));
        await refuses('INVALID_ARGUMENT', `within ${what}`, () =>
          api.within('l', { kind: 'circle', center: point, radiusMeters: 10 }, { limit: 1 }),
        );
      }
      assert.deepEqual(await api.size(['l']), [0]);
    },
  },
  {
    id: 'bounds/latitude-max',
    title: 'holds points up to the latitude it claims, and refuses those beyond with UNSUPPORTED and nothing put',
    async run({ api, caps }) {
      const most = Math.min(caps.latitudeMax, 90);
      await api.put(
        'l',
        [most, -most].map((latitude) => ({ id: `${latitude}`, point: at(latitude, 12) })),
      );
      assert.deepEqual(await api.size(['l']), [2]);
      if (most === 90) return;
      for (const latitude of [90, -90, (most + 90) / 2])
        await refuses('UNSUPPORTED', `latitude ${latitude}`, () => api.put('l', [good, { id: 'bad', point: at(latitude, 0) }]));
      assert.deepEqual(await api.locate('l', ['good', 'bad']), [null, null]);
    },
  },
  {
    id: 'bounds/limits',
    title: 'refuses limits and k outside 1 to 1000 and radii that are none',
    async run({ api }) {
      const circle = { kind: 'circle', center: at(0, 0), radiusMeters: 10 } as const;
      for (const count of [0, 1_001, -1, 1.5, Number.NaN]) {
        await refuses('INVALID_ARGUMENT', `limit ${count}`, () => api.within('l', circle, { limit: count }));
        await refuses('INVALID_ARGUMENT', `k ${count}`, () => api.nearest('l', at(0, 0), { k: count }));
      }
      for (const radiusMeters of [-1, Number.NaN]) {
        await refuses('INVALID_ARGUMENT', `radius ${radiusMeters}`, () => api.within('l', { ...circle, radiusMeters }, { limit: 1 }));
        await refuses('INVALID_ARGUMENT', `radius ${radiusMeters}`, () => api.nearest('l', at(0, 0), { k: 1, radiusMeters }));
      }
    },
  },
  {
    id: 'bounds/shapes',
    title: 'refuses boxes and polygons that are none',
    skip: (caps) => !caps.shapes.includes('box') && !caps.shapes.includes('polygon') && 'claims circles only',
    async run({ api, caps }) {
      const box = { kind: 'box', south: 0, west: 0, north: 1, east: 1 } as const;
      const areas: Area[] = [
        { ...box, north: 91 },
        { ...box, south: Number.NaN },
        { ...box, east: 181 },
        { kind: 'polygon', ring: [at(0, 0), at(0, 1)] },
        { kind: 'polygon', ring: times(513, (index) => at(Math.sin(index), Math.cos(index))) },
        { kind: 'polygon', ring: [at(0, 0), at(0, 1), at(91, 1)] },
      ];
      for (const area of areas.filter(({ kind }) => caps.shapes.includes(kind)))
        await refuses('INVALID_ARGUMENT', JSON.stringify(area).slice(0, 100), () => api.within('l', area, { limit: 1 }));
    },
  },
  {
    id: 'expiry/ends',
    title: 'keeps a point until its instant, never shorter, and then finds it no more by id or place',
    skip: unlessExpiry,
    async run({ api, caps }) {
      const expiresAtMs = Date.now() + LIFE_MS;
      await api.put('l', [
        { id: 'ends', point: at(1, 1), expiresAtMs },
        { id: 'renewed', point: at(1, 1), expiresAtMs },
        { id: 'stays', point: at(1, 1) },
        { id: 'passed', point: at(1, 1), expiresAtMs: Date.now() - 1_000 },
      ]);
      await api.put('l', [{ id: 'renewed', point: at(1, 1), expiresAtMs: expiresAtMs + 600_000 }]);
      const ids = async () =>
        (await api.within('l', { kind: 'circle', center: at(1, 1), radiusMeters: 100 }, { limit: 10 })).hits.map(({ id }) => id).toSorted();
      await eventually(
        'the point is gone',
        async () => {
          const [point] = await api.locate('l', ['ends']);
          if (Date.now() < expiresAtMs - 5) assert.notEqual(point, null, 'it is there before its instant');
          return point === null;
        },
        LIFE_MS + (caps.expiry?.granularityMs ?? 0) + SLACK_MS,
      );
      assert.deepEqual(await ids(), ['renewed', 'stays']);
      assert.deepEqual(await api.size(['l']), [2]);
      assert.deepEqual(
        (await api.nearest('l', at(1, 1), { k: 10 })).map(({ id }) => id),
        ['renewed', 'stays'],
      );
      assert.deepEqual(await api.remove('l', ['ends', 'passed']), [false, false]);
      await refuses('INVALID_ARGUMENT', 'NaN', () => api.put('l', [{ ...good, expiresAtMs: Number.NaN }]));
    },
  },
  {
    id: 'expiry/unclaimed',
    title: 'refuses expiresAtMs with UNSUPPORTED where it is not claimed, and puts nothing of such a call',
    skip: (caps) => caps.expiry !== undefined && 'claims expiry',
    async run({ api }) {
      const ends = { id: 'ends', point: at(1, 1), expiresAtMs: Date.now() + 60_000 };
      await refuses('UNSUPPORTED', 'put', () => api.put('l', [good, ends]));
      assert.deepEqual(await api.size(['l']), [0]);
    },
  },
]);
