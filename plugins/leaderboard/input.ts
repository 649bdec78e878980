import { SCORE_MAX } from './board.ts';

const ID_BYTES_MAX = 128;

/** Ids of players and matches: 1–128 bytes of well-formed text without NUL, which Postgres cannot hold. */
export const isId = (value: string): boolean =>
  value.length > 0 &&
  value.length <= ID_BYTES_MAX &&
  value.isWellFormed() &&
  !value.includes('\0') &&
  Buffer.byteLength(value) <= ID_BYTES_MAX;

/** A whole number from 0 to 2^53 - 1. */
export const isScore = (value: number): boolean => Number.isSafeInteger(value) && value >= 0 && value <= SCORE_MAX;
