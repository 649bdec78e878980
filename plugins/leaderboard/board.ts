/** What a new result does to a player's score. SUM adds it; BEST keeps the better; LATEST takes that of the latest instant; SET takes each. */
export type Operator = 'SUM' | 'BEST' | 'LATEST' | 'SET';
/** DESC: more is better. ASC: less is better, as in races. */
export type Direction = 'DESC' | 'ASC';
/** Equal scores: a rank each, whoever got there first (1234); the same rank with a gap after (1224); the same without a gap (1223). */
export type TieRule = 'UNIQUE_FIRST_REACHED' | 'COMPETITION' | 'DENSE';

/** When a board begins anew. Calendar periods begin at midnight of the board's time zone, weeks on Monday. `EXACT` runs once, end excluded. */
export type Period =
  | { readonly kind: 'ALL_TIME' }
  | { readonly kind: 'DAY' | 'WEEK' | 'MONTH'; readonly timeZone: string }
  | { readonly kind: 'EXACT'; readonly startsAtMs: number; readonly endsAtMs: number };

/**
 * How the hot board is cut. HASH: `parts` boards by the player's id. RANGES: board `i` holds the scores from `from[i-1]` (inclusive) to
 * `from[i]` (exclusive), so `from` is ascending and has one entry less than there are boards.
 */
export type Sharding = { readonly kind: 'HASH'; readonly parts: number } | { readonly kind: 'RANGES'; readonly from: readonly number[] };

/** A board's definition. It never changes: another rule is another board. */
export interface Board {
  /** `[a-z0-9][a-z0-9-]{0,39}` */
  readonly id: string;
  readonly name: string;
  readonly operator: Operator;
  readonly direction: Direction;
  readonly ties: TieRule;
  readonly period: Period;
  readonly sharding: Sharding;
  readonly createdAtMs: number;
}

/** One run of a board. `endsAtMs` is excluded; null: it never ends by itself. */
export interface Season {
  readonly id: string;
  readonly startsAtMs: number;
  readonly endsAtMs: number | null;
}

/** A season as the record knows it. */
export interface SeasonState extends Season {
  readonly boardId: string;
  /** Since when no more results are taken; null: open. */
  readonly closingAtMs: number | null;
  /** Since when its final ranks stand; null: not yet. */
  readonly sealedAtMs: number | null;
  /** Players on the sealed board; null before. */
  readonly players: number | null;
}

/** One player's place. `rank` is 1-based, by the board's tie rule. */
export interface Entry {
  readonly userId: string;
  readonly score: number;
  readonly rank: number;
  /** When the score was reached, milliseconds since the epoch. */
  readonly reachedAtMs: number;
}

export const SCORE_MAX = Number.MAX_SAFE_INTEGER;
export const BOARD_ID = /^[a-z0-9][a-z0-9-]{0,39}$/;
/** The one season of a board without periods. */
export const ALL_TIME = 'all';
/** The one season of a board with an exact start and end. */
export const EXACT = 'exact';
