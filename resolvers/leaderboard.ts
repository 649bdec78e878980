import { GraphQLError } from 'graphql';
import { isRefusal, type Refusal } from '../plugins/kernel/index.ts';
import { type BoardSeason, EVERY_MAX_MS, EVERY_MIN_MS, type Leaderboards, WATCH_MAX } from '../plugins/leaderboard/service.ts';
import type { Builder } from '../schema/builder.ts';
import type { EntryNode, LeaderboardRefs, TopEvent } from '../schema/leaderboard.ts';
import { createLoader } from './loader.ts';

const DEFAULT_BOARD = 'default';

export function leaderboardResolvers(builder: Builder, refs: LeaderboardRefs, service: Leaderboards): void {
  leaderboardFields(refs, service);

  builder.queryFields((t) => ({
    leaderboard: t.field({
      type: refs.Leaderboard,
      nullable: true,
      description: 'A board in its season of now, or the one named. Null: there is none.',
      args: {
        id: t.arg.id({ defaultValue: DEFAULT_BOARD }),
        season: t.arg.id({ description: 'E.g. `2026-02`; left out: the one of now.' }),
      },
      resolve: (_root, { id, season }) => service.open(id ?? DEFAULT_BOARD, season),
    }),
  }));

  builder.mutationFields((t) => ({
    recordMatch: t.field({
      type: refs.RecordMatchResult,
      description: 'Takes the results of a match. Only for game servers: needs the scope scores:write.',
      authScopes: { scope: 'scores:write' },
      args: { input: t.arg({ type: refs.RecordMatchInput, required: true }) },
      resolve: (_root, { input }, { signal }) => service.recordMatch(matchInput(input), { signal }),
    }),
    recordScore: t.field({
      type: refs.RecordMatchResult,
      description: 'One player’s points, answered when the board shows them. Needs the scope scores:write.',
      authScopes: { scope: 'scores:write' },
      args: {
        userId: t.arg.id({ required: true, description: '1 to 128 bytes.' }),
        points: t.arg({ type: 'SafeInt', required: true, description: 'A whole number from 0 to 2^53 - 1.' }),
        matchId: t.arg.id({ description: 'Counted once per match and player. Left out: every request counts.' }),
        boardId: t.arg.id({ description: 'Default `default`.' }),
      },
      resolve: (_root, { userId, points, matchId, boardId }, { signal }) =>
        service.recordScore({ userId, points, matchId: matchId ?? null, boardId: boardId ?? DEFAULT_BOARD }, { signal }),
    }),
  }));

  builder.subscriptionFields((t) => ({
    leaderboardTop: t.field({
      type: refs.TopEvent,
      description: 'The top of a board whenever it changes: the newest state, at most once in `everyMs`.',
      args: {
        boardId: t.arg.id({ defaultValue: DEFAULT_BOARD }),
        first: t.arg.int({ defaultValue: 10, description: `1 to ${WATCH_MAX}.` }),
        everyMs: t.arg.int({ defaultValue: 250, description: `${EVERY_MIN_MS} to ${EVERY_MAX_MS}.` }),
      },
      extensions: { shared: 'latest' },
      subscribe: async (_root, { boardId, first, everyMs }, { signal }) =>
        orThrow(await service.watchTop({ boardId: boardId ?? DEFAULT_BOARD, first: first ?? 10, everyMs: everyMs ?? 250 }, { signal })),
      resolve: ({ at, atMs, entries, changes }): TopEvent => ({ atMs, changes, entries: entries.map((entry) => ({ ...entry, at })) }),
    }),
  }));
}

