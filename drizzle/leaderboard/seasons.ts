import { type SQL, sql } from 'drizzle-orm';
import type { Relational } from '../../ports/index.ts';
import { rowsOf, texts } from './arrays.ts';

export interface SeasonRow {
  readonly boardId: string;
  readonly id: string;
  readonly startsAtMs: number;
  readonly endsAtMs: number | null;
  readonly closingAtMs: number | null;
  readonly sealedAtMs: number | null;
  readonly players: number | null;
}

export interface SeasonResultRow {
  /** 1-based, without gaps: the row's place in the final order. */
  readonly place: number;
  readonly userId: string;
  readonly rank: number;
  readonly score: number;
  readonly reachedAtMs: number;
}

const SEASON = sql`board as "boardId", season as id, starts_at_ms::float8 as "startsAtMs", ends_at_ms::float8 as "endsAtMs",
  closing_at_ms::float8 as "closingAtMs", sealed_at_ms::float8 as "sealedAtMs", players::float8 as players`;
const PLACE = sql`place::float8 as place, member as "userId", rank::float8 as rank, score::float8 as score, reached_at_ms::float8 as "reachedAtMs"`;

export interface SealOrder {
  readonly direction: 'ASC' | 'DESC';
  readonly ties: 'UNIQUE_FIRST_REACHED' | 'COMPETITION' | 'DENSE';
}

export function seasonRows(relational: Relational) {
  const { db } = relational;
  const select = (where: SQL) => rowsOf<SeasonRow>(db, sql`select ${SEASON} from leaderboard.seasons where ${where}`);
  return {
    /** Seasons that may still change: not sealed. Bounded by boards, not by history. */
    openSeasons: () => select(sql`sealed_at_ms is null order by board, season`),
    /** Open seasons whose end is at or before the instant. */
    dueSeasons: (endedByMs: number) => select(sql`sealed_at_ms is null and ends_at_ms <= ${endedByMs} order by ends_at_ms limit 100`),
    /** Seasons whose end marker is under way. */
    closingSeasons: () => select(sql`sealed_at_ms is null and closing_at_ms is not null order by closing_at_ms limit 100`),
    /** The newest closing and sealed seasons. */
    lastClosed: (limit: number) => select(sql`closing_at_ms is not null order by closing_at_ms desc limit ${limit}`),
    async season(board: string, season: string): Promise<SeasonRow | null> {
      const [row] = await select(sql`board = ${board} and season = ${season}`);
      return row ?? null;
    },
    /** Newest first. */
    seasonsPage: (
      board: string,
      page: { readonly limit: number; readonly before: { readonly startsAtMs: number; readonly id: string } | null },
    ) =>
      select(
        sql`board = ${board} and ${
          page.before === null ? sql`true` : sql`(starts_at_ms, season) < (${page.before.startsAtMs}, ${page.before.id})`
        } order by starts_at_ms desc, season desc limit ${page.limit}`,
      ),
    /** Notes that the season takes no more results. False when it was closing or sealed already. */
    async markClosing(
      season: { boardId: string; id: string; startsAtMs: number; endsAtMs: number | null },
      atMs: number,
    ): Promise<boolean> {
      const rows = await rowsOf(
        db,
        sql`insert into leaderboard.seasons as t (board, season, starts_at_ms, ends_at_ms, closing_at_ms)
            values (${season.boardId}, ${season.id}, ${season.startsAtMs}, ${season.endsAtMs}, ${atMs})
            on conflict (board, season) do update set closing_at_ms = excluded.closing_at_ms where t.closing_at_ms is null returning 1`,
      );
      return rows.length === 1;
    },
    /**
     * Writes everybody's final rank in one statement and freezes the season, once every partition has passed its marker. Answers the sealed
     * season, or null when a partition is still on its way or it is sealed already. O(players log players).
     */
    seal: (board: string, season: string, parts: number, order: SealOrder, atMs: number): Promise<SeasonRow | null> =>
      relational.tx(async (tx) => {
        const [closed] = await rowsOf(
          tx,
          sql`update leaderboard.seasons set sealed_at_ms = ${atMs} where board = ${board} and season = ${season} and sealed_at_ms is null
              and (select count(*) from leaderboard.seals where board = ${board} and season = ${season}) >= ${parts} returning 1`,
        );
        if (closed === undefined) return null;
        const better = order.direction === 'DESC' ? sql`score desc` : sql`score asc`;
        const rank = {
          UNIQUE_FIRST_REACHED: sql`row_number() over (order by ${better}, reached_at_ms, member)`,
          COMPETITION: sql`rank() over (order by ${better})`,
          DENSE: sql`dense_rank() over (order by ${better})`,
        }[order.ties];
        await tx.execute(
          sql`insert into leaderboard.season_results (board, season, place, member, rank, score, reached_at_ms)
              select board, season, row_number() over (order by ${better}, reached_at_ms, member), member, ${rank}, score, reached_at_ms
              from leaderboard.standings where board = ${board} and season = ${season} and not removed`,
        );
        await tx.execute(sql`delete from leaderboard.standings where board = ${board} and season = ${season}`);
        const [sealed] = await rowsOf<SeasonRow>(
          tx,
          sql`update leaderboard.seasons set players =
                (select count(*) from leaderboard.season_results where board = ${board} and season = ${season})
              where board = ${board} and season = ${season} returning ${SEASON}`,
        );
        return sealed ?? null;
      }),
    /** A window of the final order: `from` is the 0-based place of the first. */
    finalPage: (board: string, season: string, from: number, limit: number) =>
      rowsOf<SeasonResultRow>(
        db,
        sql`select ${PLACE} from leaderboard.season_results
            where board = ${board} and season = ${season} and place > ${from} and place <= ${from + limit} order by place`,
      ),
    /** Players of the final order with a better score, and with this one. O(players) of the season. */
    async finalCount(board: string, season: string, score: number, direction: 'ASC' | 'DESC'): Promise<{ above: number; at: number }> {
      const better = direction === 'DESC' ? sql`score > ${score}` : sql`score < ${score}`;
      const [row] = await rowsOf<{ above: number; at: number }>(
        db,
        sql`select count(*) filter (where ${better})::float8 as above, count(*) filter (where score = ${score})::float8 as at
            from leaderboard.season_results where board = ${board} and season = ${season}`,
      );
      return row ?? { above: 0, at: 0 };
    },
    async finalDistinctAbove(board: string, season: string, score: number, direction: 'ASC' | 'DESC'): Promise<number> {
      const better = direction === 'DESC' ? sql`score > ${score}` : sql`score < ${score}`;
      const [row] = await rowsOf<{ above: number }>(
        db,
        sql`select count(distinct score)::float8 as above from leaderboard.season_results
            where board = ${board} and season = ${season} and ${better}`,
      );
      return row?.above ?? 0;
    },
    /** Aligned; null for who was not on the board. */
    async finalPlaces(board: string, season: string, members: readonly string[]): Promise<(SeasonResultRow | null)[]> {
      const rows = await rowsOf<SeasonResultRow>(
        db,
        sql`select ${PLACE} from leaderboard.season_results where board = ${board} and season = ${season} and member = any (${texts(members)})`,
      );
      const byMember = new Map(rows.map((row) => [row.userId, row]));
      return members.map((member) => byMember.get(member) ?? null);
    },
  };
}
