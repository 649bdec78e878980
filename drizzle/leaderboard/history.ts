import { type SQL, sql } from 'drizzle-orm';
import type { Relational } from '../../ports/index.ts';
import { rowsOf, texts } from './arrays.ts';
import type { ResultRow } from './standings.ts';

const RESULT = sql`board, season, match_id as "matchId", member, points::float8 as points, score_before::float8 as before,
  score_after::float8 as after, status, at_ms::float8 as "atMs", part, position::float8 as position`;

/** Where a page of results goes on: the last row of the page before. */
export interface ResultMark {
  readonly atMs: number;
  readonly part: number;
  readonly position: number;
}

export function historyRows({ db }: Relational) {
  const select = (where: SQL) => rowsOf<ResultRow>(db, sql`select ${RESULT} from leaderboard.results where ${where}`);
  return {
    /** Newest first. */
    resultsOfBoard: (board: string, page: { readonly limit: number; readonly before: ResultMark | null }) =>
      select(
        sql`board = ${board} and ${
          page.before === null
            ? sql`true`
            : sql`(at_ms, part, position) < (${page.before.atMs}, ${page.before.part}, ${page.before.position})`
        } order by at_ms desc, part desc, position desc limit ${page.limit}`,
      ),
    /** Newest first. */
    resultsOfMember: (board: string, member: string, page: { readonly limit: number; readonly before: ResultMark | null }) =>
      select(
        sql`board = ${board} and member = ${member} and ${
          page.before === null ? sql`true` : sql`(at_ms, position) < (${page.before.atMs}, ${page.before.position})`
        } order by at_ms desc, position desc limit ${page.limit}`,
      ),
    /** By player id, all of them: a match has at most 200 results a request. */
    resultsOfMatch: (board: string, matchId: string, page: { readonly limit: number; readonly after: string | null }) =>
      select(
        sql`board = ${board} and match_id = ${matchId} and ${
          page.after === null ? sql`true` : sql`member > ${page.after}`
        } order by member limit ${page.limit}`,
      ),
    /** Aligned results of (match, player) pairs of one board; null where there is none. */
    async resultsAt(board: string, pairs: readonly { readonly matchId: string; readonly member: string }[]): Promise<(ResultRow | null)[]> {
      if (pairs.length === 0) return [];
      const rows = await rowsOf<ResultRow>(
        db,
        sql`select ${RESULT} from leaderboard.results where board = ${board} and (match_id, member) in (
              select * from unnest(${texts(pairs.map((pair) => pair.matchId))}, ${texts(pairs.map((pair) => pair.member))}))`,
      );
      const found = new Map(rows.map((row) => [JSON.stringify([row.matchId, row.member]), row]));
      return pairs.map((pair) => found.get(JSON.stringify([pair.matchId, pair.member])) ?? null);
    },
  };
}
