import { sql } from 'drizzle-orm';
import type { Relational, Waiting } from '../../ports/index.ts';
import { rowsOf } from './arrays.ts';

/** A board's definition as stored; what the words mean is the plugin's business. */
export interface BoardRow {
  readonly id: string;
  readonly name: string;
  readonly operator: string;
  readonly direction: string;
  readonly ties: string;
  readonly period: unknown;
  readonly sharding: unknown;
  readonly createdAtMs: number;
}

export function boardRows({ db }: Relational) {
  return {
    /** All definitions, oldest first. Their number is bounded by whoever may create them. */
    boards: (_options?: Waiting) =>
      rowsOf<BoardRow>(
        db,
        sql`select id, name, operator, direction, ties, period, sharding, created_at_ms::float8 as "createdAtMs"
            from leaderboard.boards order by created_at_ms, id`,
      ),
    /** False when the id is taken. */
    async insertBoard(board: BoardRow): Promise<boolean> {
      const rows = await rowsOf(
        db,
        sql`insert into leaderboard.boards (id, name, operator, direction, ties, period, sharding, created_at_ms)
            values (${board.id}, ${board.name}, ${board.operator}, ${board.direction}, ${board.ties},
              ${JSON.stringify(board.period)}::text::jsonb, ${JSON.stringify(board.sharding)}::text::jsonb, ${board.createdAtMs})
            on conflict (id) do nothing returning 1`,
      );
      return rows.length === 1;
    },
  };
}
