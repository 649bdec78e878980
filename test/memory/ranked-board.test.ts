import { describe, expect, it } from 'vitest';
import { Board } from '../../adapters/memory/ranked-set/board.ts';
import type { Change, Ranked } from '../../ports/index.ts';
import { seeded } from './seeded.ts';

/** The naive board: a map, sorted anew for every question. */
function createOracle() {
  const members = new Map<string, { score: number; tie: number }>();
  const ranked = (): Ranked[] => {
    const rows = [...members].map(([member, { score, tie }]) => ({ member, score, tie }));
    rows.sort((a, b) => b.score - a.score || a.tie - b.tie || Buffer.compare(Buffer.from(a.member), Buffer.from(b.member)));
    let above = 0;
    return rows.map((row, rank) => {
      if (rank > 0 && rows[rank - 1]?.score !== row.score) above = rank;
      return { ...row, rank, above };
    });
  };
  const apply = (change: Change) => {
    if (change.op === 'remove') {
      members.delete(change.member);
      return;
    }
    const old = members.get(change.member)?.score;
    const next = {
      set: () => change.score,
      add: () => (old ?? 0) + change.score,
      max: () => Math.max(old ?? change.score, change.score),
      min: () => Math.min(old ?? change.score, change.score),
    }[change.op]();
    if (next !== old) members.set(change.member, { score: next, tie: change.tie });
  };
  return { members, ranked, apply };
}

const SEEDS = Array.from({ length: 12 }, (_, i) => i + 1);
const OPS = 20_000;

describe('the board of the memory adapter', () => {
  it.each(SEEDS)(`answers like a sorted array over ${OPS} acts with seed %i`, (seed) => {
    const random = seeded(seed);
    const board = new Board();
    const oracle = createOracle();
    const population = [40, 300, 3000, 9000][seed % 4] ?? 300;
    const spread = [1, 8, 200, 2 ** 40][(seed >> 2) % 4] ?? 8;
    const tieSpread = seed % 3 === 0 ? 1 : 5;
    const name = (i: number) => (seed % 2 === 0 ? `user:${i}` : `${'é'.repeat(i % 5)}${i.toString(36)}`);
    if (seed % 5 < 2) board.distinctAbove(0);

    for (let op = 0; op < OPS; op++) {
      // Long waves of growth and decay, so that leaves and branches split, share and join.
      const decays = Math.floor(op / (OPS / 5)) % 2 === 1;
      const member = name(random.below(population));
      const change: Change =
        random.below(100) < (decays ? 70 : 10)
          ? { op: 'remove', member }
          : {
              op: (['set', 'add', 'max', 'min'] as const)[random.below(4)] ?? 'set',
              member,
              score: random.below(spread * 2 + 1) - spread,
              tie: random.below(tieSpread),
            };
      board.apply([change], undefined);
      oracle.apply(change);
      if (op % 1999 === 0 || op === OPS - 1) {
        board.assertSound();
        const expected = oracle.ranked();
        expect(board.size).toBe(expected.length);
        expect(board.range(0, 20_000)).toEqual(expected);
        for (let i = 0; i < 50; i++) {
          const row = expected[random.below(Math.max(1, expected.length))];
          if (row) {
            expect(board.lookup(row.member)).toEqual(row);
            expect(board.around(row.member, 3, 4)).toEqual(expected.slice(Math.max(0, row.rank - 3), row.rank + 5));
          }
          const score = random.below(spread * 3) - spread;
          const above = expected.filter((one) => one.score > score);
          expect(board.count(score)).toEqual({ above: above.length, at: expected.filter((one) => one.score === score).length });
          if (seed % 5 < 3) expect(board.distinctAbove(score)).toBe(new Set(above.map((one) => one.score)).size);
        }
      }
    }
  });

  it('holds a few levels of branches and comes back from them to one leaf', () => {
    const board = new Board();
    const random = seeded(7);
    const ids = Array.from({ length: 120_000 }, (_, i) => `m${i}`);
    for (let from = 0; from < ids.length; from += 5000) {
      const batch = ids.slice(from, from + 5000).map((member, i): Change => ({ op: 'set', member, score: (from + i) % 977, tie: 0 }));
      board.apply(batch, undefined);
    }
    board.assertSound();
    random.shuffle(ids);
    ids.forEach((member, i) => {
      board.apply([{ op: 'remove', member }], undefined);
      if (i % 20_000 === 0) board.assertSound();
    });
    board.assertSound();
    expect(board.size).toBe(0);
    expect(board.range(0, 10)).toEqual([]);
  });

  it('loads ordered scores from both ends and stays sound', () => {
    for (const direction of [1, -1]) {
      const board = new Board();
      for (let i = 0; i < 30_000; i++) board.apply([{ op: 'set', member: `m${i}`, score: direction * i, tie: 0 }], undefined);
      board.assertSound();
      expect(board.bytes / board.size).toBeLessThan(100);
    }
  });

  it('takes the memory of removed members again', () => {
    const board = new Board();
    const fill = (round: number) => {
      for (let i = 0; i < 20_000; i++) board.apply([{ op: 'set', member: `round${round}:${i % 10_000}`, score: i, tie: 0 }], undefined);
    };
    const clear = (round: number) => {
      for (let i = 0; i < 10_000; i++) board.apply([{ op: 'remove', member: `round${round}:${i}` }], undefined);
    };
    fill(0);
    const bytes = board.bytes;
    for (let round = 0; round < 9; round++) {
      clear(round);
      fill(round + 1);
    }
    board.assertSound();
    expect(board.bytes).toBeLessThanOrEqual(bytes * 1.1);
  });

  it('refuses a whole batch when one sum would leave the exact integers', () => {
    const board = new Board();
    const max = Number.MAX_SAFE_INTEGER;
    board.apply([{ op: 'set', member: 'a', score: max - 5, tie: 0 }], undefined);
    expect(() =>
      board.apply(
        [
          { op: 'set', member: 'b', score: 1, tie: 0 },
          { op: 'add', member: 'a', score: 3, tie: 1 },
          { op: 'add', member: 'a', score: 3, tie: 1 },
        ],
        { source: 's', position: 9 },
      ),
    ).toThrow('2^53');
    expect(board.lookup('b')).toBeNull();
    expect(board.lookup('a')?.score).toBe(max - 5);
    expect(board.checkpoint('s')).toBe(0);
    board.apply(
      [
        { op: 'add', member: 'a', score: 5, tie: 1 },
        { op: 'add', member: 'a', score: -max, tie: 1 },
        { op: 'add', member: 'a', score: -max, tie: 1 },
      ],
      undefined,
    );
    expect(board.lookup('a')?.score).toBe(-max);
  });
});
