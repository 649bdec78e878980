import type { Leaderboards } from '../../plugins/leaderboard/service.ts';
import type { LeaderboardRefs } from '../../schema/leaderboard/schema.ts';
import { createLoader } from '../loader.ts';

/** Fields of entries, seasons and results, with their players. */
export function entryFields(refs: LeaderboardRefs, service: Leaderboards): void {
  const userById = createLoader((ids: readonly string[], { signal }) => service.profiles(ids, { signal }));

  refs.LeaderboardEntry.implement({
    description: 'One player’s place.',
    fields: (t) => ({
      rank: t.exposeInt('rank', { description: '1-based, by the board’s tie rule.' }),
      score: t.expose('score', { type: 'SafeInt', description: 'What counts.' }),
      reachedAt: t.field({ type: 'DateTime', description: 'When this score was reached.', resolve: (entry) => entry.reachedAtMs }),
      userId: t.exposeID('userId', { description: 'The player.' }),
      user: t.field({
        type: refs.User,
        nullable: true,
        description: 'Name and picture. Null for a player without a profile.',
        resolve: ({ userId }, _args, context) => userById(context, userId),
      }),
    }),
  });
  refs.Season.implement({
    description: 'One run of a board.',
    fields: (t) => ({
      id: t.exposeID('id', { description: 'E.g. `2026-02`, `2026-W05`, `2026-02-01`, `all` or `exact`.' }),
      startsAt: t.field({ type: 'DateTime', description: 'Included.', resolve: (season) => season.startsAtMs }),
      endsAt: t.field({ type: 'DateTime', nullable: true, description: 'Excluded; null: by hand.', resolve: (season) => season.endsAtMs }),
      sealedAt: t.field({
        type: 'DateTime',
        nullable: true,
        description: 'Since when the ranks are final; null: not yet.',
        resolve: (season) => season.sealedAtMs,
      }),
      players: t.field({
        type: 'SafeInt',
        nullable: true,
        description: 'With a final rank; null: not sealed.',
        resolve: (season) => season.players,
      }),
      leaderboard: t.field({
        type: refs.Leaderboard,
        description: 'The board in this season: final ranks once it is sealed.',
        resolve: ({ board, ...season }) => ({ board, season }),
      }),
    }),
  });
  refs.Result.implement({
    description: 'One player’s result of one match.',
    fields: (t) => ({
      boardId: t.exposeID('boardId', { description: 'The board.' }),
      seasonId: t.exposeID('seasonId', { description: 'The season that took it.' }),
      matchId: t.exposeID('matchId', { description: 'The match.' }),
      points: t.expose('points', { type: 'SafeInt', description: 'As the game server sent them.' }),
      scoreBefore: t.field({
        type: 'SafeInt',
        nullable: true,
        description: 'Null: was not on the board.',
        resolve: (result) => result.before,
      }),
      scoreAfter: t.field({ type: 'SafeInt', nullable: true, description: 'Null: was not counted.', resolve: (result) => result.after }),
      status: t.expose('status', { type: refs.ResultStatus, description: 'What became of it.' }),
      at: t.field({ type: 'DateTime', description: 'When the match happened.', resolve: (result) => result.atMs }),
      userId: t.exposeID('userId', { description: 'The player.' }),
      user: t.field({
        type: refs.User,
        nullable: true,
        description: 'Null for a player without a profile.',
        resolve: ({ userId }, _args, context) => userById(context, userId),
      }),
    }),
  });
  refs.OvertakenEvent.implement({
    description: 'Others have passed the viewer.',
    fields: (t) => ({
      entry: t.expose('entry', { type: refs.LeaderboardEntry, description: 'Where the viewer stands now.' }),
      rankBefore: t.exposeInt('rankBefore', { description: 'Where the viewer stood.' }),
      byUserIds: t.field({
        type: ['ID'],
        description: 'Who passed, at most 50; empty when too many moved at once to say.',
        resolve: (event) => [...event.byUserIds],
      }),
      by: t.field({
        type: [refs.User],
        nullable: { list: false, items: true },
        description: 'The same, with names.',
        resolve: ({ byUserIds }, _args, context) => Promise.all(byUserIds.map((userId) => userById(context, userId))),
      }),
    }),
  });
}
