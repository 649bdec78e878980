import type { FriendEntry } from '../../plugins/leaderboard/friends.ts';
import type { Page } from '../../plugins/leaderboard/pages.ts';
import type { BoardSeason, ScorePlace } from '../../plugins/leaderboard/service.ts';
import type { PlacedEntry } from '../../plugins/leaderboard/view.ts';
import type { Builder } from '../builder.ts';
import type { SharedRef } from '../shared.ts';

/** An entry on the board it stands on. */
export interface EntryNode extends PlacedEntry {
  readonly at: BoardSeason;
}
export type EntryRef = SharedRef<EntryNode>;

export interface FriendNode {
  readonly friendRank: FriendEntry['friendRank'];
  readonly entry: EntryNode;
}

/** Types of what stands on a board. */
export function entryTypes(builder: Builder, LeaderboardEntry: EntryRef) {
  const FriendEntry = builder.objectRef<FriendNode>('LeaderboardFriendEntry').implement({
    description: 'A friend’s place, or the user’s own.',
    fields: (t) => ({
      friendRank: t.exposeInt('friendRank', { description: 'Among the friends, 1-based, by the board’s tie rule.' }),
      entry: t.expose('entry', { type: LeaderboardEntry, description: 'Where the player stands among all.' }),
    }),
  });
  const ScorePlace = builder.objectRef<ScorePlace>('ScorePlace').implement({
    description: 'Where a score stands, whether somebody has it or not.',
    fields: (t) => ({
      score: t.expose('score', { type: 'SafeInt', description: 'As it was asked.' }),
      rank: t.exposeInt('rank', { description: 'The rank of a player who reached it now.' }),
      percentile: t.exposeFloat('percentile', { description: 'Share of the players with a worse score, 0 to 100; 100 on an empty board.' }),
    }),
  });
  return { FriendEntry, ScorePlace, TopConnection: connection(builder, 'LeaderboardTop', 'Entries in rank order.', LeaderboardEntry) };
}

/** A Relay connection over pages that the service has cut; its cursors are the service's. */
export function connection<Node extends object>(builder: Builder, name: string, description: string, node: SharedRef<Node>) {
  const Edge = builder.objectRef<Page<Node>['edges'][number]>(`${name}Edge`).implement({
    description: 'One of them, and where it stands in the list.',
    fields: (t) => ({
      cursor: t.expose('cursor', { type: 'Cursor', description: 'Goes on from here, even when its neighbours have moved.' }),
      node: t.field({ type: node, description: 'The one itself.', resolve: (edge) => edge.node as never }),
    }),
  });
  return builder.objectRef<Page<Node>>(`${name}Connection`).implement({
    description,
    fields: (t) => ({
      edges: t.expose('edges', { type: [Edge], description: 'With cursors.' }),
      nodes: t.field({ type: [node], description: 'Without cursors.', resolve: (page) => page.edges.map((edge) => edge.node) as never }),
      pageInfo: t.field({
        type: builder.pageInfoRef(),
        description: 'Whether there is more, and where to go on.',
        resolve: ({ edges, hasNextPage, hasPreviousPage }) => ({
          hasNextPage,
          hasPreviousPage,
          startCursor: edges[0]?.cursor ?? null,
          endCursor: edges.at(-1)?.cursor ?? null,
        }),
      }),
    }),
  });
}