function leaderboardFields(refs: LeaderboardRefs, service: Leaderboards): void {
  const userById = createLoader((ids: readonly string[], { signal }) => service.profiles(ids, { signal }));
  const total = createLoader((boards: readonly BoardSeason[], { signal }) =>
    Promise.all(boards.map((at) => service.total(at, { signal }))),
  );
  const entryOf = createEntryLoader(service);

  refs.LeaderboardEntry.implement({
    description: 'One player’s place.',
    fields: (t) => ({
      rank: t.exposeInt('rank', { description: '1-based, by the board’s tie rule.' }),
      score: t.expose('score', { type: 'SafeInt' }),
      reachedAt: t.field({ type: 'DateTime', description: 'When this score was reached.', resolve: (entry) => entry.reachedAtMs }),
      userId: t.exposeID('userId'),
      user: t.field({
        type: refs.User,
        nullable: true,
        description: 'Name and picture. Null for a player without a profile.',
        resolve: ({ userId }, _args, context) => userById(context, userId),
      }),
    }),
  });
  refs.Leaderboard.implement({
    description: 'A board in one of its seasons.',
    fields: (t) => ({
      id: t.id({ resolve: ({ board }) => board.id }),
      name: t.string({ resolve: ({ board }) => board.name }),
      seasonId: t.id({ description: 'E.g. `2026-02`, `2026-W05`, `2026-02-01`, `all` or `exact`.', resolve: ({ season }) => season.id }),
      closesAt: t.field({
        type: 'DateTime',
        nullable: true,
        description: 'Null: it does not end by itself.',
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
        description: 'In rank order, from the best (`first`) or the last (`last`).',
        args: {
          first: t.arg.int({ description: '1 to 500, default 10.' }),
          after: t.arg({ type: 'Cursor' }),
          last: t.arg.int({ description: '1 to 500.' }),
          before: t.arg({ type: 'Cursor' }),
        },
        resolve: async (at, args, { signal }) => {
          const page = orThrow(await service.page(at, args, { signal }));
          return { ...page, at, edges: page.edges.map(({ cursor, node }) => ({ cursor, node: { ...node, at } })) };
        },
      }),
      rank: t.field({
        type: refs.LeaderboardEntry,
        nullable: true,
        description: 'A player’s place; null: not on the board.',
        args: { userId: t.arg.id({ required: true }) },
        resolve: async (at, { userId }, context) => entryOf(context, { at, userId }),
      }),
      around: t.field({
        type: [refs.LeaderboardEntry],
        description: 'The player with its neighbours, best first; empty: not on the board.',
        args: {
          userId: t.arg.id({ required: true }),
          above: t.arg.int({ defaultValue: 4, description: '0 to 50 better ones.' }),
          below: t.arg.int({ defaultValue: 4, description: '0 to 50 worse ones.' }),
        },
        extensions: { cost: 5 },
        resolve: async (at, { userId, above, below }, { signal }): Promise<readonly EntryNode[]> =>
          orThrow(await service.around(at, userId, { above: above ?? 4, below: below ?? 4 }, { signal })).map((entry) => ({
            ...entry,
            at,
          })),
      }),
    }),
  });
}

/** Ranks asked for in one tick are one lookup a board and season. */
function createEntryLoader(service: Leaderboards) {
  return createLoader(async (keys: readonly { readonly at: BoardSeason; readonly userId: string }[], { signal }) => {
    const groups = new Map<string, { at: BoardSeason; indexes: number[] }>();
    for (const [index, { at }] of keys.entries()) {
      const name = `${at.board.id}@${at.season.id}`;
      const group = groups.get(name) ?? { at, indexes: [] };
      group.indexes.push(index);
      groups.set(name, group);
    }
    const found: (EntryNode | null)[] = keys.map(() => null);
    await Promise.all(
      [...groups.values()].map(async ({ at, indexes }) => {
        const entries = await service.entries(
          at,
          indexes.map((index) => keys[index]?.userId ?? ''),
          { signal },
        );
        for (const [i, index] of indexes.entries()) {
          const entry = entries[i];
          found[index] = entry == null ? null : { ...entry, at };
        }
      }),
    );
    return found;
  });
}

/** A refusal in a place that has no union for it: the client's error, with the field it names. */
function orThrow<T extends object>(value: T | Refusal): Exclude<T, Refusal> {
  if ('kind' in value && typeof value.kind === 'string' && isRefusal({ kind: value.kind })) {
    const { field, message, kind } = value as Refusal;
    throw new GraphQLError(`${field}: ${message}`, { extensions: { code: kind === 'not-found' ? 'NOT_FOUND' : 'BAD_USER_INPUT', field } });
  }
  return value as Exclude<T, Refusal>;
}

function matchInput(input: {
  readonly boardId?: string | null | undefined;
  readonly matchId: string;
  readonly occurredAt?: number | null | undefined;
  readonly results: readonly { readonly userId: string; readonly points: number }[];
  readonly waitForRank?: boolean | null | undefined;
}) {
  return {
    matchId: input.matchId,
    results: input.results,
    ...(input.boardId == null ? {} : { boardId: input.boardId }),
    ...(input.occurredAt == null ? {} : { occurredAtMs: input.occurredAt }),
    ...(input.waitForRank == null ? {} : { waitForRank: input.waitForRank }),
  };
}
