import type { Repository, SeasonResultRow } from '../../drizzle/leaderboard/repository.ts';
import type { Waiting } from '../../ports/index.ts';
import type { Board, Entry, SeasonState } from './board.ts';
import type { HotReads } from './hot-reads.ts';

/** An entry with its 0-based place in the total order, which ties do not share. */
export type PlacedEntry = Entry & { readonly place: number };

export interface PageAsk extends Waiting {
  readonly toward: 'after' | 'before';
  /** The entry the page begins beside; null: the first, or the last. */
  readonly from: PlacedEntry | null;
  readonly limit: number;
}

/** One season, open or sealed, behind the same reads: an open one is on the hot board, a sealed one in the record. */
export interface SeasonView {
  lookup(userIds: readonly string[], options?: Waiting): Promise<readonly (PlacedEntry | null)[]>;
  page(ask: PageAsk): Promise<readonly PlacedEntry[]>;
  /** From the 0-based place on. */
  window(from: number, limit: number, options?: Waiting): Promise<readonly PlacedEntry[]>;
  around(userId: string, span: { readonly above: number; readonly below: number } & Waiting): Promise<readonly PlacedEntry[]>;
  /** Players with a better score, and with this one. */
  count(score: number, options?: Waiting): Promise<{ readonly above: number; readonly at: number }>;
  /** The 1-based rank of a player who reached this score now. */
  rankOfScore(score: number, options?: Waiting): Promise<number>;
  size(options?: Waiting): Promise<number>;
}

export function openView(reads: HotReads, board: Board, seasonId: string): SeasonView {
  return {
    lookup: (userIds, options) => reads.lookup(board, seasonId, userIds, options),
    page: async (ask) => (await reads.page(board, seasonId, ask)).entries,
    window: async (from, limit, options) => (await reads.window(board, seasonId, from, limit, options)).entries,
    around: async (userId, span) => (await reads.around(board, seasonId, userId, span)).entries,
    count: (score, options) => reads.count(board, seasonId, score, options),
    rankOfScore: (score, options) => reads.rankOfScore(board, seasonId, score, options),
    size: (options) => reads.size(board, seasonId, options),
  };
}

/** Final ranks never change, so a place is a position for good. */
export function sealedView(repository: Repository, board: Board, season: SeasonState): SeasonView {
  const total = season.players ?? 0;
  const window = async (from: number, limit: number) =>
    limit <= 0 ? [] : (await repository.finalPage(season.boardId, season.id, from, limit)).map(placed);
  const lookup = async (userIds: readonly string[]) =>
    (await repository.finalPlaces(season.boardId, season.id, userIds)).map((row) => row && placed(row));
  return {
    lookup,
    window,
    page({ toward, from, limit }) {
      if (toward === 'after') return window(from === null ? 0 : from.place + 1, limit);
      const end = from === null ? total : from.place;
      const start = Math.max(0, end - limit);
      return window(start, end - start);
    },
    async around(userId, { above, below }) {
      const [me] = await lookup([userId]);
      if (me === null || me === undefined) return [];
      const start = Math.max(0, me.place - above);
      return window(start, me.place + below + 1 - start);
    },
    count: (score) => repository.finalCount(season.boardId, season.id, score, board.direction),
    async rankOfScore(score) {
      if (board.ties === 'DENSE') return 1 + (await repository.finalDistinctAbove(season.boardId, season.id, score, board.direction));
      const { above, at } = await repository.finalCount(season.boardId, season.id, score, board.direction);
      return 1 + above + (board.ties === 'UNIQUE_FIRST_REACHED' ? at : 0);
    },
    size: () => Promise.resolve(total),
  };
}

const placed = (row: SeasonResultRow): PlacedEntry => ({
  userId: row.userId,
  score: row.score,
  rank: row.rank,
  reachedAtMs: row.reachedAtMs,
  place: row.place - 1,
});
