import { sql } from 'drizzle-orm';
import { type Db, PortError, type Relational, type Waiting } from '../../ports/index.ts';
import { booleans, integers, rowsOf, texts } from './arrays.ts';

export interface StandingRow {
  readonly board: string;
  readonly season: string;
  readonly member: string;
  readonly score: number;
  readonly reachedAtMs: number;
  readonly part: number;
  readonly position: number;
  readonly removed: boolean;
}

export interface ResultRow {
  readonly board: string;
  readonly season: string;
  readonly matchId: string;
  readonly member: string;
  readonly points: number;
  /** Null: the player was not on the board. */
  readonly before: number | null;
  /** Null: refused. */
  readonly after: number | null;
  readonly status: string;
  readonly atMs: number;
  readonly part: number;
  readonly position: number;
}

/** What is asked about one record of a batch. `matchId` null: it is no result. */
export interface FoldKey {
  readonly board: string;
  readonly season: string;
  readonly member: string;
  readonly matchId: string | null;
}

export interface FoldState {
  readonly score: number | null;
  readonly reachedAtMs: number | null;
  readonly removed: boolean | null;
  /** The season's end marker is behind us in this partition. */
  readonly sealed: boolean;
  /** This player's result of this match is in the history already. */
  readonly known: boolean;
}

export interface FoldWrites {
  readonly standings: readonly StandingRow[];
  readonly results: readonly ResultRow[];
  readonly seasons: readonly {
    readonly board: string;
    readonly season: string;
    readonly startsAtMs: number;
    readonly endsAtMs: number | null;
  }[];
  readonly seals: readonly { readonly board: string; readonly season: string; readonly position: number }[];
}

export interface FoldStep extends Waiting {
  readonly part: number;
  readonly after: number;
  readonly position: number;
}

const RECORD = 'record';

export function standingRows(relational: Relational) {
  const { db } = relational;
  return {
    /** Makes the checkpoints of the record's partitions exist. */
    async declareParts(parts: number): Promise<void> {
      await db.execute(
        sql`insert into leaderboard.checkpoints (name, part, position)
            select ${RECORD}::text, part, 0 from generate_series(0, ${parts - 1}::int) part on conflict do nothing`,
      );
    },
    async recordPosition(part: number): Promise<number> {
      const [row] = await rowsOf<{ position: number }>(
        db,
        sql`select position::float8 as position from leaderboard.checkpoints where name = ${RECORD} and part = ${part}`,
      );
      return row?.position ?? 0;
    },
    async recordPositions(parts: number): Promise<readonly number[]> {
      const ends = Array.from({ length: parts }, () => 0);
      const rows = await rowsOf<{ part: number; position: number }>(
        db,
        sql`select part, position::float8 as position from leaderboard.checkpoints where name = ${RECORD}`,
      );
      for (const row of rows) if (row.part < parts) ends[row.part] = row.position;
      return ends;
    },
    /**
     * One transaction: moves the checkpoint if it stands at `after` (else CONFLICT), reads what the keys ask (aligned), and writes what `decide`
     * makes of it. `decide` must be pure. Four statements however large the batch, sent in two waves.
     */
    fold: (step: FoldStep, keys: readonly FoldKey[], decide: (states: readonly FoldState[]) => FoldWrites): Promise<FoldWrites> =>
      relational.tx(
        async (tx) => {
          // What a crash of the server takes back, checkpoint and rows alike, the log gives again: no need to wait for the disk.
          const [, , states] = await Promise.all([
            tx.execute(sql`set local synchronous_commit = off`),
            moveCheckpoint(tx, step),
            keys.length === 0 ? Promise.resolve([]) : statesOf(tx, step.part, keys),
          ]);
          const writes = decide(states);
          await Promise.all(
            [
              writes.seasons.length > 0 ? insertSeasons(tx, writes.seasons) : undefined,
              writes.standings.length > 0 ? upsertStandings(tx, writes.standings) : undefined,
              writes.results.length > 0 ? insertResults(tx, writes.results) : undefined,
              writes.seals.length > 0 ? insertSeals(tx, step.part, writes.seals) : undefined,
            ].filter((write) => write !== undefined),
          );
          return writes;
        },
        step.signal === undefined ? {} : { signal: step.signal },
      ),
    /** Standings changed after the position, oldest change first, and where the record stands: one view of both. */
    async changes(part: number, after: number, limit: number): Promise<{ readonly rows: readonly StandingRow[]; readonly head: number }> {
      const rows = await rowsOf<StandingRow & { head: number }>(
        db,
        sql`select c.position::float8 as head, s.board, s.season, s.member, s.score::float8 as score, s.reached_at_ms::float8 as "reachedAtMs",
              s.part, s.position::float8 as position, s.removed
            from leaderboard.checkpoints c
            left join lateral (
              select * from leaderboard.standings where part = ${part} and position > ${after} order by position limit ${limit}
            ) s on true
            where c.name = ${RECORD} and c.part = ${part} order by s.position`,
      );
      return { rows: rows.filter((row) => row.board !== null), head: rows[0]?.head ?? 0 };
    },
  };
}

