import assert from 'node:assert/strict';
import { RankedSet } from '../../../ports/index.ts';
import { casesOf } from '../case.ts';
import { times } from '../proof.ts';

/** Many callers at once, and what a call costs. */
export const rankedSetLoadCases = casesOf(RankedSet)([
  {
    id: 'concurrency/sum',
    title: 'loses none of the additions of 40 callers',
    async run({ api, caps, open }) {
      const second = caps.scope === 'cluster' ? (await open({ isSecondNode: true })).api : api;
      await Promise.all(
        times(40, (index) =>
          (index % 2 === 0 ? api : second).apply('b', [
            { op: 'add', member: 'all', score: 1, tie: index },
            { op: 'max', member: 'best', score: index, tie: index },
            { op: 'set', member: `m${index}`, score: 0, tie: 0 },
          ]),
        ),
      );
      const [all, best] = await api.lookup('b', ['all', 'best']);
      assert.deepEqual([all?.score, best?.score, best?.tie], [40, 39, 39]);
      assert.deepEqual(await api.size(['b']), [42]);
    },
  },
  {
    id: 'concurrency/consistent-view',
    title: 'never shows a reader half of a call',
    async run({ api }) {
      const pair = (a: number) => [
        { op: 'set' as const, member: 'a', score: a, tie: 0 },
        { op: 'set' as const, member: 'b', score: 100 - a, tie: 0 },
      ];
      await api.apply('b', pair(50));
      const writing = Promise.all(times(30, (index) => api.apply('b', pair(index))));
      const readings = times(30, async () => {
        const [ranged, looked] = await Promise.all([api.range('b', { from: 0, limit: 5 }), api.lookup('b', ['a', 'b'])]);
        assert.equal((ranged[0]?.score ?? 0) + (ranged[1]?.score ?? 0), 100, 'range');
        assert.equal((looked[0]?.score ?? 0) + (looked[1]?.score ?? 0), 100, 'lookup');
      });
      await Promise.all([writing, ...readings]);
    },
  },
  {
    id: 'cost/round-trips',
    title: 'answers for 200 members or boards in at most 2 round trips per node',
    needs: ['round-trips'],
    async run({ api, harness }) {
      const members = times(200, (index) => `m${index}`);
      const trips = harness.roundTrips ?? (() => 0);
      const most = 2 * (harness.nodes ?? 1);
      const costs = async (what: string, call: () => Promise<unknown>) => {
        await call();
        const before = trips();
        await call();
        const spent = trips() - before;
        assert.ok(spent >= 1 && spent <= most, `${what} took ${spent} round trips, 1 to ${most} are allowed`);
      };
      await costs('apply', () =>
        api.apply(
          'b',
          members.map((member, score) => ({ op: 'set', member, score, tie: 0 })),
        ),
      );
      await costs('lookup', () => api.lookup('b', members));
      await costs('range', () => api.range('b', { from: 0, limit: 200 }));
      await costs('around', () => api.around('b', 'm100', { before: 50, after: 50 }));
      await costs('count', () =>
        api.count(
          'b',
          members.map((_, score) => score),
        ),
      );
      await costs('size', () => api.size(members));
      await costs('checkpoints', () => api.checkpoints(members, 's'));
    },
  },
]);
