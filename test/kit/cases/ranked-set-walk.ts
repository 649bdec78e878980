import assert from 'node:assert/strict';
import { type Change, RankedSet } from '../../../ports/index.ts';
import { casesOf } from '../case.ts';
import { times } from '../proof.ts';
import type { Random } from '../random.ts';
import { BoardModel } from './ranked-set-model.ts';

const STEPS = 150;
/** Few scores, few ties, odd members: most places are decided by the last rule. */
const MEMBERS = [...times(24, (index) => `m${index}`), 'é', 'z', 'Z', '\u{10000}', '\uffee', '日本', 'a b', '-'];

export const rankedSetWalk = casesOf(RankedSet)([
  {
    id: 'model/walk',
    title: 'gives the answers of a sorted array over a random walk of every operation, heavy ties and repeated batches',
    async run({ api, caps, random }) {
      const model = new BoardModel();
      const log: { changes: Change[]; source: string; position: number }[] = [];
      for (let step = 0; step < STEPS; step++) {
        const repeated = random.chance(0.2) && log.length > 0 ? random.pick(log) : null;
        const batch = repeated ?? {
          changes: times(random.integer(1, 8), () => randomChange(random)),
          source: random.pick(['s1', 's2']),
          position: step + 1,
        };
        if (repeated === null) log.push(batch);
        if (random.chance(0.2)) {
          await api.apply('b', batch.changes);
          model.apply(batch.changes);
        } else {
          const { applied } = await api.apply('b', batch.changes, { checkpoint: batch });
          const wanted = model.apply(batch.changes, batch);
          assert.equal(applied === 0, wanted === 0, `step ${step}: something was applied`);
        }
        if (step % 5 === 0 || step === STEPS - 1) await compare(api, model, random, caps.distinct, `step ${step}`);
      }
    },
  },
]);

function randomChange(random: Random): Change {
  const member = random.pick(MEMBERS);
  const op = random.pick(['set', 'add', 'max', 'min', 'remove'] as const);
  return op === 'remove' ? { op, member } : { op, member, score: random.integer(-3, 3), tie: random.integer(0, 2) };
}

async function compare(api: RankedSet, model: BoardModel, random: Random, isDistinct: boolean, when: string): Promise<void> {
  const wanted = model.ranked();
  assert.deepEqual(await api.range('b', { from: 0, limit: 1_000 }), wanted, when);
  assert.deepEqual(
    await api.lookup('b', MEMBERS),
    MEMBERS.map((member) => wanted.find((entry) => entry.member === member) ?? null),
    when,
  );
  const [from, limit] = [random.integer(0, 35), random.integer(1, 10)];
  assert.deepEqual(await api.range('b', { from, limit }), wanted.slice(from, from + limit), when);
  const member = random.pick(MEMBERS);
  const [before, after] = [random.integer(0, 6), random.integer(0, 6)];
  const at = wanted.findIndex((entry) => entry.member === member);
  assert.deepEqual(
    await api.around('b', member, { before, after }),
    at < 0 ? [] : wanted.slice(Math.max(0, at - before), at + after + 1),
    when,
  );
  const scores = times(14, (index) => index - 7);
  const above = (score: number) => wanted.filter((entry) => entry.score > score);
  assert.deepEqual(
    await api.count('b', scores),
    scores.map((score) => ({ above: above(score).length, at: wanted.filter((entry) => entry.score === score).length })),
    when,
  );
  if (isDistinct)
    assert.deepEqual(
      await api.distinctAbove('b', scores),
      scores.map((score) => new Set(above(score).map((entry) => entry.score)).size),
      when,
    );
  assert.deepEqual(await api.size(['b']), [model.size], when);
  for (const source of ['s1', 's2', 's3']) assert.deepEqual(await api.checkpoints(['b'], source), [model.checkpoint(source)], when);
}
