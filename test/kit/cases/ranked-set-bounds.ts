import assert from 'node:assert/strict';
import { type Change, RankedSet } from '../../../ports/index.ts';
import { casesOf } from '../case.ts';
import { refuses, times } from '../proof.ts';

const MOST = Number.MAX_SAFE_INTEGER;
const good: Change = { op: 'set', member: 'good', score: 1, tie: 1 };

const BAD_CHANGES: readonly Change[] = [
  ...[Number.NaN, Infinity, -Infinity, 0.5, MOST + 1, -MOST - 1].flatMap((score) =>
    (['set', 'add', 'max', 'min'] as const).map((op): Change => ({ op, member: 'm', score, tie: 0 })),
  ),
  ...[-1, Number.NaN, 0.5, MOST + 1, Infinity].map((tie): Change => ({ op: 'set', member: 'm', score: 1, tie })),
  ...['', 'x'.repeat(129), 'ü'.repeat(65)].flatMap((member): Change[] => [
    { op: 'set', member, score: 1, tie: 0 },
    { op: 'remove', member },
  ]),
];

/** Arguments out of bounds, with nothing applied. */
export const rankedSetBoundsCases = casesOf(RankedSet)([
  {
    id: 'bounds/changes',
    title: 'refuses scores, ties and members out of bounds, and applies nothing of such a call',
    async run({ api }) {
      for (const bad of BAD_CHANGES)
        await refuses('INVALID_ARGUMENT', JSON.stringify(bad), () =>
          api.apply('b', [good, bad], { checkpoint: { source: 's', position: 1 } }),
        );
      assert.deepEqual(await api.size(['b']), [0]);
      assert.deepEqual(await api.checkpoints(['b'], 's'), [0]);
      const longest = 'ü'.repeat(64);
      await api.apply('b', [{ op: 'set', member: longest, score: 1, tie: 0 }]);
      assert.equal((await api.lookup('b', [longest]))[0]?.score, 1);
    },
  },
  {
    id: 'bounds/overflow',
    title: 'refuses an addition that would leave ±(2^53 - 1), and applies nothing of such a call',
    async run({ api }) {
      await api.apply('b', [
        { op: 'set', member: 'top', score: MOST, tie: 0 },
        { op: 'set', member: 'bottom', score: -MOST, tie: 0 },
        { op: 'set', member: 'half', score: 2 ** 52, tie: 0 },
      ]);
      for (const [member, score] of [
        ['top', 1],
        ['top', MOST],
        ['bottom', -1],
        ['half', 2 ** 52],
      ] as const)
        await refuses('INVALID_ARGUMENT', `${score} more for ${member}`, () =>
          api.apply('b', [
            good,
            { op: 'remove', member: 'half' },
            { op: 'set', member: 'half', score: 2 ** 52, tie: 0 },
            { op: 'add', member, score, tie: 1 },
          ]),
        );
      await refuses('INVALID_ARGUMENT', 'two additions of one call', () =>
        api.apply('b', [
          { op: 'add', member: 'half', score: 2 ** 52 - 1, tie: 1 },
          { op: 'add', member: 'half', score: 1, tie: 1 },
        ]),
      );
      assert.deepEqual(
        (await api.lookup('b', ['top', 'bottom', 'half', 'good'])).map((found) => found && [found.score, found.tie]),
        [[MOST, 0], [-MOST, 0], [2 ** 52, 0], null],
      );
    },
  },
  {
    id: 'bounds/batch',
    title: 'takes 5000 changes in one call and refuses one more',
    async run({ api }) {
      const changes = (count: number) => times(count, (index): Change => ({ op: 'set', member: `m${index}`, score: index, tie: 0 }));
      assert.deepEqual(await api.apply('b', changes(5_000)), { applied: 5_000 });
      assert.deepEqual(await api.size(['b']), [5_000]);
      assert.deepEqual(
        (await api.lookup('b', ['m0', 'm4999'])).map((found) => found?.rank),
        [4_999, 0],
      );
      assert.equal((await api.range('b', { from: 3_000, limit: 1_000 })).length, 1_000);
      await refuses('INVALID_ARGUMENT', '5001 changes', () => api.apply('more', changes(5_001)));
      assert.deepEqual(await api.size(['more']), [0]);
    },
  },
  {
    id: 'bounds/windows',
    title: 'refuses limits outside 1 to 1000, negative ranks and spans outside 0 to 500',
    async run({ api }) {
      for (const [from, limit] of [
        [0, 0],
        [0, 1_001],
        [0, -1],
        [0, Number.NaN],
        [0, 1.5],
        [-1, 10],
        [Number.NaN, 10],
        [0.5, 10],
      ] as const)
        await refuses('INVALID_ARGUMENT', `range from ${from} limit ${limit}`, () => api.range('b', { from, limit }));
      for (const [before, after] of [
        [-1, 0],
        [501, 0],
        [0, 501],
        [0, Number.NaN],
        [1.5, 0],
      ] as const)
        await refuses('INVALID_ARGUMENT', `around ${before} ${after}`, () => api.around('b', 'm', { before, after }));
    },
  },
  {
    id: 'cancel/nothing-applied',
    title: 'applies nothing when the caller had given up before',
    async run({ api }) {
      await refuses('CANCELLED', 'apply', () => api.apply('b', [good], { signal: AbortSignal.abort() }));
      assert.deepEqual(await api.size(['b']), [0]);
    },
  },
]);
