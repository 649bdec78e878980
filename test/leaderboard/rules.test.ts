import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SCORE_MAX } from '../../plugins/leaderboard/board.ts';
import { foldScore, type Result, type Standing } from '../../plugins/leaderboard/rules.ts';

const after = (operator: 'SUM' | 'BEST' | 'LATEST' | 'SET', direction: 'ASC' | 'DESC', results: readonly Result[]) => {
  let standing: Standing | null = null;
  for (const result of results) {
    const folded = foldScore({ operator, direction }, standing, result);
    if (folded.kind !== 'overflow') standing = folded.standing;
  }
  return standing;
};

describe('what a result does to a score', () => {
  it.each([
    ['SUM', 'DESC', { score: 9, reachedAtMs: 30 }],
    ['BEST', 'DESC', { score: 5, reachedAtMs: 10 }],
    ['BEST', 'ASC', { score: 1, reachedAtMs: 20 }],
    ['LATEST', 'DESC', { score: 3, reachedAtMs: 30 }],
    ['SET', 'DESC', { score: 1, reachedAtMs: 20 }],
  ] as const)('[LB-3] %s %s', (operator, direction, expected) => {
    const results = [
      { points: 5, atMs: 10 },
      { points: 3, atMs: 30 },
      { points: 1, atMs: 20 },
    ];
    expect(after(operator, direction, results)).toEqual(expected);
  });

  it('[LB-4] a sum never passes 2^53 - 1', () => {
    const before = { score: SCORE_MAX - 1, reachedAtMs: 0 };
    const board = { operator: 'SUM', direction: 'DESC' } as const;
    expect(foldScore(board, before, { points: 1, atMs: 1 })).toEqual({ kind: 'changed', standing: { score: SCORE_MAX, reachedAtMs: 1 } });
    expect(foldScore(board, before, { points: 2, atMs: 1 })).toEqual({ kind: 'overflow' });
  });

  it('[LB-3] sums and bests do not depend on the order of arrival', () => {
    const results = fc.array(fc.record({ points: fc.nat(20), atMs: fc.nat(50) }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(results, fc.constantFrom('ASC' as const, 'DESC' as const), (list, direction) => {
        expect(after('BEST', direction, list)).toEqual(after('BEST', direction, list.toReversed()));
        expect(after('SUM', direction, list)?.score).toBe(after('SUM', direction, list.toReversed())?.score);
      }),
      { seed: 20261122 },
    );
  });
});
