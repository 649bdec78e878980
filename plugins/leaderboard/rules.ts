import { type Board, type Direction, SCORE_MAX } from './board.ts';

/** Where a player stands on one season of a board. `reachedAtMs` is the tie value: who got there first stands higher. */
export interface Standing {
  readonly score: number;
  readonly reachedAtMs: number;
}

export interface Result {
  readonly points: number;
  /** When it happened, milliseconds since the epoch. */
  readonly atMs: number;
}

/** `unchanged`: the result counts in the history, but the standing is as good as it was. `overflow`: the sum would pass 2^53 - 1. */
export type Folded =
  | { readonly kind: 'changed'; readonly standing: Standing }
  | { readonly kind: 'unchanged'; readonly standing: Standing }
  | { readonly kind: 'overflow' };

/** What one result makes of a standing. Pure: the same log gives the same board on every engine. */
export function foldScore(board: Pick<Board, 'operator' | 'direction'>, before: Standing | null, result: Result): Folded {
  const fresh: Standing = { score: result.points, reachedAtMs: result.atMs };
  if (before === null) return { kind: 'changed', standing: fresh };
  switch (board.operator) {
    case 'SUM':
      return foldSum(before, result);
    case 'BEST':
      return foldBest(board.direction, before, fresh);
    case 'LATEST':
      return result.atMs >= before.reachedAtMs ? changedTo(before, fresh) : { kind: 'unchanged', standing: before };
    case 'SET':
      return result.points === before.score ? { kind: 'unchanged', standing: before } : { kind: 'changed', standing: fresh };
    default:
      return board.operator satisfies never;
  }
}

/** A sum is reached when the last of its parts happened, in whatever order they arrive. */
function foldSum(before: Standing, result: Result): Folded {
  if (result.points === 0) return { kind: 'unchanged', standing: before };
  if (before.score > SCORE_MAX - result.points) return { kind: 'overflow' };
  return { kind: 'changed', standing: { score: before.score + result.points, reachedAtMs: Math.max(before.reachedAtMs, result.atMs) } };
}

/** The same best score seen earlier moves its instant back, so the order of arrival does not matter. */
function foldBest(direction: Direction, before: Standing, fresh: Standing): Folded {
  if (fresh.score === before.score) {
    return changedTo(before, { score: before.score, reachedAtMs: Math.min(before.reachedAtMs, fresh.reachedAtMs) });
  }
  const isBetter = direction === 'DESC' ? fresh.score > before.score : fresh.score < before.score;
  return isBetter ? { kind: 'changed', standing: fresh } : { kind: 'unchanged', standing: before };
}

const changedTo = (before: Standing, standing: Standing): Folded =>
  before.score === standing.score && before.reachedAtMs === standing.reachedAtMs
    ? { kind: 'unchanged', standing }
    : { kind: 'changed', standing };
