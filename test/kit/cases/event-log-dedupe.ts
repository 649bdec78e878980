import assert from 'node:assert/strict';
import { EventLog } from '../../../ports/index.ts';
import { casesOf } from '../case.ts';
import { times } from '../proof.ts';
import { appended, assertInOrder, bodies, keyFor, readAll } from './event-log-proof.ts';

/** Records with an id: duplicates and clashes. */
export const eventLogDedupeCases = casesOf(EventLog)([
  {
    id: 'dedupe/first-place',
    title: 'answers the same id and data again with the place of the first, and appends nothing',
    async run({ api, open }) {
      await api.declare('t', { partitions: 1 });
      const record = { key: 'k', id: 'i', data: 'd' };
      const [first] = await appended(api, 't', [record]);
      await appended(api, 't', [{ key: 'k', data: 'between' }]);
      const [again] = await appended(api, 't', [record]);
      const [beside] = await appended((await open()).api, 't', [record]);
      assert.deepEqual(again, { ...first, duplicate: true });
      assert.deepEqual(beside, { ...first, duplicate: true });
      assert.deepEqual(bodies(await readAll(api, 't', 0)), ['d', 'between']);
    },
  },
  {
    id: 'dedupe/within-a-call',
    title: 'finds the same id and data twice within one call',
    async run({ api }) {
      await api.declare('t', { partitions: 1 });
      const record = { key: 'k', id: 'i', data: 'd' };
      const placed = await appended(api, 't', [record, { key: 'k', data: 'between' }, record, record]);
      assert.deepEqual(
        placed.map(({ position, duplicate }) => [position, duplicate]),
        [
          [1, false],
          [2, false],
          [1, true],
          [1, true],
        ],
      );
      assert.deepEqual(bodies(await readAll(api, 't', 0)), ['d', 'between']);
    },
  },
  {
    id: 'dedupe/mixed',
    title: 'appends the new ones of a call whose other records are duplicates',
    async run({ api, caps }) {
      await api.declare('t', { partitions: 1 });
      const record = (index: number) => ({ key: 'k', id: `i${index}`, data: `d${index}` });
      await appended(api, 't', times(5, record));
      const placed = await appended(api, 't', times(10, record));
      assert.deepEqual(
        placed.map(({ duplicate }) => duplicate),
        times(10, (index) => index < 5),
      );
      const held = await readAll(api, 't', 0);
      assert.deepEqual(
        bodies(held),
        times(10, (index) => `d${index}`),
      );
      assertInOrder(held, caps.gapless, 'after duplicates');
    },
  },
  {
    id: 'dedupe/per-partition',
    title: 'knows an id only within its partition',
    async run({ api }) {
      await api.declare('t', { partitions: 2 });
      const placed = await appended(
        api,
        't',
        [0, 1].map((partition) => ({ key: 'k', partition, id: 'same', data: 'd' })),
      );
      assert.deepEqual(
        placed.map(({ duplicate }) => duplicate),
        [false, false],
      );
    },
  },
  {
    id: 'dedupe/no-id',
    title: 'never takes records without an id for duplicates',
    async run({ api }) {
      await api.declare('t', { partitions: 1 });
      const placed = await appended(
        api,
        't',
        times(3, () => ({ key: 'k', data: 'd' })),
      );
      assert.deepEqual(
        placed.map(({ position, duplicate }) => [position, duplicate]),
        [
          [1, false],
          [2, false],
          [3, false],
        ],
      );
    },
  },
  {
    id: 'clash/appends-nothing',
    title: 'names every record whose id stands with other data, and appends none of the call, in no partition',
    async run({ api, caps }) {
      await api.declare('t', { partitions: 2 });
      const [zero, one] = [keyFor(0, 2), keyFor(1, 2)];
      await appended(api, 't', [
        { key: zero, id: 'a', data: 'first' },
        { key: one, id: 'b', data: 'first' },
      ]);
      const call = [
        { key: zero, id: 'new', data: 'new' },
        { key: one, id: 'b', data: 'other' },
        { key: zero, id: 'a', data: 'first' },
        { key: one, data: 'plain' },
        { key: zero, id: 'a', data: 'other' },
      ];
      const result = await api.append('t', call);
      assert.deepEqual(
        { ...result, clashes: result.kind === 'clash' ? result.clashes.toSorted((a, b) => a - b) : [] },
        { kind: 'clash', clashes: [1, 4] },
      );
      assert.deepEqual(bodies(await readAll(api, 't', 0)), ['first']);
      assert.deepEqual(bodies(await readAll(api, 't', 1)), ['first']);
      const placed = await appended(api, 't', [call[0] ?? { key: zero, data: '' }, { key: one, data: 'plain' }]);
      assert.deepEqual(
        placed.map(({ duplicate }) => duplicate),
        [false, false],
        'what the clash held back was never there',
      );
      for (const partition of [0, 1]) assertInOrder(await readAll(api, 't', partition), caps.gapless, 'after a clash');
    },
  },
  {
    id: 'clash/within-a-call',
    title: 'finds one id with two contents within one call, and appends none of it',
    async run({ api }) {
      await api.declare('t', { partitions: 1 });
      const result = await api.append('t', [
        { key: 'k', id: 'i', data: 'one' },
        { key: 'k', id: 'i', data: 'two' },
      ]);
      assert.equal(result.kind, 'clash');
      assert.ok(result.kind === 'clash' && result.clashes.includes(1));
      assert.deepEqual(await readAll(api, 't', 0), []);
    },
  },
  {
    id: 'dedupe/one-of-40',
    title: 'appends once what 40 callers append at once under one id, and tells all of them where',
    async run({ api, caps, open }) {
      await api.declare('t', { partitions: 1 });
      const second = caps.scope === 'cluster' ? (await open({ isSecondNode: true })).api : api;
      for (let round = 0; round < 5; round++) {
        const record = { key: 'k', id: `i${round}`, data: 'd' };
        const placed = await Promise.all(times(40, (index) => appended(index % 2 === 0 ? api : second, 't', [record])));
        assert.equal(placed.filter(([place]) => place?.duplicate === false).length, 1, 'one is the first');
        assert.equal(new Set(placed.map(([place]) => place?.position)).size, 1, 'all hear of one place');
      }
      const held = await readAll(api, 't', 0);
      assert.equal(held.length, 5);
      assertInOrder(held, caps.gapless, 'after duplicates at once');
    },
  },
  {
    id: 'clash/one-of-40',
    title: 'appends one of 40 contents given at once under one id, and clashes with the others',
    async run({ api }) {
      await api.declare('t', { partitions: 1 });
      const results = await Promise.all(times(40, (index) => api.append('t', [{ key: 'k', id: 'i', data: `${index}` }])));
      const winners = results.flatMap(({ kind }, index) => (kind === 'appended' ? [`${index}`] : []));
      assert.equal(winners.length, 1);
      assert.deepEqual(bodies(await readAll(api, 't', 0)), winners);
    },
  },
]);
