import { afterAll, expect, it } from 'vitest';
import { slotOf } from '../../adapters/redis/slot.ts';
import type { Change, Ranked } from '../../ports/index.ts';
import { createRandom, type Random } from '../kit/index.ts';
import { hasRedis, redisSuite, startRedis, startRedisCluster, untilTrue } from '../services/redis.ts';
import { openRedis } from './opened.ts';

const MAX = Number.MAX_SAFE_INTEGER;
const suite = redisSuite();
const single = hasRedis() ? await startRedis() : undefined;
const cluster = hasRedis() ? await startRedisCluster() : undefined;
afterAll(() => Promise.all([single?.stop(), cluster?.stop()]));
const engines = [
  ['one node', () => openRedis({ url: single?.url ?? '' })],
  ['a Cluster', () => openRedis({ nodes: cluster?.urls ?? [] })],
] as const;

for (const [name, open] of engines) {
  suite(`boards on ${name}`, () => {
    it('keep scores and ties exact to the last bit of 2^53 - 1', async () => {
      const node = await open();
      const { rankedSet } = node;
      const scores = [MAX, MAX - 1, MAX - 2, 2 ** 52 + 1, 2 ** 52, 1, 0, -1, -(2 ** 52) - 1, -MAX + 1, -MAX];
      await rankedSet.apply(
        'exact',
        scores.map((score, i): Change => ({ op: 'set', member: `m${i}`, score, tie: i % 2 === 0 ? MAX - i : i })),
      );
      const page = await rankedSet.range('exact', { from: 0, limit: 100 });
      expect(page.map(({ score }) => score)).toEqual(scores);
      expect(page.map(({ tie }) => tie)).toEqual(scores.map((_, i) => (i % 2 === 0 ? MAX - i : i)));
      expect(page.every(({ score }) => !Object.is(score, -0))).toBe(true);
      expect(await rankedSet.count('exact', [MAX, MAX - 1, 2 ** 52, -MAX])).toEqual([
        { above: 0, at: 1 },
        { above: 1, at: 1 },
        { above: 4, at: 1 },
        { above: 10, at: 1 },
      ]);
      await rankedSet.apply('exact', [{ op: 'add', member: 'm1', score: 1, tie: 0 }]);
      await expect(
        rankedSet.apply('exact', [
          { op: 'set', member: 'new', score: 1, tie: 0 },
          { op: 'add', member: 'm1', score: 1, tie: 0 },
        ]),
      ).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
      expect(await rankedSet.lookup('exact', ['new', 'm1'])).toMatchObject([null, { score: MAX, rank: 0, tie: 0 }]);
      await node.close();
    });

    it('take 5000 changes in one step, and equal a sorted array after every step of a long walk', async () => {
      const node = await open();
      const { rankedSet } = node;
      const random = createRandom(7);
      const model = new Map<string, { score: number; tie: number }>();
      await rankedSet.apply('walk', [{ op: 'set', member: 'start', score: 0, tie: 0 }]);
      model.set('start', { score: 0, tie: 0 });
      await rankedSet.distinctAbove('walk', [0]);
      for (let step = 1; step <= 60; step++) {
        const size = step % 20 === 0 ? 5000 : random.integer(1, 40);
        const changes = Array.from({ length: size }, () => someChange(random));
        expect(await rankedSet.apply('walk', changes, { checkpoint: { source: 's', position: step } })).toEqual({ applied: size });
        expect(await rankedSet.apply('walk', changes, { checkpoint: { source: 's', position: step } })).toEqual({ applied: 0 });
        for (const change of changes) applyTo(model, change);
        const expected = ranking(model);
        const from = random.integer(0, Math.max(0, expected.length - 1));
        expect(await rankedSet.range('walk', { from, limit: 50 })).toEqual(expected.slice(from, from + 50));
        const asked = [...new Set(changes.slice(0, 50).map(({ member }) => member))];
        expect(await rankedSet.lookup('walk', asked)).toEqual(
          asked.map((member) => expected.find((entry) => entry.member === member) ?? null),
        );
        const scores = [...new Set(expected.map(({ score }) => score))];
        const probes = Array.from({ length: 5 }, () => random.integer(-60, 60));
        expect(await rankedSet.distinctAbove('walk', probes)).toEqual(
          probes.map((probe) => scores.filter((score) => score > probe).length),
        );
      }
      expect(await rankedSet.size(['walk'])).toEqual([model.size]);
      await node.close();
    });

    it('are replaced in one step whatever the two names are', async () => {
      const node = await open();
      const { rankedSet } = node;
      let crossed = 0;
      for (let i = 0; i < 12; i++) {
        const [board, from] = i % 2 === 0 ? [`b${i}`, `b${i}~shadow`] : [`b${i}`, `other${i}`];
        await rankedSet.apply(board, [{ op: 'set', member: 'old', score: 1, tie: 1 }]);
        await rankedSet.distinctAbove(board, [0]);
        await rankedSet.apply(
          from,
          [
            { op: 'set', member: 'new', score: 5, tie: 1 },
            { op: 'set', member: 'newer', score: 6, tie: 1 },
          ],
          { checkpoint: { source: 's', position: 9 } },
        );
        await rankedSet.replace(board, from);
        expect(await rankedSet.lookup(board, ['old', 'new', 'newer'])).toMatchObject([null, { score: 5, rank: 1 }, { score: 6, rank: 0 }]);
        expect(await rankedSet.checkpoints([board, from], 's')).toEqual([9, 0]);
        expect(await rankedSet.distinctAbove(board, [0])).toEqual([2]);
        expect(await rankedSet.size([from])).toEqual([0]);
        await expect(rankedSet.replace(board, from)).rejects.toMatchObject({ code: 'NOT_FOUND' });
        if (i % 2 === 1 && slotOf(board) !== slotOf(from)) crossed += 1;
      }
      expect(crossed).toBeGreaterThan(0);
      await node.close();
    });

    it('are gone whole when they expire, also what was written after the expiry was set', async () => {
      const node = await open();
      const { rankedSet } = node;
      await rankedSet.apply('season', [{ op: 'set', member: 'a', score: 1, tie: 1 }], { checkpoint: { source: 's', position: 1 } });
      await rankedSet.expire('season', Date.now() + 400);
      await rankedSet.apply('season', [{ op: 'remove', member: 'a' }]);
      await rankedSet.apply('season', [{ op: 'set', member: 'b', score: 1, tie: 1 }]);
      expect(await rankedSet.distinctAbove('season', [0])).toEqual([1]);
      await untilTrue('the season is over', async () => (await rankedSet.size(['season']))[0] === 0);
      expect(await rankedSet.checkpoints(['season'], 's')).toEqual([0]);
      expect(await rankedSet.lookup('season', ['b'])).toEqual([null]);
      expect(await rankedSet.distinctAbove('season', [0])).toEqual([0]);
      expect(await rankedSet.drop(['season'])).toEqual([false]);
      await node.close();
    });
  });
}

