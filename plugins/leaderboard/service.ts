import type { Waiting } from '../../ports/index.ts';
import { closable, type Refusal, refuse, type Work } from '../kernel/index.ts';
import { type ScoreApplied, watchApplied } from './applied-feed.ts';
import type { Board, SeasonState } from './board.ts';
import { type BoardInput, type CreateBoardOutcome, createBoardOpener } from './create-board.ts';
import { type FriendEntry, friendsBoard } from './friends.ts';
import { createHistory, type ResultsAsk, type ResultsPage, type SeasonsPage } from './history.ts';
import { isId, isScore } from './input.ts';
import {
  type Overtaken,
  type RankChange,
  type TopSnapshot,
  type WatchTop,
  type WatchUser,
  watchOvertaken,
  watchRank,
  watchSealed,
  watchTop,
} from './live.ts';
import { type LeaderboardContext, startMachinery } from './machinery.ts';
import type { Profile } from './needs.ts';
import { type Page, type PageArgs, pageOfSeason } from './pages.ts';
import { createRecordMatch, type MatchInput, type RecordMatchOutcome } from './record-match.ts';
import { createRemoval, type RemoveOutcome } from './remove-player.ts';
import { createSealing, type SealOutcome } from './sealing.ts';
import { createSeasons } from './seasons.ts';
import { createTrimming } from './trimming.ts';
import { openView, type PlacedEntry, type SeasonView, sealedView } from './view.ts';

/** A board in one of its seasons: what every read begins with. Costs no storage for the season of now. */
export interface BoardSeason {
  readonly board: Board;
  readonly season: SeasonState;
}

/** Where a score stands, or would stand. */
export interface ScorePlace {
  readonly score: number;
  /** The rank a player who reached it now would have. */
  readonly rank: number;
  /** Share of the players with a worse score, 0–100; 100 on an empty board. */
  readonly percentile: number;
}

type Options = { readonly signal: AbortSignal };
type Invalid = Refusal<'invalid-argument'>;
type Live<T> = Promise<AsyncIterable<T> | Refusal<'invalid-argument' | 'not-found'>>;

export interface Leaderboards {
  /** The season named, or the one of now. Null: no such board or season. */
  open(boardId: string, seasonId?: string | null): Promise<BoardSeason | null>;
  /** All boards in their season of now, oldest first. */
  boards(): Promise<readonly BoardSeason[]>;

  createBoard(input: BoardInput): Promise<CreateBoardOutcome>;
  /** One atomic append; counted once per match and player. */
  recordMatch(input: MatchInput, options: Options): Promise<RecordMatchOutcome>;
  /** One player's points; without a match id every call counts. Waits for the rank. */
  recordScore(
    input: { readonly boardId: string; readonly userId: string; readonly points: number; readonly matchId: string | null },
    options: Options,
  ): Promise<RecordMatchOutcome>;
  /** Ends a season now; `seasonId` null: the one of now. */
  sealSeason(boardId: string, seasonId: string | null, options: Options): Promise<SealOutcome>;
  /** Takes a player off the open seasons of one board, or of all. */
  removePlayer(userId: string, boardId: string | null, options: Options): Promise<RemoveOutcome>;
  /** Builds all hot boards again beside the live ones, then swaps. Answers the number of standings. */
  rebuild(options: Options): Promise<number>;

  page(at: BoardSeason, args: PageArgs, options?: Waiting): Promise<Page<PlacedEntry> | Invalid>;
  /** Aligned, up to 1000 users; null for who is not on the board. */
  entries(at: BoardSeason, userIds: readonly string[], options?: Waiting): Promise<readonly (PlacedEntry | null)[]>;
  /** The user with up to `above` better and `below` worse neighbours (0–50), in rank order; empty when the user is not on the board. */
  around(
    at: BoardSeason,
    userId: string,
    span: { readonly above: number; readonly below: number },
    options?: Waiting,
  ): Promise<readonly PlacedEntry[] | Invalid>;
  /** The best `first` (1–500) among the user and up to 5,000 friends. */
  friends(at: BoardSeason, userId: string, first: number, options?: Waiting): Promise<readonly FriendEntry[] | Invalid>;
  placeOfScore(at: BoardSeason, score: number, options?: Waiting): Promise<ScorePlace | Invalid>;
  total(at: BoardSeason, options?: Waiting): Promise<number>;
  seasons(boardId: string, ask: { readonly first: number; readonly after: string | null }): Promise<SeasonsPage>;
  results(ask: ResultsAsk): Promise<ResultsPage>;
  /** Aligned names and pictures, from whoever keeps them. */
  profiles(userIds: readonly string[], options?: Waiting): Promise<readonly (Profile | null)[]>;

  /** Snapshots of the best `first` (1–100) of the season of now, at most one in `everyMs` (100–10,000). */
  watchTop(ask: WatchTop, options: Options): Live<TopSnapshot>;
  watchRank(ask: WatchUser, options: Options): Live<RankChange>;
  watchOvertaken(ask: WatchUser, options: Options): Live<Overtaken>;
  watchSealed(boardId: string, options: Options): Live<BoardSeason>;
  /** Every counted result, from the cursor on or from now. */
  watchApplied(ask: { readonly boardId: string; readonly after: string | null }, options: Options): Live<ScoreApplied>;
  readonly work: readonly Work[];
}

