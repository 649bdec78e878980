import type { StandingRow } from '../../drizzle/leaderboard/repository.ts';
import { type Change, PortError, type RankedSet } from '../../ports/index.ts';
import type { Sink, Sourced } from '../kernel/index.ts';
import type { Board } from './board.ts';
import type { Boards } from './boards.ts';
import { progressMember, shardNames, shardOf } from './hot-names.ts';
import type { HotState } from './hot-state.ts';

/** What a step changed on one season, for live feeds. */
export interface Moved {
  readonly boardId: string;
  readonly seasonId: string;
  readonly rows: readonly StandingRow[];
}

export interface HotSinkOptions {
  readonly ranked: RankedSet;
  readonly boards: Boards;
  readonly state: HotState;
  /** Called before a live step is applied, so that who listens may look at the boards as they were. */
  readonly onBefore?: (moved: readonly Moved[]) => Promise<unknown>;
  /** Called after, with what `onBefore` answered. */
  readonly onApplied?: (partition: number, position: number, moved: readonly Moved[], before: unknown) => void;
}

/**
 * The hot projection's end. Every change is the absolute score, every board keeps the highest position it has per partition, and the step's
 * own progress is written last: a step that is cut short is done again and changes nothing that was done.
 */
export function createHotSink(options: HotSinkOptions, generation: () => number): Sink<StandingRow> {
  const { ranked, boards, state } = options;
  const began = new Map<number, number>();

  return {
    async position(partition) {
      const now = generation();
      began.set(partition, now);
      return state.position(now, partition);
    },
    async apply(partition, records, { after, position, signal }) {
      const now = generation();
      if (began.get(partition) !== undefined && began.get(partition) !== now) {
        throw new PortError('CONFLICT', 'another generation of the hot boards is live');
      }
      const moved = await group(boards, state, records);
      const before = await options.onBefore?.(moved);
      const source = progressMember(now, partition);
      await Promise.all(
        moved.flatMap(({ board, seasonId, rows }) =>
          changesOf(board, rows).flatMap((changes, shard) => {
            const name = shardNames(now, board, seasonId)[shard] ?? '';
            return changes.length === 0 ? [] : [ranked.apply(name, changes, { checkpoint: { source, position }, signal })];
          }),
        ),
      );
      await state.advance(now, partition, after, position);
      options.onApplied?.(partition, position, moved, before);
    },
  };
}

/** Absolute changes per shard. Over score ranges a player is put into the new range and taken out of all others. */
function changesOf(board: Board, rows: readonly StandingRow[]): readonly Change[][] {
  const { sharding } = board;
  const count = sharding.kind === 'HASH' ? sharding.parts : sharding.from.length + 1;
  const shards = Array.from({ length: count }, (): Change[] => []);
  for (const row of rows) {
    const home = shardOf(sharding, row.member, row.score);
    if (!row.removed) {
      shards[home]?.push({
        op: 'set',
        member: row.member,
        score: toRanked(board, row.score),
        tie: row.reachedAtMs,
        position: row.position,
      });
    }
    const others = row.removed && sharding.kind === 'HASH' ? [home] : sharding.kind === 'RANGES' ? shards.keys() : [];
    for (const shard of others) {
      if (row.removed || shard !== home) shards[shard]?.push({ op: 'remove', member: row.member, position: row.position });
    }
  }
  return shards;
}

/** Ranked sets order by score descending; a board where less is better holds negated scores. */
export const toRanked = (board: Pick<Board, 'direction'>, score: number): number => (board.direction === 'DESC' ? score : 0 - score);

async function group(
  boards: Boards,
  state: HotState,
  records: readonly Sourced<StandingRow>[],
): Promise<readonly (Moved & { readonly board: Board })[]> {
  const groups = new Map<string, { board: Board; boardId: string; seasonId: string; rows: StandingRow[] }>();
  for (const { value } of records) {
    const key = `${value.board}@${value.season}`;
    let found = groups.get(key);
    if (found === undefined) {
      const board = await boards.find(value.board);
      if (board === null || state.isSealed(value.board, value.season)) continue;
      found = { board, boardId: value.board, seasonId: value.season, rows: [] };
      groups.set(key, found);
    }
    found.rows.push(value);
  }
  return [...groups.values()];
}
