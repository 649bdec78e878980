import { partitionOf } from '../../ports/index.ts';
import type { Board, Sharding } from './board.ts';

/**
 * Names of the boards in the ranked set:
 *
 *   g3.default@2026-02#h0    generation 3, board, season, hash part 0
 *   g3.race@all#r2           score range 2
 *   meta                     'generation' -> 3, 'g3.p0' -> how far partition 0 is applied to generation 3
 *
 * A generation is one build of all hot boards. A rebuild fills the next one beside it and then points `generation` at it.
 */
export const META = 'meta';
export const GENERATION = 'generation';

export const progressMember = (generation: number, partition: number): string => `g${generation}.p${partition}`;

/** All shards of a season, in the order of `shardsOf`. */
export function shardNames(generation: number, board: Pick<Board, 'id' | 'sharding'>, seasonId: string): readonly string[] {
  const { sharding } = board;
  const base = `g${generation}.${board.id}@${seasonId}#`;
  const count = sharding.kind === 'HASH' ? sharding.parts : sharding.from.length + 1;
  return Array.from({ length: count }, (_, index) => `${base}${sharding.kind === 'HASH' ? 'h' : 'r'}${index}`);
}

/** The shard that holds a member with this score. */
export function shardOf(sharding: Sharding, member: string, score: number): number {
  if (sharding.kind === 'HASH') return partitionOf(member, sharding.parts);
  const index = sharding.from.findIndex((from) => score < from);
  return index === -1 ? sharding.from.length : index;
}
