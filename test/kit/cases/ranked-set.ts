import assert from 'node:assert/strict';
import { RankedSet } from '../../../ports/index.ts';
import { type Case, casesOf } from '../case.ts';
import { waitingWith } from '../options.ts';
import { times } from '../proof.ts';
import { traitsOf } from '../traits.ts';
import { rankedSetBoardCases } from './ranked-set-boards.ts';
import { rankedSetBoundsCases } from './ranked-set-bounds.ts';
import { rankedSetCheckpointCases } from './ranked-set-checkpoints.ts';
import { rankedSetLoadCases } from './ranked-set-load.ts';
import { byBytes } from './ranked-set-model.ts';
import { rankedSetWalk } from './ranked-set-walk.ts';

const MOST = Number.MAX_SAFE_INTEGER;

const traits = traitsOf(RankedSet, {
  verbs: {
    apply: (api, signal) => api.apply('v', [{ op: 'set', member: 'm', score: 1, tie: 0 }], waitingWith(signal)),
    checkpoints: (api, signal) => api.checkpoints(['v'], 's', waitingWith(signal)),
    lookup: (api, signal) => api.lookup('v', ['m'], waitingWith(signal)),
    range: (api, signal) => api.range('v', { from: 0, limit: 10 }, waitingWith(signal)),
    around: (api, signal) => api.around('v', 'm', { before: 1, after: 1 }, waitingWith(signal)),
    count: (api, signal) => api.count('v', [1], waitingWith(signal)),
    distinctAbove: (api, signal) => api.distinctAbove('v', [1], waitingWith(signal)),
    size: (api, signal) => api.size(['v'], waitingWith(signal)),
    replace: (api) => api.replace('v', 'v-missing'),
    drop: (api) => api.drop(['v-missing']),
    expire: (api) => api.expire('v-missing', Date.now() + 60_000),
  },
  waiting: ['apply', 'checkpoints', 'lookup', 'range', 'around', 'count', 'distinctAbove', 'size'],
  mark: {
    leave: (api, name) => api.apply(name, [{ op: 'set', member: name, score: 7, tie: 1 }]),
    find: async (api, all) => {
      const found: boolean[] = [];
      for (const name of all) found.push((await api.lookup(name, [name]))[0]?.score === 7);
      return found;
    },
  },
  survivesKill: (caps) => caps.durable === 'disk',
  problems: ({ scope, durable, distinct, expiry }) => [
    !['process', 'cluster'].includes(scope) && `scope ${scope}`,
    !['disk', 'none'].includes(durable) && `durable ${durable}`,
    typeof distinct !== 'boolean' && 'distinct is no boolean',
    expiry !== undefined && !(expiry.granularityMs >= 0) && 'granularityMs is no duration',
  ],
});

