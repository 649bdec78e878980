import { SCORE_MAX } from './board.ts';

const ID_BYTES_MAX = 128;

/** As in the ids of users: what cannot have a profile cannot score. */
const CONTROL = /[\p{Cc}\u2028\u2029]/u;

/** Ids of players and matches: 1–128 bytes of well-formed text without control characters. */
export const isId = (value: string): boolean =>
  value.length > 0 &&
  value.length <= ID_BYTES_MAX &&
  value.isWellFormed() &&
  !CONTROL.test(value) &&
  Buffer.byteLength(value) <= ID_BYTES_MAX;

/** A whole number from 0 to 2^53 - 1. */
export const isScore = (value: number): boolean => Number.isSafeInteger(value) && value >= 0 && value <= SCORE_MAX;
