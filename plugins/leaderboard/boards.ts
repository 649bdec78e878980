import type { BoardRow, Repository } from '../../drizzle/leaderboard/repository.ts';
import type { Environment } from '../kernel/index.ts';
import type { Board, Direction, Operator, Period, Season, Sharding, TieRule } from './board.ts';
import { seasonAt } from './periods.ts';

/** The definitions, kept in memory: they never change and are few, so only unknown ids go to the record. */
export interface Boards {
  /** Reads the record when the id is unknown here. */
  find(id: string): Promise<Board | null>;
  /** What is known here, oldest first. */
  known(): readonly Board[];
  create(board: Board): Promise<boolean>;
  reload(): Promise<void>;
  seasonOf(board: Board, atMs: number): Season | null;
}

export function createBoards(repository: Repository, environment: Pick<Environment, 'clock'>): Boards {
  const boards = new Map<string, Board>();
  const latest = new Map<string, Season>();
  let missedAtMs = Number.NEGATIVE_INFINITY;
  const reload = async () => {
    for (const row of await repository.boards()) boards.set(row.id, toBoard(row));
  };
  return {
    async find(id) {
      const known = boards.get(id);
      if (known !== undefined) return known;
      // Somebody who guesses ids must not make every guess a read.
      if (environment.clock.now() - missedAtMs < MISS_EVERY_MS) return null;
      await reload();
      const found = boards.get(id) ?? null;
      if (found === null) missedAtMs = environment.clock.now();
      return found;
    },
    known: () => [...boards.values()],
    async create(board) {
      const isNew = await repository.insertBoard(board);
      if (isNew) boards.set(board.id, board);
      return isNew;
    },
    reload,
    seasonOf(board, atMs) {
      const last = latest.get(board.id);
      if (last !== undefined && atMs >= last.startsAtMs && (last.endsAtMs === null || atMs < last.endsAtMs)) return last;
      const season = seasonAt(board.period, atMs);
      if (season !== null) latest.set(board.id, season);
      return season;
    },
  };
}

const MISS_EVERY_MS = 100;

const toBoard = (row: BoardRow): Board => ({
  id: row.id,
  name: row.name,
  operator: row.operator as Operator,
  direction: row.direction as Direction,
  ties: row.ties as TieRule,
  period: row.period as Period,
  sharding: row.sharding as Sharding,
  createdAtMs: row.createdAtMs,
});
