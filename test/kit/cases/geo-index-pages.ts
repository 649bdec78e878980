import assert from 'node:assert/strict';
import { type Area, GeoIndex } from '../../../ports/index.ts';
import { casesOf } from '../case.ts';
import { refuses, times } from '../proof.ts';
import { ringAround } from './geo-index-model.ts';
import { allWithin, at, world } from './geo-index-proof.ts';
import { byBytes } from './ranked-set-model.ts';

const AREAS: readonly Area[] = [
  { kind: 'circle', center: at(52.52, 13.405), radiusMeters: 12_000 },
  { kind: 'box', south: 52.5, west: 13.3, north: 52.65, east: 13.5 },
  { kind: 'polygon', ring: ringAround(at(52.55, 13.42), 0.07, 7) },
];

/** Pages and their cursors. */
export const geoIndexPageCases = casesOf(GeoIndex)([
  {
    id: 'pages/union',
    title: 'gives on many small pages what it gives on one, in the same order, each once',
    async run({ api, caps, random }) {
      await api.put('l', world(random, caps, 400));
      for (const area of AREAS.filter(({ kind }) => caps.shapes.includes(kind))) {
        const whole = await allWithin(api, 'l', area);
        assert.ok(whole.length > 20, 'enough for some pages');
        for (const limit of [1, 7, whole.length - 1, whole.length]) assert.deepEqual(await allWithin(api, 'l', area, limit), whole);
      }
    },
  },
  {
    id: 'pages/one-place',
    title: 'pages through many points at one place, in the order of their ids by bytes',
    async run({ api }) {
      const ids = [...times(60, (index) => `p${index}`), 'é', 'Z', 'z', '\u{10000}', '\uffee'];
      await api.put(
        'l',
        ids.map((id) => ({ id, point: at(10, 10) })),
      );
      const area: Area = { kind: 'circle', center: at(10, 10), radiusMeters: 100 };
      for (const limit of [1, 4, 1_000])
        assert.deepEqual(
          (await allWithin(api, 'l', area, limit)).map(({ id }) => id),
          ids.toSorted(byBytes),
        );
      assert.deepEqual(
        (await api.nearest('l', at(10, 10), { k: 5 })).map(({ id }) => id),
        ids.toSorted(byBytes).slice(0, 5),
      );
    },
  },
  {
    id: 'pages/last',
    title: 'says on the last page that it is the last',
    async run({ api }) {
      await api.put(
        'l',
        times(10, (index) => ({ id: `p${index}`, point: at(10, 10 + index / 1_000) })),
      );
      const area: Area = { kind: 'circle', center: at(10, 10), radiusMeters: 100_000 };
      assert.equal((await api.within('l', area, { limit: 10 })).next, null);
      assert.equal((await api.within('l', area, { limit: 1_000 })).next, null);
      assert.notEqual((await api.within('l', area, { limit: 9 })).next, null);
    },
  },
  {
    id: 'pages/cursor-bound',
    title: 'refuses a cursor of another area or layer, and one that is none, with INVALID_ARGUMENT',
    async run({ api, caps }) {
      const placements = times(30, (index) => ({ id: `p${index}`, point: at(10, 10) }));
      await api.put('l', placements);
      await api.put('other', placements);
      const circle = { kind: 'circle', center: at(10, 10), radiusMeters: 100 } as const;
      const box = { kind: 'box', south: 9, west: 9, north: 11, east: 11 } as const;
      const { next } = await api.within('l', circle, { limit: 5 });
      assert.ok(next !== null);
      assert.equal((await api.within('l', circle, { limit: 7, after: next })).hits.length, 7, 'another limit is fine');
      const strange: [string, Area, string][] = [
        ['another radius', { ...circle, radiusMeters: 101 }, 'l'],
        ['another centre', { ...circle, center: at(10, 10.0001) }, 'l'],
        ['another layer', circle, 'other'],
      ];
      if (caps.shapes.includes('box')) strange.push(['another shape', box, 'l']);
      for (const [what, area, layer] of strange)
        await refuses('INVALID_ARGUMENT', what, () => api.within(layer, area, { limit: 5, after: next }));
      for (const after of ['', 'x', 'null', '{}', `${next}x`, next.slice(1), '🏆'])
        await refuses('INVALID_ARGUMENT', `cursor "${after}"`, () => api.within('l', circle, { limit: 5, after }));
    },
  },
]);