async function moveCheckpoint(tx: Db, step: FoldStep): Promise<void> {
  const moved = await rowsOf(
    tx,
    sql`update leaderboard.checkpoints set position = ${step.position}
        where name = ${RECORD} and part = ${step.part} and position = ${step.after} returning 1`,
  );
  if (moved.length === 0) throw new PortError('CONFLICT', `partition ${step.part} of the record does not stand at ${step.after} any more`);
}

// The laterals keep the plan at one index probe a row, whatever the planner believes about the size of a young table.
const statesOf = (tx: Db, part: number, keys: readonly FoldKey[]): Promise<readonly FoldState[]> =>
  rowsOf<FoldState>(
    tx,
    sql`select s.score::float8 as score, s.reached_at_ms::float8 as "reachedAtMs", s.removed, e.part is not null as sealed, r.part is not null as known
        from unnest(${texts(keys.map((key) => key.board))}, ${texts(keys.map((key) => key.season))}, ${texts(keys.map((key) => key.member))},
          ${texts(keys.map((key) => key.matchId))}) with ordinality q (board, season, member, match_id, i)
        left join lateral (select score, reached_at_ms, removed from leaderboard.standings t
          where t.board = q.board and t.season = q.season and t.member = q.member limit 1) s on true
        left join lateral (select part from leaderboard.seals t
          where t.board = q.board and t.season = q.season and t.part = ${part} limit 1) e on true
        left join lateral (select part from leaderboard.results t
          where t.board = q.board and t.match_id = q.match_id and t.member = q.member limit 1) r on true
        order by q.i`,
  );

async function insertSeasons(tx: Db, seasons: FoldWrites['seasons']): Promise<void> {
  await tx.execute(
    sql`insert into leaderboard.seasons (board, season, starts_at_ms, ends_at_ms)
        select * from unnest(${texts(seasons.map((row) => row.board))}, ${texts(seasons.map((row) => row.season))},
          ${integers(seasons.map((row) => row.startsAtMs))}, ${integers(seasons.map((row) => row.endsAtMs))})
        on conflict do nothing`,
  );
}

async function upsertStandings(tx: Db, rows: readonly StandingRow[]): Promise<void> {
  await tx.execute(
    sql`insert into leaderboard.standings as t (board, season, member, score, reached_at_ms, part, position, removed)
        select * from unnest(${texts(rows.map((row) => row.board))}, ${texts(rows.map((row) => row.season))},
          ${texts(rows.map((row) => row.member))}, ${integers(rows.map((row) => row.score))}, ${integers(rows.map((row) => row.reachedAtMs))},
          ${integers(rows.map((row) => row.part))}, ${integers(rows.map((row) => row.position))}, ${booleans(rows.map((row) => row.removed))})
        on conflict (board, season, member) do update set score = excluded.score, reached_at_ms = excluded.reached_at_ms,
          part = excluded.part, position = excluded.position, removed = excluded.removed`,
  );
}

async function insertResults(tx: Db, rows: readonly ResultRow[]): Promise<void> {
  await tx.execute(
    sql`insert into leaderboard.results (board, season, match_id, member, points, score_before, score_after, status, at_ms, part, position)
        select * from unnest(${texts(rows.map((row) => row.board))}, ${texts(rows.map((row) => row.season))},
          ${texts(rows.map((row) => row.matchId))}, ${texts(rows.map((row) => row.member))}, ${integers(rows.map((row) => row.points))},
          ${integers(rows.map((row) => row.before))}, ${integers(rows.map((row) => row.after))}, ${texts(rows.map((row) => row.status))},
          ${integers(rows.map((row) => row.atMs))}, ${integers(rows.map((row) => row.part))}, ${integers(rows.map((row) => row.position))})
        on conflict do nothing`,
  );
}

async function insertSeals(tx: Db, part: number, seals: FoldWrites['seals']): Promise<void> {
  await tx.execute(
    sql`insert into leaderboard.seals (board, season, part, position)
        select board, season, ${part}::int, position from unnest(${texts(seals.map((row) => row.board))},
          ${texts(seals.map((row) => row.season))}, ${integers(seals.map((row) => row.position))}) q (board, season, position)
        on conflict do nothing`,
  );
}