function someChange(random: Random): Change {
  const member = `${random.pick(['a', 'é', '🙂', '\uffee', 'Z'])}${random.integer(0, 400)}`;
  const op = random.pick(['set', 'add', 'max', 'min', 'remove'] as const);
  return op === 'remove' ? { op, member } : { op, member, score: random.integer(-50, 50), tie: random.integer(0, 3) };
}

function applyTo(model: Map<string, { score: number; tie: number }>, change: Change): void {
  const held = model.get(change.member);
  if (change.op === 'remove') {
    model.delete(change.member);
    return;
  }
  const { op, score: value, tie, member } = change;
  const before = held?.score;
  const after = op === 'add' ? (before ?? 0) + value : before === undefined || op === 'set' ? value : Math[op](before, value);
  if (after !== before) model.set(member, { score: after, tie });
}

function ranking(model: Map<string, { score: number; tie: number }>): Ranked[] {
  const entries = [...model].map(([member, held]) => ({ member, ...held, bytes: Buffer.from(member) }));
  entries.sort((a, b) => b.score - a.score || a.tie - b.tie || Buffer.compare(a.bytes, b.bytes));
  let above = 0;
  return entries.map(({ member, score, tie }, rank) => {
    if (entries[rank - 1]?.score !== score) above = rank;
    return { member, score, tie, rank, above };
  });
}
