import assert from 'node:assert/strict';
import { GeoIndex } from '../../../ports/index.ts';
import { type Case, casesOf } from '../case.ts';
import { waitingWith } from '../options.ts';
import { refuses, times } from '../proof.ts';
import { traitsOf } from '../traits.ts';
import { geoIndexAreaCases } from './geo-index-areas.ts';
import { geoIndexBoundsCases } from './geo-index-bounds.ts';
import { geoIndexPageCases } from './geo-index-pages.ts';
import { at, globeOf, toleranceOf, world } from './geo-index-proof.ts';
import { geoIndexWalk } from './geo-index-walk.ts';

const circle = (radiusMeters: number) => ({ kind: 'circle', center: at(0, 0), radiusMeters }) as const;

const traits = traitsOf(GeoIndex, {
  verbs: {
    put: (api, signal) => api.put('v', [{ id: 'a', point: at(1, 1) }], waitingWith(signal)),
    remove: (api, signal) => api.remove('v', ['no'], waitingWith(signal)),
    locate: (api, signal) => api.locate('v', ['a'], waitingWith(signal)),
    within: (api, signal) => api.within('v', circle(1_000), { limit: 10, ...waitingWith(signal) }),
    nearest: (api, signal) => api.nearest('v', at(0, 0), { k: 1, radiusMeters: 1_000, ...waitingWith(signal) }),
    size: (api, signal) => api.size(['v'], waitingWith(signal)),
    drop: (api) => api.drop(['no']),
  },
  waiting: ['put', 'remove', 'locate', 'within', 'nearest', 'size'],
  mark: {
    leave: (api, name) => api.put(name, [{ id: name, point: at(1, 2) }]),
    find: async (api, all) => {
      const found: boolean[] = [];
      for (const name of all) found.push((await api.locate(name, [name]))[0] !== null);
      return found;
    },
  },
  survivesKill: (caps) => caps.durable === 'disk',
  problems: ({ scope, durable, shapes, earthRadiusMeters, precisionMeters, latitudeMax }) => [
    !['process', 'cluster'].includes(scope) && `scope ${scope}`,
    !['disk', 'none'].includes(durable) && `durable ${durable}`,
    !shapes.includes('circle') && 'a geo index without circles is none',
    !(earthRadiusMeters > 6_350_000 && earthRadiusMeters < 6_380_000) && 'this is not the earth',
    !(precisionMeters >= 0 && precisionMeters < 100) && 'precisionMeters is not below 100 m',
    !(latitudeMax > 80 && latitudeMax <= 90) && 'latitudeMax is not above 80 and up to 90',
  ],
});

