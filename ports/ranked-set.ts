import { definePort, type Scope, type Waiting } from './port.ts';

/**
 * One change of one member. `add` counts a missing member as 0; `max` and `min` keep the better of the two.
 * The tie value is taken over whenever the stored score changes, so it can say when a score was reached.
 */
export type Change =
  | {
      readonly op: 'set' | 'add' | 'max' | 'min';
      readonly member: string;
      readonly score: number;
      readonly tie: number;
      readonly position?: number;
    }
  | { readonly op: 'remove'; readonly member: string; readonly position?: number };

/**
 * Where the changes come from and how far they reach. The board keeps the highest position applied per source, in the same atomic
 * step as the changes; a change whose position (its own, or else the checkpoint's) is not higher changes nothing.
 */
export interface Checkpoint {
  readonly source: string;
  readonly position: number;
}

export interface Ranked {
  readonly member: string;
  readonly score: number;
  readonly tie: number;
  /** 0-based place in the board's total order: score descending, tie ascending, member ascending by bytes. */
  readonly rank: number;
  /** Members with a strictly higher score. */
  readonly above: number;
}

export interface Applied {
  /** Changes that took effect; those left out were at or below the checkpoint. */
  readonly applied: number;
}

/** Half-open window of ranks, 0-based: `from` inclusive, at most `limit` (1–1000) entries. */
export interface RankWindow {
  readonly from: number;
  readonly limit: number;
}

/**
 * Members in the order of their scores. A board exists from its first change and is empty before. Scores are integers within
 * ±(2^53 - 1), ties integers in 0..2^53 - 1, members 1–128 bytes of UTF-8.
 * Reads on a board are a consistent view of it.
 */
export interface RankedSet {
  /** Applies the changes in order and moves the checkpoint, as one atomic step. A score that would leave the bounds: INVALID_ARGUMENT, nothing applied. At most 5000 changes. */
  apply(board: string, changes: readonly Change[], options?: { readonly checkpoint?: Checkpoint } & Waiting): Promise<Applied>;
  /** Highest position applied from the source, per board; 0 where there is none. */
  checkpoints(boards: readonly string[], source: string, options?: Waiting): Promise<number[]>;
  /** Aligned; null where the member is not on the board. O(log n) each. */
  lookup(board: string, members: readonly string[], options?: Waiting): Promise<(Ranked | null)[]>;
  /** O(log n + limit). */
  range(board: string, window: RankWindow, options?: Waiting): Promise<Ranked[]>;
  /** The member with up to `before` better and `after` worse neighbours (0–500 each), in rank order; empty when it is not there. */
  around(board: string, member: string, span: { readonly before: number; readonly after: number }, options?: Waiting): Promise<Ranked[]>;
  /** Aligned: for each score, the number of members strictly above it and of members at it. O(log n) each. */
  count(board: string, scores: readonly number[], options?: Waiting): Promise<{ readonly above: number; readonly at: number }[]>;
  /** Aligned: for each score, the number of distinct scores strictly above it. UNSUPPORTED unless claimed. */
  distinctAbove(board: string, scores: readonly number[], options?: Waiting): Promise<number[]>;
  size(boards: readonly string[], options?: Waiting): Promise<number[]>;
  /** Puts a board, with its checkpoints, in the place of another in one step; readers see one or the other. A missing `from`: NOT_FOUND. */
  replace(board: string, from: string): Promise<void>;
  /** Forgets boards with their checkpoints. Aligned: true where there was one. */
  drop(boards: readonly string[]): Promise<boolean[]>;
  /** From this instant the board is gone. UNSUPPORTED unless claimed. */
  expire(board: string, atMs: number): Promise<void>;
}

export interface RankedSetCaps {
  readonly scope: Scope;
  /** `disk`: survives a killed engine as configured; `none`: a projection must fill it again. */
  readonly durable: 'disk' | 'none';
  readonly distinct: boolean;
  readonly expiry?: { readonly granularityMs: number };
}

export const RankedSet = definePort<RankedSet, RankedSetCaps>()('ranked-set', 1);
