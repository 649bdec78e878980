import assert from 'node:assert/strict';
import { RankedSet } from '../../../ports/index.ts';
import { casesOf } from '../case.ts';
import { refuses, times } from '../proof.ts';

const MOST = Number.MAX_SAFE_INTEGER;
const add = (member: string, score: number, position?: number) =>
  position === undefined ? ({ op: 'add', member, score, tie: 0 } as const) : ({ op: 'add', member, score, tie: 0, position } as const);

/** Exactly once: changes and checkpoint in one atomic step. */
export const rankedSetCheckpointCases = casesOf(RankedSet)([
  {
    id: 'checkpoint/replayed',
    title: 'changes nothing when a batch comes again or an older one comes late',
    async run({ api }) {
      const batch = (position: number) => api.apply('b', [add('m', 1), add('m', 1)], { checkpoint: { source: 's', position } });
      assert.deepEqual(await batch(10), { applied: 2 });
      assert.deepEqual(await batch(10), { applied: 0 });
      assert.deepEqual(await batch(9), { applied: 0 });
      assert.deepEqual(await api.checkpoints(['b', 'other', 'b'], 's'), [10, 0, 10]);
      assert.deepEqual(await batch(11), { applied: 2 });
      assert.deepEqual(await api.checkpoints(['b'], 's'), [11]);
      assert.equal((await api.lookup('b', ['m']))[0]?.score, 4);
    },
  },
  {
    id: 'checkpoint/per-change',
    title: 'leaves out only the changes at or below the checkpoint, when changes carry positions of their own',
    async run({ api }) {
      const source = 's';
      await api.apply('b', [add('m', 1, 1), add('m', 10, 3)], { checkpoint: { source, position: 3 } });
      const { applied } = await api.apply('b', [add('m', 1, 1), add('m', 10, 3), add('m', 100, 4), add('n', 5, 4), add('m', 1_000, 6)], {
        checkpoint: { source, position: 6 },
      });
      assert.equal(applied, 3, 'two changes of one position both count');
      assert.deepEqual(
        (await api.lookup('b', ['m', 'n'])).map((found) => found?.score),
        [1_111, 5],
      );
      assert.deepEqual(await api.checkpoints(['b'], source), [6]);
      await api.apply('b', [add('m', 1, 5), { op: 'remove', member: 'n', position: 2 }], { checkpoint: { source, position: 6 } });
      assert.deepEqual(
        (await api.lookup('b', ['m', 'n'])).map((found) => found?.score),
        [1_111, 5],
      );
    },
  },
  {
    id: 'checkpoint/per-source',
    title: 'keeps a checkpoint per source and per board, and none without being told',
    async run({ api }) {
      await api.apply('b', [add('m', 1)], { checkpoint: { source: 's1', position: 50 } });
      await api.apply('b', [add('m', 1)], { checkpoint: { source: 's2', position: 5 } });
      await api.apply('other', [add('m', 1)], { checkpoint: { source: 's1', position: 7 } });
      await api.apply('b', [add('m', 1)]);
      await api.apply('b', [add('m', 1)]);
      assert.deepEqual(await api.checkpoints(['b', 'other'], 's1'), [50, 7]);
      assert.deepEqual(await api.checkpoints(['b', 'other'], 's2'), [5, 0]);
      assert.equal((await api.lookup('b', ['m']))[0]?.score, 4);
    },
  },
  {
    id: 'checkpoint/without-changes',
    title: 'moves the checkpoint for a batch that holds nothing for the board',
    async run({ api }) {
      await api.apply('b', [add('m', 1)], { checkpoint: { source: 's', position: 1 } });
      assert.deepEqual(await api.apply('b', [], { checkpoint: { source: 's', position: 9 } }), { applied: 0 });
      assert.deepEqual(await api.checkpoints(['b'], 's'), [9]);
      assert.deepEqual(await api.apply('b', [add('m', 1)], { checkpoint: { source: 's', position: 8 } }), { applied: 0 });
    },
  },
  {
    id: 'checkpoint/exact',
    title: 'keeps positions exact up to 2^53 - 1',
    async run({ api }) {
      await api.apply('b', [add('m', 1)], { checkpoint: { source: 's', position: MOST - 1 } });
      assert.deepEqual(await api.checkpoints(['b'], 's'), [MOST - 1]);
      assert.deepEqual(await api.apply('b', [add('m', 1)], { checkpoint: { source: 's', position: MOST } }), { applied: 1 });
      assert.deepEqual(await api.apply('b', [add('m', 1)], { checkpoint: { source: 's', position: MOST } }), { applied: 0 });
      assert.deepEqual(await api.checkpoints(['b'], 's'), [MOST]);
    },
  },
  {
    id: 'checkpoint/refused',
    title: 'moves no checkpoint and applies no change of a call that is refused',
    async run({ api }) {
      await api.apply('b', [{ op: 'set', member: 'full', score: MOST, tie: 0 }], { checkpoint: { source: 's', position: 1 } });
      const call = [add('m', 1), add('full', 1), add('m', 1)];
      await refuses('INVALID_ARGUMENT', 'apply', () => api.apply('b', call, { checkpoint: { source: 's', position: 2 } }));
      assert.deepEqual(await api.checkpoints(['b'], 's'), [1]);
      assert.deepEqual(await api.lookup('b', ['m']), [null]);
      assert.deepEqual(await api.apply('b', [add('m', 1)], { checkpoint: { source: 's', position: 2 } }), { applied: 1 });
    },
  },
  {
    id: 'checkpoint/one-of-40',
    title: 'applies once what 40 callers apply at once under one checkpoint',
    async run({ api, caps, open }) {
      const second = caps.scope === 'cluster' ? (await open({ isSecondNode: true })).api : api;
      for (let position = 1; position <= 5; position++) {
        const answers = await Promise.all(
          times(40, (index) =>
            (index % 2 === 0 ? api : second).apply('b', [add('m', 1), add(`w${index}`, 1)], { checkpoint: { source: 's', position } }),
          ),
        );
        assert.equal(answers.filter(({ applied }) => applied === 2).length, 1);
        assert.equal(answers.filter(({ applied }) => applied === 0).length, 39);
        assert.equal((await api.lookup('b', ['m']))[0]?.score, position);
      }
    },
  },
]);
