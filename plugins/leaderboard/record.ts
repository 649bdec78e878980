import type { FoldKey, FoldState, FoldWrites, Repository, ResultRow, StandingRow } from '../../drizzle/leaderboard/repository.ts';
import type { Batch, Sink, Sourced } from '../kernel/index.ts';
import type { Board, Season } from './board.ts';
import type { Boards } from './boards.ts';
import type { ScoreEvent } from './event.ts';
import { foldScore, type Standing } from './rules.ts';

/** Told after the commit: what stands now, for the hot boards. */
export type Recorded = (partition: number, after: number, batch: Batch<StandingRow>) => void;

/** A record of the log with the board and season it belongs to. */
type Placed =
  | {
      readonly kind: 'score';
      readonly at: Sourced<ScoreEvent & { kind: 'score' }>;
      readonly atMs: number;
      readonly board: Board;
      readonly season: Season;
    }
  | { readonly kind: 'remove'; readonly at: Sourced<ScoreEvent & { kind: 'remove' }> };

/** The record projection's end: standings, match history and checkpoint in one transaction. */
export function createRecordSink(repository: Repository, boards: Boards, onRecorded: Recorded): Sink<ScoreEvent> {
  const knownSeasons = new Set<string>();
  return {
    position: (partition) => repository.recordPosition(partition),
    async apply(partition, records, { after, position, signal }) {
      const placed = await place(boards, records);
      const seals = records.flatMap(({ value, position: at }) =>
        value.kind === 'seal' ? [{ board: value.boardId, season: value.seasonId, position: at }] : [],
      );
      const keys = placed.map(keyOf);
      const writes = await repository.fold({ part: partition, after, position, signal }, keys, (states) => {
        const decided = decide(partition, placed, keys, states, sealPositions(seals));
        return { ...decided, seals, seasons: newSeasons(placed, knownSeasons) };
      });
      for (const season of writes.seasons) knownSeasons.add(`${season.board} ${season.season}`);
      onRecorded(partition, after, { records: writes.standings.map(sourced), poison: [], position });
    },
  };
}

const sourced = (row: StandingRow): Sourced<StandingRow> => ({ position: row.position, atMs: row.reachedAtMs, value: row });

/** Events outside every season, and of boards that do not exist, have no place and change nothing. */
async function place(boards: Boards, records: readonly Sourced<ScoreEvent>[]): Promise<readonly Placed[]> {
  const placed: Placed[] = [];
  for (const at of records) {
    const event = at.value;
    if (event.kind === 'remove') placed.push({ kind: 'remove', at: { ...at, value: event } });
    if (event.kind !== 'score') continue;
    const board = await boards.find(event.boardId);
    const atMs = event.atMs ?? at.atMs;
    const season = board === null ? null : boards.seasonOf(board, atMs);
    if (board !== null && season !== null) placed.push({ kind: 'score', at: { ...at, value: event }, atMs, board, season });
  }
  return placed;
}

const keyOf = (placed: Placed): FoldKey =>
  placed.kind === 'score'
    ? { board: placed.board.id, season: placed.season.id, member: placed.at.value.userId, matchId: placed.at.value.matchId }
    : { board: placed.at.value.boardId, season: placed.at.value.seasonId, member: placed.at.value.userId, matchId: null };

const slotOf = (key: FoldKey) => JSON.stringify([key.board, key.season, key.member]);
const seasonKey = (board: string, season: string) => JSON.stringify([board, season]);

const sealPositions = (seals: FoldWrites['seals']) => new Map(seals.map((seal) => [seasonKey(seal.board, seal.season), seal.position]));

function newSeasons(placed: readonly Placed[], known: ReadonlySet<string>): FoldWrites['seasons'] {
  const fresh = new Map<string, FoldWrites['seasons'][number]>();
  for (const one of placed) {
    if (one.kind !== 'score') continue;
    const key = `${one.board.id} ${one.season.id}`;
    if (!known.has(key) && !fresh.has(key)) {
      fresh.set(key, { board: one.board.id, season: one.season.id, startsAtMs: one.season.startsAtMs, endsAtMs: one.season.endsAtMs });
    }
  }
  return [...fresh.values()];
}

/** Folds the batch in log order, each player's results onto what the ones before them left. */
function decide(
  partition: number,
  placed: readonly Placed[],
  keys: readonly FoldKey[],
  states: readonly FoldState[],
  seals: ReadonlyMap<string, number>,
): Pick<FoldWrites, 'standings' | 'results'> {
  const standings = new Map<string, Standing | null>();
  const changed = new Map<string, StandingRow>();
  const results: ResultRow[] = [];
  const seen = new Set<string>();
  for (const [index, one] of placed.entries()) {
    const key = keys[index];
    const state = states[index];
    if (key === undefined || state === undefined) continue;
    const slot = slotOf(key);
    const sealedAt = seals.get(seasonKey(key.board, key.season));
    const isSealed = state.sealed || (sealedAt !== undefined && sealedAt < one.at.position);
    const before = standings.has(slot) ? (standings.get(slot) ?? null) : standingOf(state);
    const stand = (standing: Standing | null) => {
      standings.set(slot, standing);
      changed.set(slot, rowOf(partition, key, one.at.position, standing ?? before));
      if (standing === null) changed.set(slot, { ...rowOf(partition, key, one.at.position, before), removed: true });
    };
    if (one.kind === 'remove') {
      if (!isSealed && before !== null) stand(null);
      continue;
    }
    const once = JSON.stringify([key.board, key.matchId, key.member]);
    if (state.known || seen.has(once)) continue;
    seen.add(once);
    const folded = isSealed ? ({ kind: 'sealed' } as const) : foldScore(one.board, before, { points: one.at.value.points, atMs: one.atMs });
    if (folded.kind === 'changed') stand(folded.standing);
    const isCounted = folded.kind === 'changed' || folded.kind === 'unchanged';
    results.push({
      board: key.board,
      season: key.season,
      matchId: one.at.value.matchId,
      member: key.member,
      points: one.at.value.points,
      before: before?.score ?? null,
      after: isCounted ? folded.standing.score : null,
      status: isCounted ? 'counted' : folded.kind,
      atMs: one.atMs,
      part: partition,
      position: one.at.position,
    });
  }
  return { standings: [...changed.values()].sort((a, b) => a.position - b.position), results };
}

const standingOf = (state: FoldState): Standing | null =>
  state.removed !== false || state.score === null || state.reachedAtMs === null
    ? null
    : { score: state.score, reachedAtMs: state.reachedAtMs };

const rowOf = (part: number, key: FoldKey, position: number, standing: Standing | null): StandingRow => ({
  board: key.board,
  season: key.season,
  member: key.member,
  score: standing?.score ?? 0,
  reachedAtMs: standing?.reachedAtMs ?? 0,
  part,
  position,
  removed: false,
});