const own = casesOf(GeoIndex)([
  {
    id: 'put/locates',
    title: 'keeps points within the precision it claims, aligned with what is asked, null for a missing one',
    async run({ api, caps, random }) {
      const placements = world(random, caps, 300);
      await api.put('l', placements);
      const globe = globeOf(caps);
      const found = await api.locate(
        'l',
        placements.map(({ id }) => id),
      );
      placements.forEach(({ id, point }, index) => {
        const kept = found[index];
        assert.ok(kept, `${id} is there`);
        const off = globe.distance(point, kept);
        assert.ok(off <= caps.precisionMeters + 0.001, `${id} is off by ${off} m, ${caps.precisionMeters} m are claimed`);
      });
      assert.deepEqual(
        (await api.locate('l', ['p1', 'no', 'p1'])).map((point) => point !== null),
        [true, false, true],
      );
    },
  },
  {
    id: 'put/moves',
    title: 'moves a point that is there; of two in one call the later counts; it is found at one place only',
    async run({ api, caps }) {
      await api.put('l', [{ id: 'a', point: at(10, 10) }]);
      await api.put('l', [
        { id: 'a', point: at(20, 20) },
        { id: 'a', point: at(0.001, 0.001) },
      ]);
      assert.deepEqual(await api.size(['l']), [1]);
      const around = async (latitude: number, longitude: number) =>
        (await api.within('l', { kind: 'circle', center: at(latitude, longitude), radiusMeters: 1_000 }, { limit: 10 })).hits.length;
      assert.deepEqual([await around(10, 10), await around(20, 20), await around(0, 0)], [0, 0, 1]);
      const [kept] = await api.locate('l', ['a']);
      assert.ok(kept && globeOf(caps).distance(kept, at(0.001, 0.001)) <= toleranceOf(caps));
    },
  },
  {
    id: 'put/antimeridian',
    title: 'takes both longitudes of the antimeridian as one meridian',
    async run({ api, caps }) {
      await api.put('l', [
        { id: 'east', point: at(5, 180) },
        { id: 'west', point: at(5, -180) },
      ]);
      for (const longitude of [180, -180]) {
        const { hits } = await api.within('l', { kind: 'circle', center: at(5, longitude), radiusMeters: 10 }, { limit: 10 });
        assert.deepEqual(hits.map(({ id }) => id).toSorted(), ['east', 'west']);
        for (const { distanceMeters } of hits) assert.ok((distanceMeters ?? 1e9) <= toleranceOf(caps));
      }
    },
  },
  {
    id: 'remove/aligned',
    title: 'says which points were there, and finds them no more',
    async run({ api }) {
      await api.put(
        'l',
        ['a', 'b', 'c'].map((id) => ({ id, point: at(1, 1) })),
      );
      assert.deepEqual(await api.remove('l', ['a', 'no', 'a', 'b']), [true, false, false, true]);
      assert.deepEqual(await api.size(['l']), [1]);
      const { hits } = await api.within('l', { kind: 'circle', center: at(1, 1), radiusMeters: 100 }, { limit: 10 });
      assert.deepEqual(
        hits.map(({ id }) => id),
        ['c'],
      );
    },
  },
  {
    id: 'layers/whole',
    title: 'counts and drops layers, aligned; one that never was is empty',
    async run({ api }) {
      await api.put('a', [{ id: 'x', point: at(1, 1) }]);
      await api.put('b', [
        { id: 'x', point: at(2, 2) },
        { id: 'y', point: at(2, 2) },
      ]);
      assert.deepEqual(await api.size(['b', 'no', 'a', 'b']), [2, 0, 1, 2]);
      assert.deepEqual(await api.drop(['b', 'no', 'b']), [true, false, false]);
      assert.deepEqual(await api.size(['a', 'b']), [1, 0]);
      assert.deepEqual(await api.locate('b', ['x']), [null]);
      assert.deepEqual(await api.within('b', circle(1_000), { limit: 10 }), { hits: [], next: null });
      assert.deepEqual(await api.nearest('b', at(0, 0), { k: 3 }), []);
      assert.deepEqual([await api.size([]), await api.locate('a', []), await api.remove('a', [])], [[], [], []]);
    },
  },
  {
    id: 'concurrency/one-id',
    title: 'keeps one point of an id that 40 callers move at once',
    async run({ api, caps, open }) {
      const second = caps.scope === 'cluster' ? (await open({ isSecondNode: true })).api : api;
      const places = times(40, (index) => at(index - 20, index * 2));
      await Promise.all(places.map((point, index) => (index % 2 === 0 ? api : second).put('l', [{ id: 'a', point }])));
      assert.deepEqual(await api.size(['l']), [1]);
      const { hits } = await api.within('l', { kind: 'circle', center: at(0, 0), radiusMeters: 20_100_000 }, { limit: 100 });
      assert.equal(hits.length, 1);
      const [kept] = await api.locate('l', ['a']);
      assert.ok(kept && places.some((point) => globeOf(caps).distance(point, kept) <= toleranceOf(caps)));
    },
  },
  {
    id: 'cost/round-trips',
    title: 'puts, locates and removes 200 points in at most 2 round trips per node',
    needs: ['round-trips'],
    async run({ api, harness, caps, random }) {
      const placements = world(random, caps, 200);
      const ids = placements.map(({ id }) => id);
      const trips = harness.roundTrips ?? (() => 0);
      const most = 2 * (harness.nodes ?? 1);
      const costs = async (what: string, call: () => Promise<unknown>) => {
        await call();
        const before = trips();
        await call();
        const spent = trips() - before;
        assert.ok(spent >= 1 && spent <= most, `${what} took ${spent} round trips, 1 to ${most} are allowed`);
      };
      await costs('put', () => api.put('l', placements));
      await costs('locate', () => api.locate('l', ids));
      await costs('size', () => api.size(ids));
      await costs('within', () => api.within('l', circle(1_000_000), { limit: 200 }));
      await costs('remove', () => api.remove('l', ids));
    },
  },
  {
    id: 'cancel/nothing-applied',
    title: 'puts nothing when the caller had given up before',
    async run({ api }) {
      await refuses('CANCELLED', 'put', () => api.put('l', [{ id: 'a', point: at(1, 1) }], { signal: AbortSignal.abort() }));
      assert.deepEqual(await api.size(['l']), [0]);
    },
  },
]);

export const geoIndexCases: readonly Case<typeof GeoIndex>[] = [
  ...traits,
  ...own,
  ...geoIndexAreaCases,
  ...geoIndexPageCases,
  ...geoIndexBoundsCases,
  ...geoIndexWalk,
];
