import type { Waiting } from '../../ports/index.ts';
import { type Refusal, refuse, type Work } from '../kernel/index.ts';
import type { Board, SeasonState } from './board.ts';
import { type TopSnapshot, type WatchTop, watchTop } from './live.ts';
import { type LeaderboardContext, startMachinery } from './machinery.ts';
import type { Profile } from './needs.ts';
import { type Page, type PageArgs, pageOfSeason } from './pages.ts';
import { createRecordMatch, type MatchInput, type RecordMatchOutcome } from './record-match.ts';
import { createSeasons } from './seasons.ts';
import { openView, type PlacedEntry, sealedView } from './view.ts';

/** A board in one of its seasons: what every read begins with. Costs no storage for the season of now. */
export interface BoardSeason {
  readonly board: Board;
  readonly season: SeasonState;
}

export interface Leaderboards {
  /** The season named, or the one of now. Null: no such board or season. */
  open(boardId: string, seasonId?: string | null): Promise<BoardSeason | null>;
  boards(): readonly Board[];

  /** One atomic append; counted once per match and player. */
  recordMatch(input: MatchInput, options: { readonly signal: AbortSignal }): Promise<RecordMatchOutcome>;

  /** One player's points; without a match id every call counts. Waits for the rank. */
  recordScore(
    input: { readonly boardId: string; readonly userId: string; readonly points: number; readonly matchId: string | null },
    options: { readonly signal: AbortSignal },
  ): Promise<RecordMatchOutcome>;

  page(at: BoardSeason, args: PageArgs, options?: Waiting): Promise<Page<PlacedEntry> | Refusal<'invalid-argument'>>;
  /** Aligned, up to 1000 users; null for who is not on the board. */
  entries(at: BoardSeason, userIds: readonly string[], options?: Waiting): Promise<readonly (PlacedEntry | null)[]>;
  /** The user with up to `above` better and `below` worse neighbours (0–50), in rank order; empty when the user is not on the board. */
  around(
    at: BoardSeason,
    userId: string,
    span: { readonly above: number; readonly below: number },
    options?: Waiting,
  ): Promise<readonly PlacedEntry[] | Refusal<'invalid-argument'>>;
  total(at: BoardSeason, options?: Waiting): Promise<number>;
  /** Snapshots of the best `first` (1–100) of the season of now, at most one in `everyMs` (100–10,000). */
  watchTop(
    ask: WatchTop,
    options: { readonly signal: AbortSignal },
  ): Promise<AsyncIterable<TopSnapshot> | Refusal<'invalid-argument' | 'not-found'>>;
  /** A page's players, from whoever keeps them. Aligned. */
  profiles(userIds: readonly string[], options?: Waiting): Promise<readonly (Profile | null)[]>;
  readonly work: readonly Work[];
}

export const AROUND_MAX = 50;
export const WATCH_MAX = 100;
export const EVERY_MIN_MS = 100;
export const EVERY_MAX_MS = 10_000;

export async function createLeaderboards(context: LeaderboardContext): Promise<Leaderboards> {
  const machinery = await startMachinery(context);
  const { boards, reads, repository } = machinery;
  const seasons = createSeasons(context, machinery);
  await seasons.refresh();
  const recordMatch = createRecordMatch(context, machinery, seasons);
  const viewOf = ({ board, season }: BoardSeason) =>
    season.sealedAtMs === null ? openView(reads, board, season.id) : sealedView(repository, season);

  const service: Leaderboards = {
    async open(boardId, seasonId = null) {
      const board = await boards.find(boardId);
      const season = board === null ? null : await seasons.find(board, seasonId);
      return board === null || season === null ? null : { board, season };
    },
    boards: () => boards.known(),
    recordMatch,
    recordScore: ({ boardId, userId, points, matchId }, options) =>
      recordMatch({ boardId, matchId: matchId ?? context.random.id(), results: [{ userId, points }], waitForRank: true }, options),
    page: (at, args, options = {}) => pageOfSeason(viewOf(at), `${at.board.id}@${at.season.id}`, args, options),
    entries: (at, userIds, options) => viewOf(at).lookup(userIds, options),
    async around(at, userId, span, options = {}) {
      for (const name of ['above', 'below'] as const) {
        const value = span[name];
        if (!Number.isInteger(value) || value < 0 || value > AROUND_MAX)
          return refuse('invalid-argument', name, `must be 0 to ${AROUND_MAX}`);
      }
      return viewOf(at).around(userId, { ...span, ...options });
    },
    total: (at, options) => viewOf(at).size(options),
    async watchTop(ask, { signal }) {
      const { first, everyMs, boardId } = ask;
      if (!Number.isInteger(first) || first < 1 || first > WATCH_MAX)
        return refuse('invalid-argument', 'first', `must be 1 to ${WATCH_MAX}`);
      if (!Number.isInteger(everyMs) || everyMs < EVERY_MIN_MS || everyMs > EVERY_MAX_MS) {
        return refuse('invalid-argument', 'everyMs', `must be ${EVERY_MIN_MS} to ${EVERY_MAX_MS}`);
      }
      const watched = await watchTop({ context, machinery, open: service.open, viewOf }, ask, signal);
      return watched ?? refuse('not-found', 'boardId', `there is no board ${JSON.stringify(boardId)}`);
    },
    profiles: (userIds, options) => context.uses.users.profiles(userIds, options),
    work: machinery.work,
  };
  return service;
}
