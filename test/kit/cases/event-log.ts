import assert from 'node:assert/strict';
import { EventLog, partitionOf } from '../../../ports/index.ts';
import { type Case, casesOf } from '../case.ts';
import { waitingWith } from '../options.ts';
import { refuses, times } from '../proof.ts';
import { HOSTILE_NAMES, traitsOf } from '../traits.ts';
import { eventLogBoundsCases } from './event-log-bounds.ts';
import { eventLogConcurrencyCases } from './event-log-concurrency.ts';
import { eventLogDedupeCases } from './event-log-dedupe.ts';
import { eventLogFollowCases } from './event-log-follow.ts';
import { appended, bodies, keyFor, positionsOf, readAll } from './event-log-proof.ts';
import { eventLogTrimCases } from './event-log-trim.ts';

const traits = traitsOf(EventLog, {
  verbs: {
    declare: (api) => api.declare('verbs', { partitions: 2 }),
    append: (api, signal) => api.append('verbs', [{ key: 'k', data: '' }], waitingWith(signal)),
    read: (api, signal) => api.read('verbs', 0, { after: 0, limit: 10, ...waitingWith(signal) }),
    extents: (api, signal) => api.extents('verbs', waitingWith(signal)),
    trim: (api) => api.trim('verbs', 0, { through: 0 }),
  },
  waiting: ['append', 'read', 'extents'],
  mark: {
    async leave(api, name) {
      await api.declare('marks', { partitions: 3 });
      await api.append('marks', [{ key: name, id: name, data: name }]);
    },
    async find(api, all) {
      await api.declare('marks', { partitions: 3 });
      const found = new Set<string>();
      for (const partition of [0, 1, 2]) for (const { data } of await readAll(api, 'marks', partition)) found.add(data);
      return all.map((name) => found.has(name));
    },
  },
  survivesKill: (caps) => caps.durable === 'disk',
  problems: ({ scope, durable, gapless, dedupe }) => [
    !['process', 'cluster'].includes(scope) && `scope ${scope}`,
    !['disk', 'memory'].includes(durable) && `durable ${durable}`,
    typeof gapless !== 'boolean' && 'gapless is no boolean',
    dedupe !== 'retained' && !(dedupe.windowMs > 0) && 'the dedupe window is no duration',
  ],
});

