import type { RankedSet, Waiting } from '../../ports/index.ts';
import { partitionOf } from '../../ports/index.ts';
import type { Board, Entry } from './board.ts';
import { shardNames } from './hot-names.ts';
import { toRanked } from './hot-sink.ts';
import type { HotState } from './hot-state.ts';
import { type Key, openShards, type Shards, type Spot } from './sharding.ts';

export interface HotPage {
  /** In rank order, with each entry's 0-based unique place. */
  readonly entries: readonly (Entry & { readonly place: number })[];
}

/** Reads of the hot boards, in the board's own terms: its direction, its tie rule, 1-based ranks. */
export interface HotReads {
  lookup(
    board: Board,
    seasonId: string,
    userIds: readonly string[],
    options?: Waiting,
  ): Promise<((Entry & { readonly place: number }) | null)[]>;
  page(
    board: Board,
    seasonId: string,
    page: { readonly toward: 'after' | 'before'; readonly from: Entry | null; readonly limit: number } & Waiting,
  ): Promise<HotPage>;
  window(board: Board, seasonId: string, from: number, limit: number, options?: Waiting): Promise<HotPage>;
  around(
    board: Board,
    seasonId: string,
    userId: string,
    span: { readonly above: number; readonly below: number } & Waiting,
  ): Promise<HotPage>;
  /** Players with a better score, and with this one. */
  count(board: Board, seasonId: string, score: number, options?: Waiting): Promise<{ readonly above: number; readonly at: number }>;
  /** The 1-based rank that a score has or would have. */
  rankOfScore(board: Board, seasonId: string, score: number, options?: Waiting): Promise<number>;
  size(board: Board, seasonId: string, options?: Waiting): Promise<number>;
  drop(board: Board, seasonId: string, generation?: number): Promise<void>;
}

export function createHotReads(ranked: RankedSet, state: HotState): HotReads {
  const open = (board: Board, seasonId: string): Shards => {
    const { sharding } = board;
    const homeOf = sharding.kind === 'HASH' ? (member: string) => partitionOf(member, sharding.parts) : () => null;
    return openShards(ranked, shardNames(state.generation(), board, seasonId), homeOf);
  };
  /** Ranks of neighbours: DENSE ranks rise by one with every new score, so only the first is asked for. */
  const rankAll = async (board: Board, shards: Shards, spots: readonly Spot[], options: Waiting) => {
    const [first] = spots;
    if (board.ties !== 'DENSE' || first === undefined) return spots.map((spot) => entryOf(board, spot, rankIn(board, spot)));
    let rank = 1 + (await shards.distinctAbove(first.score, options));
    let { score } = first;
    return spots.map((spot) => {
      if (spot.score !== score) rank += 1;
      score = spot.score;
      return entryOf(board, spot, rank);
    });
  };

  const reads: HotReads = {
    async lookup(board, seasonId, userIds, options = {}) {
      if (userIds.length === 0) return [];
      const shards = open(board, seasonId);
      const spots = await shards.lookup(userIds, options);
      if (board.ties !== 'DENSE') return spots.map((spot) => spot && entryOf(board, spot, rankIn(board, spot)));
      return Promise.all(spots.map(async (spot) => spot && entryOf(board, spot, 1 + (await shards.distinctAbove(spot.score, options)))));
    },
    async page(board, seasonId, { from, toward, limit, ...options }) {
      const shards = open(board, seasonId);
      const spots = await shards.page({ toward, limit, key: from && keyOf(board, from), ...options });
      return { entries: await rankAll(board, shards, spots, options) };
    },
    async window(board, seasonId, from, limit, options = {}) {
      const shards = open(board, seasonId);
      return { entries: await rankAll(board, shards, await shards.window(from, limit, options), options) };
    },
    async around(board, seasonId, userId, { above, below, ...options }) {
      const shards = open(board, seasonId);
      const neighbours = await shards.around(userId, { before: above, after: below }, options);
      return { entries: await rankAll(board, shards, neighbours, options) };
    },
    count: (board, seasonId, score, options) => open(board, seasonId).count(toRanked(board, score), options),
    async rankOfScore(board, seasonId, score, options) {
      const shards = open(board, seasonId);
      if (board.ties === 'DENSE') return 1 + (await shards.distinctAbove(toRanked(board, score), options));
      const { above, at } = await shards.count(toRanked(board, score), options);
      // Whoever gets there now is the last of those who are there.
      return 1 + above + (board.ties === 'UNIQUE_FIRST_REACHED' ? at : 0);
    },
    size: (board, seasonId, options) => open(board, seasonId).size(options),
    async drop(board, seasonId, generation = state.generation()) {
      await ranked.drop(shardNames(generation, board, seasonId));
    },
  };
  return reads;
}

const rankIn = (board: Board, spot: Spot): number => 1 + (board.ties === 'COMPETITION' ? spot.above : spot.index);

const entryOf = (board: Board, spot: Spot, rank: number) => ({
  userId: spot.member,
  score: toRanked(board, spot.score),
  rank,
  reachedAtMs: spot.tie,
  place: spot.index,
});

const keyOf = (board: Board, entry: Entry): Key => ({
  member: entry.userId,
  score: toRanked(board, entry.score),
  tie: entry.reachedAtMs,
});
