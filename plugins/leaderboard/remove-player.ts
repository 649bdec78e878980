import { type Refusal, refuse } from '../kernel/index.ts';
import { removeRecord } from './event.ts';
import { isId } from './input.ts';
import { type LeaderboardContext, type Machinery, SCORES } from './machinery.ts';
import type { Seasons } from './seasons.ts';

export type RemoveOutcome =
  | {
      readonly kind: 'removed';
      readonly userId: string;
      /** Seasons it was asked of; the player may not have been on all of them. */
      readonly seasons: readonly { readonly boardId: string; readonly seasonId: string }[];
      /** The boards no longer show the player. */
      readonly applied: boolean;
    }
  | Refusal<'invalid-argument' | 'not-found'>;

/** A removal is an event in the log like a score, so a replay removes at the same place. Sealed seasons keep their history. */
export function createRemoval(context: LeaderboardContext, { boards, repository, hot }: Machinery, seasons: Seasons) {
  return async (userId: string, boardId: string | null, { signal }: { readonly signal: AbortSignal }): Promise<RemoveOutcome> => {
    if (!isId(userId)) return refuse('invalid-argument', 'userId', 'must be 1 to 128 bytes of text');
    const board = boardId === null ? null : await boards.find(boardId);
    if (boardId !== null && board === null) return refuse('not-found', 'boardId', `there is no board ${JSON.stringify(boardId)}`);
    const now = await Promise.all((board === null ? boards.known() : [board]).map((one) => seasons.find(one, null)));
    const stored = (await repository.openSeasons()).filter((season) => board === null || season.boardId === board.id);
    const open = new Map<string, { readonly boardId: string; readonly seasonId: string }>();
    for (const season of [...stored, ...now]) {
      if (season === null || season.sealedAtMs !== null) continue;
      open.set(`${season.boardId}@${season.id}`, { boardId: season.boardId, seasonId: season.id });
    }
    const targets = [...open.values()];
    if (targets.length === 0) return { kind: 'removed', userId, seasons: [], applied: true };
    const result = await context.ports.scores.api.append(
      SCORES,
      targets.map((target) => removeRecord({ kind: 'remove', userId, ...target })),
      { signal },
    );
    const last = result.kind === 'appended' ? result.placed.at(-1) : undefined;
    const until = AbortSignal.any([signal, AbortSignal.timeout(context.options.waitMs)]);
    const applied = last !== undefined && (await hot.waitFor(last.partition, last.position, { signal: until }));
    return { kind: 'removed', userId, seasons: targets, applied };
  };
}