const own = casesOf(EventLog)([
  {
    id: 'declare/fixed',
    title: 'fixes the number of partitions: the same again is fine, another is a CONFLICT',
    async run({ api, open }) {
      await Promise.all(times(20, () => api.declare('t', { partitions: 4 })));
      await refuses('CONFLICT', 'declare', () => api.declare('t', { partitions: 5 }));
      const beside = await open();
      await refuses('CONFLICT', 'declare from beside', () => beside.api.declare('t', { partitions: 3 }));
      await beside.api.declare('t', { partitions: 4 });
      assert.equal((await api.extents('t')).length, 4);
    },
  },
  {
    id: 'declare/most',
    title: 'takes 1 to 256 partitions',
    async run({ api }) {
      await api.declare('one', { partitions: 1 });
      await api.declare('most', { partitions: 256 });
      assert.deepEqual(
        (await api.extents('most')).map(({ partition }) => partition).toSorted((a, b) => a - b),
        times(256, (index) => index),
      );
      const [placed] = await appended(api, 'most', [{ key: 'k', data: 'd', partition: 255 }]);
      assert.equal(placed?.partition, 255);
      for (const partitions of [0, 257, -1, 1.5, Number.NaN])
        await refuses('INVALID_ARGUMENT', `${partitions} partitions`, () => api.declare('never', { partitions }));
    },
  },
  {
    id: 'append/places',
    title: 'answers where each record stands, in the order of the call: by key, from position 1',
    async run({ api }) {
      await api.declare('t', { partitions: 4 });
      const keys = [...HOSTILE_NAMES, ...HOSTILE_NAMES, 'ключ', 'x'.repeat(200)];
      const placed = await appended(
        api,
        't',
        keys.map((key) => ({ key, data: `of ${key}` })),
      );
      const next = [1, 1, 1, 1];
      placed.forEach(({ partition, position, duplicate }, index) => {
        assert.equal(partition, partitionOf(keys[index] ?? '', 4), `partition of ${keys[index]}`);
        assert.equal(position, next[partition], `position of ${keys[index]}`);
        next[partition] = position + 1;
        assert.equal(duplicate, false);
      });
      for (const partition of [0, 1, 2, 3]) {
        const wanted = placed.flatMap((place, index) =>
          place.partition === partition
            ? [{ partition, position: place.position, atMs: place.atMs, key: keys[index], data: `of ${keys[index]}` }]
            : [],
        );
        assert.deepEqual(await readAll(api, 't', partition), wanted);
      }
    },
  },
  {
    id: 'append/explicit-partition',
    title: 'puts a record where it is told to, whatever its key',
    async run({ api }) {
      await api.declare('t', { partitions: 3 });
      const key = keyFor(1, 3);
      const placed = await appended(
        api,
        't',
        [0, 1, 2].map((partition) => ({ key, partition, data: `marker ${partition}` })),
      );
      assert.deepEqual(
        placed.map(({ partition, position }) => [partition, position]),
        [
          [0, 1],
          [1, 1],
          [2, 1],
        ],
      );
      assert.deepEqual(bodies(await readAll(api, 't', 2)), ['marker 2']);
      for (const partition of [-1, 3, 1.5, Number.NaN])
        await refuses('INVALID_ARGUMENT', `partition ${partition}`, () => api.append('t', [{ key, partition, data: 'no' }]));
    },
  },
  {
    id: 'append/clock',
    title: 'stamps records with a time that never descends within a partition',
    async run({ api }) {
      await api.declare('t', { partitions: 1 });
      const before = Date.now();
      for (let call = 0; call < 10; call++)
        await Promise.all(times(8, (index) => api.append('t', [{ key: 'k', data: `${call}/${index}` }])));
      const stamps = (await readAll(api, 't', 0)).map(({ atMs }) => atMs);
      assert.deepEqual(
        stamps,
        stamps.toSorted((a, b) => a - b),
      );
      assert.ok(Math.abs((stamps[0] ?? 0) - before) < 60_000, 'it is milliseconds since the epoch');
    },
  },
  {
    id: 'append/text',
    title: 'keeps any text up to 64 KiB as it was',
    async run({ api }) {
      await api.declare('t', { partitions: 1 });
      const texts = ['', ' ', '{"a":[1]}', '🏆\u{10ffff}é\u0301', '\r\n\t\\"', "'; --", 'ü'.repeat(32 * 1024)];
      await appended(
        api,
        't',
        texts.map((data) => ({ key: 'k', data })),
      );
      assert.deepEqual(bodies(await readAll(api, 't', 0)), texts);
    },
  },
  {
    id: 'append/big-batch',
    title: 'takes 5000 records in one call, all or none, and gives them back in one read',
    async run({ api }) {
      await api.declare('t', { partitions: 1 });
      const texts = times(5_000, (index) => `record ${index}`);
      const placed = await appended(
        api,
        't',
        texts.map((data, index) => ({ key: 'k', id: `id-${index}`, data })),
      );
      assert.equal(placed.length, 5_000);
      const read = await api.read('t', 0, { after: 0, limit: 5_000 });
      assert.deepEqual(bodies(read), texts);
      assert.deepEqual(
        positionsOf(read),
        placed.map(({ position }) => position),
      );
    },
  },
  {
    id: 'read/pages',
    title: 'gives the records after a position, in order, as many as asked for, and nothing at the end',
    async run({ api }) {
      await api.declare('t', { partitions: 1 });
      const placed = await appended(
        api,
        't',
        times(25, (index) => ({ key: 'k', data: `${index}` })),
      );
      const pages: string[][] = [];
      for (let after = 0; ; ) {
        const page = await api.read('t', 0, { after, limit: 10 });
        pages.push(bodies(page));
        const last = page.at(-1);
        if (last === undefined) break;
        after = last.position;
      }
      assert.deepEqual(
        pages.map((page) => page.length),
        [10, 10, 5, 0],
      );
      assert.deepEqual(
        pages.flat(),
        times(25, (index) => `${index}`),
      );
      assert.deepEqual(bodies(await api.read('t', 0, { after: placed[9]?.position ?? 0, limit: 1 })), ['10']);
    },
  },
  {
    id: 'extents/what-is-held',
    title: 'says of every partition what it holds: 1 and 0 when it never had a record',
    async run({ api }) {
      await api.declare('t', { partitions: 3 });
      assert.deepEqual(
        [...(await api.extents('t'))].toSorted((a, b) => a.partition - b.partition),
        [0, 1, 2].map((partition) => ({ partition, first: 1, last: 0 })),
      );
      const placed = await appended(
        api,
        't',
        times(7, (index) => ({ key: 'k', partition: 1, data: `${index}` })),
      );
      const extent = (await api.extents('t')).find(({ partition }) => partition === 1);
      assert.deepEqual(extent, { partition: 1, first: placed[0]?.position, last: placed[6]?.position });
    },
  },
  {
    id: 'topics/apart',
    title: 'keeps topics apart, however odd their names',
    async run({ api }) {
      for (const topic of HOSTILE_NAMES) await api.declare(topic, { partitions: 1 });
      for (const topic of HOSTILE_NAMES) await appended(api, topic, [{ key: 'k', id: 'same', data: topic }]);
      for (const topic of HOSTILE_NAMES) assert.deepEqual(bodies(await readAll(api, topic, 0)), [topic]);
    },
  },
  {
    id: 'cost/round-trips',
    title: 'reads 200 records in at most 2 round trips, and appends 200 in at most 4',
    needs: ['round-trips'],
    async run({ api, harness }) {
      await api.declare('t', { partitions: 1 });
      const trips = harness.roundTrips ?? (() => 0);
      const costs = async (what: string, most: number, call: () => Promise<unknown>) => {
        await call();
        const before = trips();
        await call();
        const spent = trips() - before;
        assert.ok(spent >= 1 && spent <= most, `${what} took ${spent} round trips, 1 to ${most} are allowed`);
      };
      const records = times(200, (index) => ({ key: 'k', data: `${index}` }));
      await costs('append', 4, () => api.append('t', records));
      await costs('read', 2, () => api.read('t', 0, { after: 0, limit: 200 }));
    },
  },
]);

export const eventLogCases: readonly Case<typeof EventLog>[] = [
  ...traits,
  ...own,
  ...eventLogDedupeCases,
  ...eventLogTrimCases,
  ...eventLogBoundsCases,
  ...eventLogFollowCases,
  ...eventLogConcurrencyCases,
];
