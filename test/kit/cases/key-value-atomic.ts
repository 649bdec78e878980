import assert from 'node:assert/strict';
import { KeyValue, type KeyValueCaps } from '../../../ports/index.ts';
import { casesOf } from '../case.ts';
import { refuses, times } from '../proof.ts';

const MOST = Number.MAX_SAFE_INTEGER;
const unless = (act: KeyValueCaps['atomic'][number]) => (caps: KeyValueCaps) => !caps.atomic.includes(act) && `does not claim ${act}`;
const claims = (act: KeyValueCaps['atomic'][number]) => (caps: KeyValueCaps) => caps.atomic.includes(act) && `claims ${act}`;

/** Acts that a caller must not compose: take, add, onlyIf. */
export const keyValueAtomicCases = casesOf(KeyValue)([
  {
    id: 'take/aligned',
    title: 'reads and removes, null for a missing key and for the second of two',
    skip: unless('take'),
    async run({ api }) {
      await api.set([
        { key: 'a', value: '1' },
        { key: 'b', value: '2' },
      ]);
      assert.deepEqual(await api.take(['b', 'no', 'a', 'b']), ['2', null, '1', null]);
      assert.deepEqual(await api.get(['a', 'b']), [null, null]);
    },
  },
  {
    id: 'take/one-winner',
    title: 'gives a value to exactly one of 40 callers',
    skip: unless('take'),
    async run({ api, caps, open }) {
      const second = caps.scope === 'cluster' ? (await open({ isSecondNode: true })).api : api;
      for (const key of times(5, (index) => `k${index}`)) {
        await api.set([{ key, value: 'prize' }]);
        const got = await Promise.all(times(40, (index) => (index % 2 === 0 ? api : second).take([key])));
        assert.equal(got.filter(([value]) => value === 'prize').length, 1);
        assert.equal(got.filter(([value]) => value === null).length, 39);
      }
    },
  },
  {
    id: 'take/unclaimed',
    title: 'refuses take with UNSUPPORTED where it is not claimed, and removes nothing',
    skip: claims('take'),
    async run({ api }) {
      await api.set([{ key: 'k', value: '1' }]);
      await refuses('UNSUPPORTED', 'take', () => api.take(['k']));
      assert.deepEqual(await api.get(['k']), ['1']);
    },
  },
  {
    id: 'only-if/decides',
    title: 'writes only if absent or only if present, entry by entry',
    skip: unless('onlyIf'),
    async run({ api }) {
      await api.set([{ key: 'there', value: 'old' }]);
      const written = await api.set([
        { key: 'there', value: 'no', onlyIf: 'absent' },
        { key: 'there', value: 'yes', onlyIf: 'present' },
        { key: 'gone', value: 'no', onlyIf: 'present' },
        { key: 'gone', value: 'yes', onlyIf: 'absent' },
        { key: 'gone', value: 'no', onlyIf: 'absent' },
      ]);
      assert.deepEqual(written, [false, true, false, true, false]);
      assert.deepEqual(await api.get(['there', 'gone']), ['yes', 'yes']);
    },
  },
  {
    id: 'only-if/one-winner',
    title: 'lets exactly one of 40 callers write an absent key, and keeps what the winner wrote',
    skip: unless('onlyIf'),
    async run({ api, caps, open }) {
      const second = caps.scope === 'cluster' ? (await open({ isSecondNode: true })).api : api;
      for (const key of times(5, (index) => `k${index}`)) {
        const won = await Promise.all(
          times(40, (index) => (index % 2 === 0 ? api : second).set([{ key, value: `${index}`, onlyIf: 'absent' }])),
        );
        const winners = won.flatMap(([isWritten], index) => (isWritten ? [`${index}`] : []));
        assert.equal(winners.length, 1);
        assert.deepEqual(await api.get([key]), winners);
      }
    },
  },
  {
    id: 'only-if/unclaimed',
    title: 'refuses onlyIf with UNSUPPORTED where it is not claimed, and writes nothing',
    skip: claims('onlyIf'),
    async run({ api }) {
      await refuses('UNSUPPORTED', 'set', () => api.set([{ key: 'k', value: '1', onlyIf: 'absent' }]));
      assert.deepEqual(await api.get(['k']), [null]);
    },
  },
  {
    id: 'add/counts',
    title: 'counts a missing key as 0, in the order of the entries, and stores decimal text',
    skip: unless('add'),
    async run({ api }) {
      await api.set([{ key: 'given', value: '-7' }]);
      const sums = await api.add([
        { key: 'new', delta: 5 },
        { key: 'given', delta: 10 },
        { key: 'new', delta: -8 },
        { key: 'new', delta: 0 },
      ]);
      assert.deepEqual(sums, [5, 3, -3, -3]);
      assert.deepEqual(await api.get(['new', 'given']), ['-3', '3']);
    },
  },
  {
    id: 'add/exact',
    title: 'is exact up to 2^53 - 1 both ways',
    skip: unless('add'),
    async run({ api }) {
      assert.deepEqual(await api.add([{ key: 'up', delta: MOST - 1 }]), [MOST - 1]);
      assert.deepEqual(await api.add([{ key: 'up', delta: 1 }]), [MOST]);
      assert.deepEqual(await api.add([{ key: 'down', delta: -MOST }]), [-MOST]);
      assert.deepEqual(await api.add([{ key: 'down', delta: 1 }]), [-MOST + 1]);
      assert.deepEqual(await api.get(['up', 'down']), [`${MOST}`, `${-MOST + 1}`]);
    },
  },
  {
    id: 'add/concurrent-sum',
    title: 'loses none of 80 additions made at once',
    skip: unless('add'),
    async run({ api, caps, open }) {
      const second = caps.scope === 'cluster' ? (await open({ isSecondNode: true })).api : api;
      const sums = await Promise.all(times(80, (index) => (index % 2 === 0 ? api : second).add([{ key: 'k', delta: 1 }])));
      assert.deepEqual(await api.get(['k']), ['80']);
      assert.equal(new Set(sums.map(([sum]) => sum)).size, 80, 'every caller saw a sum of its own');
    },
  },
  {
    id: 'add/bounds',
    title: 'takes bounds as inclusive, changes nothing beyond them and answers null',
    skip: unless('add'),
    async run({ api }) {
      const sums = await api.add([
        { key: 'k', delta: 10, max: 10 },
        { key: 'k', delta: 1, max: 10 },
        { key: 'k', delta: -10, min: 0 },
        { key: 'k', delta: -1, min: 0 },
        { key: 'fresh', delta: -1, min: 0 },
      ]);
      assert.deepEqual(sums, [10, null, 0, null, null]);
      assert.deepEqual(await api.get(['k', 'fresh']), ['0', null]);
    },
  },
  {
    id: 'add/guard-is-atomic',
    title: 'never lets 40 callers at once take more than there is',
    skip: unless('add'),
    async run({ api, caps, open }) {
      const second = caps.scope === 'cluster' ? (await open({ isSecondNode: true })).api : api;
      await api.set([{ key: 'stock', value: '10' }]);
      const taken = await Promise.all(times(40, (index) => (index % 2 === 0 ? api : second).add([{ key: 'stock', delta: -1, min: 0 }])));
      assert.equal(taken.filter(([left]) => left !== null).length, 10);
      assert.deepEqual(await api.get(['stock']), ['0']);
    },
  },
  {
    id: 'add/no-integer',
    title: 'refuses to add to a value that is no integer, and leaves it',
    skip: unless('add'),
    async run({ api }) {
      const values = ['ten', '', '1.5', '1e3', ' 1', '0x10'];
      await api.set(values.map((value, index) => ({ key: `k${index}`, value })));
      for (const [index, value] of values.entries())
        await refuses('INVALID_ARGUMENT', `adding to "${value}"`, () => api.add([{ key: `k${index}`, delta: 1 }]));
      assert.deepEqual(await api.get(values.map((_, index) => `k${index}`)), values);
    },
  },
  {
    id: 'add/unsafe-delta',
    title: 'refuses a delta that is no safe integer, and does nothing of such a call',
    skip: unless('add'),
    async run({ api }) {
      for (const delta of [Number.NaN, 0.5, Infinity, MOST + 1])
        await refuses('INVALID_ARGUMENT', `a delta of ${delta}`, () =>
          api.add([
            { key: 'good', delta: 1 },
            { key: 'k', delta },
          ]),
        );
      assert.deepEqual(await api.get(['good', 'k']), [null, null]);
    },
  },
  {
    id: 'add/unclaimed',
    title: 'refuses add with UNSUPPORTED where it is not claimed',
    skip: claims('add'),
    async run({ api }) {
      await refuses('UNSUPPORTED', 'add', () => api.add([{ key: 'k', delta: 1 }]));
      assert.deepEqual(await api.get(['k']), [null]);
    },
  },
]);
