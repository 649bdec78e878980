import { type Refusal, refuse } from '../kernel/index.ts';
import { ALL_TIME, type Board, EXACT, type Season, type SeasonState } from './board.ts';
import type { LeaderboardContext, Machinery } from './machinery.ts';

export type Takes = { readonly kind: 'open'; readonly season: Season } | Refusal<'closed' | 'not-found'>;

/** Which season is which, and which still take results. What is closed is remembered, so that most questions need no storage. */
export interface Seasons {
  /** The season that takes a result of this instant. */
  takes(board: Board, atMs: number, nowMs: number): Takes;
  /** The named season, or the one of now. Null: no such season. */
  find(board: Board, seasonId: string | null): Promise<SeasonState | null>;
  close(season: SeasonState): void;
  /** Reads what other processes have closed. */
  refresh(): Promise<void>;
}

const SEASON_ID = /^[a-z0-9W-]{1,20}$/;
const REMEMBERED_MAX = 10_000;

export function createSeasons(
  context: LeaderboardContext,
  { boards, repository, state }: Pick<Machinery, 'boards' | 'repository' | 'state'>,
): Seasons {
  const { clock, options } = context;
  /** Closing or sealed ones. */
  const closed = new Map<string, SeasonState>();
  const keyOf = (boardId: string, seasonId: string) => `${boardId}@${seasonId}`;
  const close = (season: SeasonState) => {
    const key = keyOf(season.boardId, season.id);
    if (season.sealedAtMs === null && closed.get(key)?.sealedAtMs != null) return;
    closed.delete(key);
    closed.set(key, season);
    if (season.sealedAtMs !== null) state.markSealed(season.boardId, season.id);
    const [oldest] = closed.keys();
    if (closed.size > REMEMBERED_MAX && oldest !== undefined) closed.delete(oldest);
  };
  const seasonNow = (board: Board): Season | null => {
    const { period } = board;
    if (period.kind === 'EXACT') return { id: EXACT, startsAtMs: period.startsAtMs, endsAtMs: period.endsAtMs };
    return boards.seasonOf(board, clock.now());
  };

  return {
    close,
    takes(board, atMs, nowMs) {
      const season = boards.seasonOf(board, atMs);
      if (season === null) return refuse('closed', 'occurredAt', 'lies outside the time of this board');
      const isOver = season.endsAtMs !== null && nowMs > season.endsAtMs + options.graceMs;
      if (isOver || closed.has(keyOf(board.id, season.id)))
        return refuse('closed', 'occurredAt', `season ${season.id} takes no more results`);
      return { kind: 'open', season };
    },
    async find(board, seasonId) {
      const now = seasonNow(board);
      const id = seasonId ?? now?.id ?? ALL_TIME;
      const known = closed.get(keyOf(board.id, id));
      if (known !== undefined && known.sealedAtMs !== null) return known;
      if (now?.id === id) return known ?? { ...now, boardId: board.id, closingAtMs: null, sealedAtMs: null, players: null };
      if (!SEASON_ID.test(id)) return null;
      const found = await repository.season(board.id, id);
      if (found !== null && found.closingAtMs !== null) close(found);
      return found;
    },
    async refresh() {
      for (const season of await repository.lastClosed(REMEMBERED_MAX / 10)) close(season);
    },
  };
}