const own = casesOf(RankedSet)([
  {
    id: 'order/total',
    title: 'orders by score downwards, then tie upwards, then member by bytes, and says rank and number above',
    async run({ api }) {
      await api.apply('b', [
        { op: 'set', member: 'late', score: 10, tie: 9 },
        { op: 'set', member: 'b', score: 10, tie: 5 },
        { op: 'set', member: 'a', score: 10, tie: 5 },
        { op: 'set', member: 'best', score: 11, tie: 100 },
        { op: 'set', member: 'last', score: -3, tie: 0 },
        { op: 'set', member: 'zero', score: 0, tie: 0 },
      ]);
      const board = [
        { member: 'best', score: 11, tie: 100, rank: 0, above: 0 },
        { member: 'a', score: 10, tie: 5, rank: 1, above: 1 },
        { member: 'b', score: 10, tie: 5, rank: 2, above: 1 },
        { member: 'late', score: 10, tie: 9, rank: 3, above: 1 },
        { member: 'zero', score: 0, tie: 0, rank: 4, above: 4 },
        { member: 'last', score: -3, tie: 0, rank: 5, above: 5 },
      ];
      assert.deepEqual(await api.range('b', { from: 0, limit: 100 }), board);
      assert.deepEqual(await api.range('b', { from: 2, limit: 2 }), board.slice(2, 4));
      assert.deepEqual(await api.range('b', { from: 6, limit: 5 }), []);
      assert.deepEqual(await api.lookup('b', ['zero', 'nobody', 'late', 'zero']), [board[4], null, board[3], board[4]]);
    },
  },
  {
    id: 'order/bytes',
    title: 'orders equal scores and ties by the bytes of UTF-8, not by UTF-16 units and not by a language',
    async run({ api }) {
      const members = [
        'Z',
        'a',
        'B',
        'z',
        'é',
        'e\u0301',
        'ä',
        '~',
        '\u{10000}',
        '\uffee',
        '\ue000',
        '🏆',
        '日本',
        'a b',
        'a-b',
        'aa',
        '10',
        '9',
      ];
      await api.apply(
        'b',
        members.map((member) => ({ op: 'set' as const, member, score: 5, tie: 5 })),
      );
      assert.deepEqual(
        (await api.range('b', { from: 0, limit: 100 })).map(({ member }) => member),
        members.toSorted(byBytes),
      );
      for (const member of members) {
        const [found] = await api.lookup('b', [member]);
        assert.equal(found?.rank, members.toSorted(byBytes).indexOf(member), member);
      }
    },
  },
  {
    id: 'scores/exact',
    title: 'keeps scores and ties exact up to 2^53 - 1',
    async run({ api }) {
      const scores = [MOST, MOST - 1, MOST - 2, 1, 0, -1, -MOST + 1, -MOST];
      await api.apply(
        'b',
        scores.map((score, index) => ({ op: 'set' as const, member: `m${index}`, score, tie: MOST - index })),
      );
      assert.deepEqual(
        (await api.range('b', { from: 0, limit: 10 })).map(({ score, tie, rank }) => [score, tie, rank]),
        scores.map((score, index) => [score, MOST - index, index]),
      );
      await api.apply('b', [
        { op: 'add', member: 'm1', score: 1, tie: MOST },
        { op: 'add', member: 'm7', score: MOST, tie: MOST - 1 },
      ]);
      assert.deepEqual(
        (await api.lookup('b', ['m1', 'm7'])).map((found) => [found?.score, found?.tie]),
        [
          [MOST, MOST],
          [0, MOST - 1],
        ],
      );
      assert.deepEqual(await api.count('b', [MOST]), [{ above: 0, at: 2 }]);
      await api.apply(
        'ties',
        [3, 1, 2, 0].map((back) => ({ op: 'set' as const, member: `t${back}`, score: 0, tie: MOST - back })),
      );
      assert.deepEqual(
        (await api.range('ties', { from: 0, limit: 10 })).map(({ member }) => member),
        ['t3', 't2', 't1', 't0'],
      );
    },
  },
  {
    id: 'apply/operations',
    title: 'sets, adds to what was missing as to 0, keeps the better of two, and takes the tie only when the score changes',
    async run({ api }) {
      await api.apply('b', [
        { op: 'add', member: 'added', score: -5, tie: 1 },
        { op: 'max', member: 'max', score: -5, tie: 1 },
        { op: 'min', member: 'min', score: 5, tie: 1 },
        { op: 'set', member: 'set', score: 5, tie: 1 },
        { op: 'add', member: 'nothing', score: 0, tie: 1 },
        { op: 'set', member: 'gone', score: 5, tie: 1 },
      ]);
      await api.apply('b', [
        { op: 'add', member: 'added', score: 8, tie: 2 },
        { op: 'max', member: 'max', score: -6, tie: 2 },
        { op: 'min', member: 'min', score: 6, tie: 2 },
        { op: 'set', member: 'set', score: 5, tie: 2 },
        { op: 'add', member: 'nothing', score: 0, tie: 2 },
        { op: 'remove', member: 'gone' },
        { op: 'remove', member: 'never' },
      ]);
      const standing = async () =>
        (await api.lookup('b', ['added', 'max', 'min', 'set', 'nothing', 'gone'])).map((found) => found && [found.score, found.tie]);
      assert.deepEqual(await standing(), [[3, 2], [-5, 1], [5, 1], [5, 1], [0, 1], null]);
      await api.apply('b', [
        { op: 'max', member: 'max', score: -4, tie: 3 },
        { op: 'min', member: 'min', score: 4, tie: 3 },
        { op: 'set', member: 'set', score: 1, tie: 3 },
        { op: 'set', member: 'gone', score: 2, tie: 0 },
      ]);
      assert.deepEqual(await standing(), [
        [3, 2],
        [-4, 3],
        [4, 3],
        [1, 3],
        [0, 1],
        [2, 0],
      ]);
    },
  },
  {
    id: 'apply/in-order',
    title: 'applies the changes of a call one after the other, also to one member',
    async run({ api }) {
      const { applied } = await api.apply('b', [
        { op: 'set', member: 'm', score: 10, tie: 1 },
        { op: 'add', member: 'm', score: 5, tie: 2 },
        { op: 'remove', member: 'm' },
        { op: 'add', member: 'm', score: 1, tie: 3 },
        { op: 'max', member: 'm', score: 4, tie: 4 },
      ]);
      assert.equal(applied, 5);
      assert.deepEqual(await api.lookup('b', ['m']), [{ member: 'm', score: 4, tie: 4, rank: 0, above: 0 }]);
      assert.deepEqual(await api.size(['b']), [1]);
    },
  },
  {
    id: 'around/ends',
    title: 'shows a member with its neighbours, fewer at the ends, nothing when it is not there',
    async run({ api }) {
      await api.apply(
        'b',
        times(10, (index) => ({ op: 'set' as const, member: `m${index}`, score: 100 - index, tie: 0 })),
      );
      const near = async (member: string, before: number, after: number) =>
        (await api.around('b', member, { before, after })).map(({ member: name, rank }) => [name, rank]);
      const slice = (from: number, through: number) => times(through - from + 1, (index) => [`m${from + index}`, from + index]);
      assert.deepEqual(await near('m5', 2, 3), slice(3, 8));
      assert.deepEqual(await near('m0', 4, 1), slice(0, 1));
      assert.deepEqual(await near('m1', 4, 0), slice(0, 1));
      assert.deepEqual(await near('m9', 1, 4), slice(8, 9));
      assert.deepEqual(await near('m4', 0, 0), slice(4, 4));
      assert.deepEqual(await near('m4', 500, 500), slice(0, 9));
      assert.deepEqual(await near('nobody', 4, 4), []);
      assert.deepEqual(await api.around('empty', 'm1', { before: 1, after: 1 }), []);
    },
  },
  {
    id: 'count/above-and-at',
    title: 'counts the members above a score and at it, also for scores that nobody has',
    async run({ api }) {
      await api.apply(
        'b',
        [5, 5, 5, 3, 1, -2, -2].map((score, index) => ({ op: 'set' as const, member: `m${index}`, score, tie: index })),
      );
      assert.deepEqual(await api.count('b', [6, 5, 4, 3, 0, -2, -9, 5]), [
        { above: 0, at: 0 },
        { above: 0, at: 3 },
        { above: 3, at: 0 },
        { above: 3, at: 1 },
        { above: 5, at: 0 },
        { above: 5, at: 2 },
        { above: 7, at: 0 },
        { above: 0, at: 3 },
      ]);
      assert.deepEqual(await api.count('empty', [1]), [{ above: 0, at: 0 }]);
    },
  },
  {
    id: 'distinct/claimed',
    title: 'counts the distinct scores above a score',
    skip: (caps) => !caps.distinct && 'does not claim distinct',
    async run({ api, random }) {
      const scores = times(200, () => random.integer(-20, 20));
      await api.apply(
        'b',
        scores.map((score, index) => ({ op: 'set' as const, member: `m${index}`, score, tie: 0 })),
      );
      await api.apply(
        'b',
        times(100, (index) => ({ op: 'remove' as const, member: `m${index}` })),
      );
      const left = new Set(scores.slice(100));
      const asked = times(50, (index) => index - 25);
      assert.deepEqual(
        await api.distinctAbove('b', asked),
        asked.map((score) => [...left].filter((other) => other > score).length),
      );
      assert.deepEqual(await api.distinctAbove('empty', [0]), [0]);
    },
  },
]);

export const rankedSetCases: readonly Case<typeof RankedSet>[] = [
  ...traits,
  ...own,
  ...rankedSetCheckpointCases,
  ...rankedSetBoardCases,
  ...rankedSetBoundsCases,
  ...rankedSetLoadCases,
  ...rankedSetWalk,
];
