import assert from 'node:assert/strict';
import { EventLog, type NewRecord } from '../../../ports/index.ts';
import { casesOf } from '../case.ts';
import { refuses } from '../proof.ts';
import { appended, readAll } from './event-log-proof.ts';

const BAD_RECORDS: readonly (readonly [string, NewRecord])[] = [
  ['an empty key', { key: '', data: 'd' }],
  ['a key of 201 bytes', { key: 'x'.repeat(201), data: 'd' }],
  ['a key of 202 bytes', { key: 'ü'.repeat(101), data: 'd' }],
  ['an empty id', { key: 'k', id: '', data: 'd' }],
  ['an id of 201 bytes', { key: 'k', id: 'x'.repeat(201), data: 'd' }],
  ['more than 64 KiB', { key: 'k', data: 'x'.repeat(64 * 1024 + 1) }],
  ['more than 64 KiB of UTF-8', { key: 'k', data: 'ü'.repeat(32 * 1024 + 1) }],
  ['a partition that is not there', { key: 'k', partition: 1, data: 'd' }],
];

/** Arguments out of bounds. */
export const eventLogBoundsCases = casesOf(EventLog)([
  {
    id: 'bounds/records',
    title: 'refuses records out of bounds with INVALID_ARGUMENT, and appends nothing of such a call',
    async run({ api }) {
      await api.declare('t', { partitions: 1 });
      for (const [what, record] of BAD_RECORDS)
        await refuses('INVALID_ARGUMENT', what, () => api.append('t', [{ key: 'good', data: 'good' }, record]));
      assert.deepEqual(await readAll(api, 't', 0), []);
      const longest = 'ü'.repeat(100);
      await appended(api, 't', [{ key: longest, id: longest, data: 'd' }]);
      assert.equal((await readAll(api, 't', 0))[0]?.key, longest);
    },
  },
  {
    id: 'bounds/reads',
    title: 'refuses limits outside 1 to 5000, negative positions and partitions that are not there',
    async run({ api, signal }) {
      await api.declare('t', { partitions: 2 });
      for (const [partition, after, limit] of [
        [0, 0, 0],
        [0, 0, 5_001],
        [0, 0, -1],
        [0, 0, 1.5],
        [0, 0, Number.NaN],
        [0, -1, 10],
        [0, Number.NaN, 10],
        [0, 0.5, 10],
        [2, 0, 10],
        [-1, 0, 10],
      ] as const) {
        const what = `partition ${partition} after ${after} limit ${limit}`;
        await refuses('INVALID_ARGUMENT', `read ${what}`, () => api.read('t', partition, { after, limit }));
        await refuses('INVALID_ARGUMENT', `follow ${what}`, () =>
          api.follow('t', partition, { after, limit, signal })[Symbol.asyncIterator]().next(),
        );
      }
    },
  },
  {
    id: 'cancel/nothing-applied',
    title: 'appends nothing when the caller had given up before',
    async run({ api }) {
      await api.declare('t', { partitions: 1 });
      await refuses('CANCELLED', 'append', () => api.append('t', [{ key: 'k', data: 'd' }], { signal: AbortSignal.abort() }));
      assert.deepEqual(await readAll(api, 't', 0), []);
    },
  },
]);
