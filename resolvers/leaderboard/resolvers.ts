import type { Leaderboards } from '../../plugins/leaderboard/service.ts';
import type { Builder } from '../../schema/builder.ts';
import type { LeaderboardRefs } from '../../schema/leaderboard/schema.ts';
import { boardFields } from './board-fields.ts';
import { entryFields } from './entry-fields.ts';
import { leaderboardMutations } from './mutations.ts';
import { leaderboardSubscriptions } from './subscriptions.ts';

const DEFAULT_BOARD = 'default';

export function leaderboardResolvers(builder: Builder, refs: LeaderboardRefs, service: Leaderboards): void {
  boardFields(refs, service);
  entryFields(refs, service);
  leaderboardMutations(builder, refs, service);
  leaderboardSubscriptions(builder, refs, service);

  builder.queryFields((t) => ({
    leaderboard: t.field({
      type: refs.Leaderboard,
      nullable: true,
      description: 'A board in its season of now, or in the one named. Null: there is none.',
      args: {
        id: t.arg.id({ defaultValue: DEFAULT_BOARD, description: 'The board.' }),
        season: t.arg.id({ description: 'E.g. `2026-02`; left out: the season of now.' }),
      },
      resolve: (_root, { id, season }) => service.open(id ?? DEFAULT_BOARD, season ?? null),
    }),
    leaderboards: t.field({
      type: [refs.Leaderboard],
      description:
        'All boards in their season of now, oldest first. As many as administrators have defined, 1,000 unless configured otherwise.',
      extensions: { cost: 10 },
      resolve: () => service.boards(),
    }),
  }));
}
