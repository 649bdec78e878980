import type { Entry } from './board.ts';

/** One player's step on a season's hot board. `from` null: the player is new; `to` null: the player is gone. */
export interface Move {
  readonly seasonId: string;
  readonly userId: string;
  readonly from: Stand | null;
  readonly to: Stand | null;
}
export type Stand = Pick<Entry, 'score' | 'reachedAtMs'>;

/** What has moved on a board since the last message. `isComplete` false: there was more than a message holds. */
export interface Moves {
  readonly moves: readonly Move[];
  readonly isComplete: boolean;
}

export const movesTopic = (boardId: string): string => `moves.${boardId}`;
export const sealedTopic = (boardId: string): string => `sealed.${boardId}`;
export const PROGRESS_TOPIC = 'progress';

/** Merges what is waiting with what is new, within `bytesMax` of a message. */
export function mergeMoves(pending: Moves | undefined, next: Moves, bytesMax: number): Moves {
  const all = pending === undefined ? next.moves : [...pending.moves, ...next.moves];
  const kept: Move[] = [];
  let bytes = 64;
  for (const move of all) {
    bytes += MOVE_BYTES + Buffer.byteLength(JSON.stringify(move.userId));
    if (bytes > bytesMax) break;
    kept.push(move);
  }
  return { moves: kept, isComplete: (pending?.isComplete ?? true) && next.isComplete && kept.length === all.length };
}

/** A move in JSON without its id: a season, four numbers of at most 16 digits and the names around them. */
const MOVE_BYTES = 200;
