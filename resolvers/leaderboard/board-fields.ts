import type { Leaderboards } from '../../plugins/leaderboard/service.ts';
import type { EntryNode, FriendNode } from '../../schema/leaderboard/entries.ts';
import type { LeaderboardRefs } from '../../schema/leaderboard/schema.ts';
import { createLoader } from '../loader.ts';
import { createEntryLoader } from './entry-loader.ts';
import { atMost, orThrow } from './refusals.ts';

const IDS_MAX = 1_000;
const PAGE = 10;

/** Fields of a board in one of its seasons. */
export function boardFields(refs: LeaderboardRefs, service: Leaderboards): void {
  const entryOf = createEntryLoader(service);
  const total = createLoader((boards: readonly (typeof refs.Leaderboard.$inferType)[], { signal }) =>
    Promise.all(boards.map((at) => service.total(at, { signal }))),
  );

  refs.Leaderboard.implement({
    description: 'A board in one of its seasons.',
    fields: (t) => ({
      id: t.id({ description: 'The board.', resolve: ({ board }) => board.id }),
      name: t.string({ description: 'For people.', resolve: ({ board }) => board.name }),
      operator: t.field({ type: refs.Operator, description: 'What a result does to a score.', resolve: ({ board }) => board.operator }),
      direction: t.field({ type: refs.Direction, description: 'Which score is better.', resolve: ({ board }) => board.direction }),
      ties: t.field({ type: refs.TieRule, description: 'Ranks of equal scores.', resolve: ({ board }) => board.ties }),
      period: t.field({ type: refs.PeriodKind, description: 'When it begins anew.', resolve: ({ board }) => board.period.kind }),
      timeZone: t.string({
        nullable: true,
        description: 'Of calendar periods.',
        resolve: ({ board: { period } }) => ('timeZone' in period ? period.timeZone : null),
      }),
      createdAt: t.field({ type: 'DateTime', description: 'When it was defined.', resolve: ({ board }) => board.createdAtMs }),
      seasonId: t.id({ description: 'E.g. `2026-02`, `2026-W05`, `2026-02-01`, `all` or `exact`.', resolve: ({ season }) => season.id }),
      closesAt: t.field({
        type: 'DateTime',
        nullable: true,
        description: 'The season’s end, excluded. Null: it does not end by itself.',
        resolve: ({ season }) => season.endsAtMs,
      }),
      sealedAt: t.field({
        type: 'DateTime',
        nullable: true,
        description: 'Since when the ranks are final; null: not yet.',
        resolve: ({ season }) => season.sealedAtMs,
      }),
      total: t.field({ type: 'SafeInt', description: 'Players on the board.', resolve: (at, _args, context) => total(context, at) }),
      top: t.field({
        type: refs.TopConnection,
        description: 'In rank order, from the best (`first`) or from the last (`last`).',
        args: {
          first: t.arg.int({ description: '1 to 500, default 10.' }),
          after: t.arg({ type: 'Cursor', description: 'With `first`.' }),
          last: t.arg.int({ description: '1 to 500.' }),
          before: t.arg({ type: 'Cursor', description: 'With `last`.' }),
        },
        resolve: async (at, args, { signal }) => {
          const page = orThrow(await service.page(at, args, { signal }));
          return { ...page, edges: page.edges.map(({ cursor, node }) => ({ cursor, node: { ...node, at } })) };
        },
      }),
      rank: t.field({
        type: refs.LeaderboardEntry,
        nullable: true,
        description: 'A player’s place; null: not on the board.',
        args: { userId: t.arg.id({ required: true, description: 'The player.' }) },
        resolve: (at, { userId }, context) => entryOf(context, { at, userId }),
      }),
      entries: t.field({
        type: [refs.LeaderboardEntry],
        nullable: { list: false, items: true },
        description: `Places of up to ${IDS_MAX} players, in the order of their ids; null: not on the board.`,
        args: { userIds: t.arg.idList({ required: true, description: 'The players.' }) },
        resolve: (at, { userIds }, context) =>
          Promise.all(atMost('userIds', userIds, IDS_MAX).map((userId) => entryOf(context, { at, userId }))),
      }),
      me: t.field({
        type: refs.LeaderboardEntry,
        nullable: true,
        description: 'The viewer’s own place; null: not on the board, or not signed in.',
        extensions: { viewer: true },
        resolve: (at, _args, context) => (context.viewer.kind === 'user' ? entryOf(context, { at, userId: context.viewer.id }) : null),
      }),
      around: t.field({
        type: [refs.LeaderboardEntry],
        description: 'A player with its neighbours, best first; empty: not on the board.',
        args: {
          userId: t.arg.id({ required: true, description: 'The player.' }),
          above: t.arg.int({ defaultValue: 4, description: '0 to 50 better ones.' }),
          below: t.arg.int({ defaultValue: 4, description: '0 to 50 worse ones.' }),
        },
        extensions: { cost: 10 },
        resolve: async (at, { userId, above, below }, { signal }): Promise<readonly EntryNode[]> =>
          orThrow(await service.around(at, userId, { above: above ?? 4, below: below ?? 4 }, { signal })).map((entry) => ({
            ...entry,
            at,
          })),
      }),
      friends: t.field({
        type: [refs.FriendEntry],
        description: 'The viewer among its friends, best first; of 5,000 friends at most. Needs a signed-in user.',
        authScopes: { signedIn: true },
        args: { first: t.arg.int({ defaultValue: 100, description: '1 to 500.' }) },
        extensions: { viewer: true, cost: 50 },
        resolve: async (at, { first }, { viewer, signal }): Promise<readonly FriendNode[]> =>
          orThrow(await service.friends(at, viewer.id, first ?? 100, { signal })).map(({ entry, friendRank }) => ({
            friendRank,
            entry: { ...entry, at },
          })),
      }),
      placeOfScore: t.field({
        type: refs.ScorePlace,
        description: 'Rank and percentile of a score, whether somebody has it or not.',
        args: { score: t.arg({ type: 'SafeInt', required: true, description: 'A whole number from 0 to 2^53 - 1.' }) },
        resolve: async (at, { score }, { signal }) => orThrow(await service.placeOfScore(at, score, { signal })),
      }),
      seasons: t.field({
        type: refs.SeasonConnection,
        description: 'Seasons that have had results, newest first.',
        args: {
          first: t.arg.int({ defaultValue: PAGE, description: '1 to 500.' }),
          after: t.arg({ type: 'Cursor', description: 'Goes on behind it.' }),
        },
        resolve: async ({ board }, { first, after }) => {
          const page = orThrow(await service.seasons(board.id, { first: first ?? PAGE, after: after ?? null }));
          return { ...page, edges: page.edges.map(({ cursor, node }) => ({ cursor, node: { ...node, board } })) };
        },
      }),
      results: t.field({
        type: refs.ResultConnection,
        description: 'The history of match results, newest first; all of them, one player’s, or one match’s.',
        args: {
          first: t.arg.int({ defaultValue: PAGE, description: '1 to 500.' }),
          after: t.arg({ type: 'Cursor', description: 'Goes on behind it.' }),
          userId: t.arg.id({ description: 'Only this player’s.' }),
          matchId: t.arg.id({ description: 'Only this match’s, by player id.' }),
        },
        resolve: async ({ board }, { first, after, userId, matchId }) =>
          orThrow(
            await service.results({
              boardId: board.id,
              first: first ?? PAGE,
              after: after ?? null,
              userId: userId ?? null,
              matchId: matchId ?? null,
            }),
          ),
      }),
    }),
  });
}