export const AROUND_MAX = 50;
export const WATCH_MAX = 100;
export const FIRST_MAX = 500;
export const EVERY_MIN_MS = 100;
export const EVERY_MAX_MS = 10_000;

export async function createLeaderboards(context: LeaderboardContext): Promise<Leaderboards> {
  const machinery = await startMachinery(context);
  const { boards, reads, repository } = machinery;
  const seasons = createSeasons(context, machinery);
  await seasons.refresh();
  const sealing = createSealing(context, machinery, seasons);
  const recordMatch = createRecordMatch(context, machinery, seasons);
  const history = createHistory(repository);
  const viewOf = ({ board, season }: BoardSeason): SeasonView =>
    season.sealedAtMs === null ? openView(reads, board, season.id) : sealedView(repository, board, season);
  const open = async (boardId: string, seasonId: string | null = null) => {
    const board = await boards.find(boardId);
    const season = board === null ? null : await seasons.find(board, seasonId);
    return board === null || season === null ? null : { board, season };
  };
  const live = { context, machinery, open, viewOf };

  return {
    open,
    async boards() {
      const all = await Promise.all(boards.known().map((board) => open(board.id)));
      return all.filter((at) => at !== null);
    },
    createBoard: createBoardOpener(context, machinery),
    recordMatch,
    recordScore: ({ boardId, userId, points, matchId }, options) =>
      recordMatch({ boardId, matchId: matchId ?? context.random.id(), results: [{ userId, points }], waitForRank: true }, options),
    sealSeason: (boardId, seasonId, options) => sealing.seal(boardId, seasonId, options),
    removePlayer: createRemoval(context, machinery, seasons),
    rebuild: (options) => machinery.hot.rebuild(options),

    page: (at, args, options = {}) => pageOfSeason(viewOf(at), `${at.board.id}@${at.season.id}`, args, options),
    entries: (at, userIds, options) => lookupIds(viewOf(at), userIds, options),
    async around(at, userId, span, options = {}) {
      const wrong = checkInteger('above', span.above, 0, AROUND_MAX) ?? checkInteger('below', span.below, 0, AROUND_MAX);
      if (wrong !== null) return wrong;
      return isId(userId) ? viewOf(at).around(userId, { ...span, ...options }) : [];
    },
    async friends(at, userId, first, options = {}) {
      return checkInteger('first', first, 1, FIRST_MAX) ?? friendsBoard(context, viewOf(at), at, { userId, first }, options);
    },
    async placeOfScore(at, score, options = {}) {
      if (!isScore(score)) return refuse('invalid-argument', 'score', 'must be a whole number from 0 to 2^53 - 1');
      const view = viewOf(at);
      const [rank, { above, at: same }, total] = await Promise.all([
        view.rankOfScore(score, options),
        view.count(score, options),
        view.size(options),
      ]);
      return { score, rank, percentile: total === 0 ? 100 : (100 * (total - above - same)) / total };
    },
    total: (at, options) => viewOf(at).size(options),
    seasons: (boardId, ask) => history.seasons(boardId, ask),
    results: (ask) => history.results(ask),
    profiles: (userIds, options) => context.uses.users.profiles(userIds, options),

    watchTop: (ask, options) =>
      closable(
        options.signal,
        async (signal) =>
          checkInteger('first', ask.first, 1, WATCH_MAX) ?? checkEvery(ask) ?? (await watchTop(live, ask, signal)) ?? noBoard(ask.boardId),
      ),
    watchRank: (ask, options) =>
      closable(options.signal, async (signal) => checkEvery(ask) ?? (await watchRank(live, ask, signal)) ?? noBoard(ask.boardId)),
    watchOvertaken: (ask, options) =>
      closable(options.signal, async (signal) => checkEvery(ask) ?? (await watchOvertaken(live, ask, signal)) ?? noBoard(ask.boardId)),
    watchSealed: (boardId, options) =>
      closable(options.signal, async (signal) => (await watchSealed(live, boardId, signal)) ?? noBoard(boardId)),
    watchApplied: (ask, options) =>
      closable(options.signal, async (signal) =>
        (await boards.find(ask.boardId)) === null ? noBoard(ask.boardId) : watchApplied(context, machinery, ask, signal),
      ),
    work: [...machinery.work, sealing.work, createTrimming(context, machinery)],
  };
}

const noBoard = (boardId: string) => refuse('not-found', 'boardId', `there is no board ${JSON.stringify(boardId)}`);

const checkEvery = ({ everyMs }: { readonly everyMs: number }) => checkInteger('everyMs', everyMs, EVERY_MIN_MS, EVERY_MAX_MS);

const checkInteger = (field: string, value: number, min: number, max: number): Invalid | null =>
  Number.isInteger(value) && value >= min && value <= max ? null : refuse('invalid-argument', field, `must be ${min} to ${max}`);

/** What cannot be a player's id is on no board. */
async function lookupIds(view: SeasonView, userIds: readonly string[], options?: Waiting): Promise<readonly (PlacedEntry | null)[]> {
  const found = await view.lookup(userIds.filter(isId), options);
  let next = 0;
  return userIds.map((userId) => (isId(userId) ? (found[next++] ?? null) : null));
}
