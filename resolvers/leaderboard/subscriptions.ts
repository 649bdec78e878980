import { EVERY_MAX_MS, EVERY_MIN_MS, type Leaderboards, WATCH_MAX } from '../../plugins/leaderboard/service.ts';
import type { Builder } from '../../schema/builder.ts';
import type { OvertakenEvent, RankEvent, TopEvent } from '../../schema/leaderboard/live.ts';
import type { LeaderboardRefs } from '../../schema/leaderboard/schema.ts';
import { orThrow } from './refusals.ts';

const DEFAULT_BOARD = 'default';
const EVERY_MS = 250;

export function leaderboardSubscriptions(builder: Builder, refs: LeaderboardRefs, service: Leaderboards): void {
  builder.subscriptionFields((t) => {
    const boardId = t.arg.id({ defaultValue: DEFAULT_BOARD, description: 'The board, in its season of now.' });
    const everyMs = t.arg.int({
      defaultValue: EVERY_MS,
      description: `${EVERY_MIN_MS} to ${EVERY_MAX_MS} milliseconds between two events.`,
    });
    return {
      leaderboardTop: t.field({
        type: refs.TopEvent,
        description: 'The top of a board whenever it changes: the newest state, at most once in `everyMs`.',
        args: { boardId, first: t.arg.int({ defaultValue: 10, description: `1 to ${WATCH_MAX}.` }), everyMs },
        extensions: { shared: 'latest' },
        subscribe: async (_root, args, { signal }) =>
          orThrow(
            await service.watchTop(
              { boardId: args.boardId ?? DEFAULT_BOARD, first: args.first ?? 10, everyMs: args.everyMs ?? EVERY_MS },
              { signal },
            ),
          ),
        resolve: ({ at, atMs, entries, changes }): TopEvent => ({ atMs, changes, entries: entries.map((entry) => ({ ...entry, at })) }),
      }),
      myRank: t.field({
        type: refs.RankEvent,
        description: 'The viewer’s own place, now and whenever rank or score change.',
        authScopes: { signedIn: true },
        args: { boardId, everyMs },
        extensions: { viewer: true },
        subscribe: async (_root, args, { viewer, signal }) =>
          orThrow(
            await service.watchRank(
              { boardId: args.boardId ?? DEFAULT_BOARD, everyMs: args.everyMs ?? EVERY_MS, userId: viewer.id },
              { signal },
            ),
          ),
        resolve: ({ at, entry, before }): RankEvent => ({ entry: entry && { ...entry, at }, rankBefore: before?.rank ?? null }),
      }),
      overtaken: t.field({
        type: refs.OvertakenEvent,
        description: 'Tells the viewer who has passed it.',
        authScopes: { signedIn: true },
        args: { boardId, everyMs },
        extensions: { viewer: true },
        subscribe: async (_root, args, { viewer, signal }) =>
          orThrow(
            await service.watchOvertaken(
              { boardId: args.boardId ?? DEFAULT_BOARD, everyMs: args.everyMs ?? EVERY_MS, userId: viewer.id },
              { signal },
            ),
          ),
        resolve: ({ at, entry, rankBefore, by }): OvertakenEvent => ({ entry: { ...entry, at }, rankBefore, byUserIds: by }),
      }),
      seasonSealed: t.field({
        type: refs.Leaderboard,
        description: 'A season whose ranks have just become final.',
        args: { boardId },
        extensions: { shared: 'live' },
        subscribe: async (_root, args, { signal }) => orThrow(await service.watchSealed(args.boardId ?? DEFAULT_BOARD, { signal })),
        resolve: (sealed) => sealed,
      }),
      scoreApplied: t.field({
        type: refs.AppliedEvent,
        description: 'Every result of a board once it is counted, each player’s in order. Needs the scope scores:read.',
        authScopes: { scope: 'scores:read' },
        args: { boardId, after: t.arg({ type: 'Cursor', description: 'Goes on behind this event, without a gap or a repeat.' }) },
        extensions: { shared: 'live' },
        subscribe: async (_root, args, { signal }) =>
          orThrow(await service.watchApplied({ boardId: args.boardId ?? DEFAULT_BOARD, after: args.after ?? null }, { signal })),
        resolve: (event) => event,
      }),
    };
  });
}
