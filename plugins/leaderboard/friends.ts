import type { Waiting } from '../../ports/index.ts';
import type { LeaderboardContext } from './machinery.ts';
import type { BoardSeason } from './service.ts';
import type { PlacedEntry, SeasonView } from './view.ts';

/** An entry with its rank among the friends, 1-based, ties as they stand on the board. */
export interface FriendEntry {
  readonly entry: PlacedEntry;
  readonly friendRank: number;
}

/** Friends looked at, exactly; who has more sees the board of these. */
export const FRIENDS_MAX = 5_000;
const LOOKUP_MAX = 1_000;

/** The user and its friends who are on the board, best first. O(friends log players). */
export async function friendsBoard(
  context: LeaderboardContext,
  view: SeasonView,
  { board }: BoardSeason,
  ask: { readonly userId: string; readonly first: number },
  options: Waiting,
): Promise<readonly FriendEntry[]> {
  const friendIds = await context.uses.users.friendIds(ask.userId, { limit: FRIENDS_MAX, ...options });
  const userIds = [...new Set([ask.userId, ...friendIds])];
  const chunks = Array.from({ length: Math.ceil(userIds.length / LOOKUP_MAX) }, (_, at) =>
    userIds.slice(at * LOOKUP_MAX, (at + 1) * LOOKUP_MAX),
  );
  const found = (await Promise.all(chunks.map((chunk) => view.lookup(chunk, options)))).flat();
  const entries = found.filter((entry) => entry !== null).sort((a, b) => a.place - b.place);
  let friendRank = 0;
  return entries
    .map((entry, at) => {
      const isTied = at > 0 && entries[at - 1]?.rank === entry.rank;
      if (!isTied) friendRank = board.ties === 'DENSE' ? friendRank + 1 : at + 1;
      return { entry, friendRank };
    })
    .slice(0, ask.first);
}
