import type { Board } from './board.ts';

/** The board that is there from the first start, so that `POST /v1/scores` has somewhere to go. */
export const DEFAULT_BOARD: Omit<Board, 'createdAtMs'> = {
  id: 'default',
  name: 'All players',
  operator: 'SUM',
  direction: 'DESC',
  ties: 'UNIQUE_FIRST_REACHED',
  period: { kind: 'ALL_TIME' },
  sharding: { kind: 'HASH', parts: 1 },
};
