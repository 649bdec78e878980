import type { Relational } from '../../ports/index.ts';
import { boardRows } from './boards.ts';
import { historyRows } from './history.ts';
import { seasonRows } from './seasons.ts';
import { standingRows } from './standings.ts';

export type { BoardRow } from './boards.ts';
export type { ResultMark } from './history.ts';
export type { SeasonResultRow, SeasonRow } from './seasons.ts';
export type { FoldKey, FoldState, FoldWrites, ResultRow, StandingRow } from './standings.ts';

/** The leaderboard's record: definitions, standings with the checkpoint of the log, match history, sealed seasons. */
export const createRepository = (relational: Relational) => ({
  ...boardRows(relational),
  ...standingRows(relational),
  ...seasonRows(relational),
  ...historyRows(relational),
});

export type Repository = ReturnType<typeof createRepository>;
