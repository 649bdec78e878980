import assert from 'node:assert/strict';
import { RankedSet, type RankedSetCaps } from '../../../ports/index.ts';
import { casesOf } from '../case.ts';
import { eventually, refuses, times } from '../proof.ts';

const LIFE_MS = 400;
const SLACK_MS = 1_500;
const set = (member: string, score: number) => ({ op: 'set', member, score, tie: 0 }) as const;
const unlessExpiry = (caps: RankedSetCaps) => caps.expiry === undefined && 'does not claim expiry';

/** Whole boards: sizes, replacing, dropping, expiring. */
export const rankedSetBoardCases = casesOf(RankedSet)([
  {
    id: 'boards/empty',
    title: 'answers for a board that never was as for an empty one',
    async run({ api }) {
      assert.deepEqual(await api.size(['no', 'no']), [0, 0]);
      assert.deepEqual(await api.range('no', { from: 0, limit: 10 }), []);
      assert.deepEqual(await api.lookup('no', ['m']), [null]);
      assert.deepEqual(await api.checkpoints(['no'], 's'), [0]);
      assert.deepEqual(await api.drop(['no']), [false]);
      assert.deepEqual([await api.size([]), await api.lookup('no', []), await api.drop([])], [[], [], []]);
    },
  },
  {
    id: 'boards/apart',
    title: 'keeps boards apart',
    async run({ api }) {
      await api.apply('a', [set('m', 1)]);
      await api.apply('a:b', [set('m', 2), set('n', 2)]);
      await api.apply('A', [set('m', 3)]);
      assert.deepEqual(await api.size(['a', 'no', 'a:b', 'A', 'a']), [1, 0, 2, 1, 1]);
      assert.equal((await api.lookup('a', ['m']))[0]?.score, 1);
    },
  },
  {
    id: 'drop/forgets',
    title: 'forgets boards with their checkpoints, and says which there were',
    async run({ api }) {
      for (const board of ['a', 'b', 'c']) await api.apply(board, [set('m', 1)], { checkpoint: { source: 's', position: 5 } });
      assert.deepEqual(await api.drop(['a', 'no', 'b', 'a']), [true, false, true, false]);
      assert.deepEqual(await api.size(['a', 'b', 'c']), [0, 0, 1]);
      assert.deepEqual(await api.checkpoints(['a', 'b', 'c'], 's'), [0, 0, 5]);
      assert.deepEqual(await api.apply('a', [set('m', 2)], { checkpoint: { source: 's', position: 1 } }), { applied: 1 });
    },
  },
  {
    id: 'replace/moves',
    title: 'puts a board with its checkpoints in the place of another, which is gone',
    async run({ api }) {
      await api.apply('live', [set('old', 1), set('both', 1)], { checkpoint: { source: 's', position: 90 } });
      await api.apply('live', [set('old', 1)], { checkpoint: { source: 'only-live', position: 3 } });
      await api.apply('shadow', [set('new', 2), set('both', 2)], { checkpoint: { source: 's', position: 40 } });
      await api.replace('live', 'shadow');
      assert.deepEqual(
        (await api.range('live', { from: 0, limit: 10 })).map(({ member, score }) => [member, score]),
        [
          ['both', 2],
          ['new', 2],
        ],
      );
      assert.deepEqual(await api.checkpoints(['live', 'shadow'], 's'), [40, 0]);
      assert.deepEqual(await api.checkpoints(['live'], 'only-live'), [0]);
      assert.deepEqual(await api.size(['live', 'shadow']), [2, 0]);
      await api.apply('fresh', [set('m', 1)]);
      await api.replace('place', 'fresh');
      assert.deepEqual(await api.size(['place', 'fresh']), [1, 0], 'the place may be empty');
    },
  },
  {
    id: 'replace/missing',
    title: 'refuses to put a board that is not there, with NOT_FOUND, and leaves the other',
    async run({ api }) {
      await api.apply('live', [set('m', 1)]);
      await refuses('NOT_FOUND', 'replace', () => api.replace('live', 'no'));
      assert.deepEqual(await api.size(['live']), [1]);
    },
  },
  {
    id: 'replace/atomic',
    title: 'shows readers one board or the other while replacing, never a mixture and never none',
    async run({ api }) {
      const fill = (board: string, score: number) =>
        api.apply(
          board,
          times(50, (index) => set(`m${index}`, score)),
          { checkpoint: { source: 's', position: score } },
        );
      await fill('live', 1);
      let isOver = false;
      const reading = Promise.all(
        times(4, async () => {
          while (!isOver) {
            const seen = await api.range('live', { from: 0, limit: 100 });
            assert.equal(seen.length, 50);
            assert.equal(new Set(seen.map(({ score }) => score)).size, 1, 'one board');
          }
        }),
      );
      try {
        for (let round = 2; round <= 15; round++) {
          await fill('shadow', round);
          await api.replace('live', 'shadow');
        }
      } finally {
        isOver = true;
      }
      await reading;
      assert.deepEqual(await api.checkpoints(['live'], 's'), [15]);
    },
  },
  {
    id: 'expire/claimed',
    title: 'keeps a board until its instant; then it is gone with its checkpoints',
    skip: unlessExpiry,
    async run({ api, caps }) {
      const endsAtMs = Date.now() + LIFE_MS;
      await api.apply('b', [set('m', 1)], { checkpoint: { source: 's', position: 9 } });
      await api.apply('stays', [set('m', 1)]);
      await api.expire('b', endsAtMs);
      await eventually(
        'the board is gone',
        async () => {
          const [size] = await api.size(['b']);
          if (Date.now() < endsAtMs - 5) assert.equal(size, 1, 'it is there before its instant');
          return size === 0;
        },
        LIFE_MS + (caps.expiry?.granularityMs ?? 0) + SLACK_MS,
      );
      assert.deepEqual(await api.lookup('b', ['m']), [null]);
      assert.deepEqual(await api.checkpoints(['b'], 's'), [0]);
      assert.deepEqual(await api.size(['stays']), [1]);
      assert.deepEqual(await api.apply('b', [set('m', 2)], { checkpoint: { source: 's', position: 1 } }), { applied: 1 });
      assert.deepEqual(await api.size(['b']), [1], 'a new board of that name has no instant');
    },
  },
  {
    id: 'expire/passed',
    title: 'ends a board at once when the instant has passed; refuses an instant that is no number',
    skip: unlessExpiry,
    async run({ api }) {
      await api.apply('b', [set('m', 1)]);
      for (const atMs of [Number.NaN, Infinity]) await refuses('INVALID_ARGUMENT', `expire at ${atMs}`, () => api.expire('b', atMs));
      assert.deepEqual(await api.size(['b']), [1]);
      await api.expire('b', Date.now() + 90 * 86_400_000);
      assert.deepEqual(await api.size(['b']), [1]);
      await api.expire('b', Date.now() - 1_000);
      assert.deepEqual(await api.size(['b']), [0]);
    },
  },
  {
    id: 'expire/unclaimed',
    title: 'refuses expire with UNSUPPORTED where it is not claimed',
    skip: (caps) => caps.expiry !== undefined && 'claims expiry',
    async run({ api }) {
      await api.apply('b', [set('m', 1)]);
      await refuses('UNSUPPORTED', 'expire', () => api.expire('b', Date.now() - 1_000));
      assert.deepEqual(await api.size(['b']), [1]);
    },
  },
  {
    id: 'distinct/unclaimed',
    title: 'refuses distinctAbove with UNSUPPORTED where it is not claimed',
    skip: (caps) => caps.distinct && 'claims distinct',
    async run({ api }) {
      await refuses('UNSUPPORTED', 'distinctAbove', () => api.distinctAbove('b', [1]));
    },
  },
]);
