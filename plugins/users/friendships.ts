import { type BondRow, findBonds, lockCircles, writeBonds } from '../../drizzle/users/repository.ts';
import { refuse } from '../kernel/index.ts';
import { changeRecord } from './changes.ts';
import { decideBond, decideCircles, type FriendshipAct, noSuchUser } from './friendship.ts';
import { isUserId } from './profile.ts';
import type { FriendshipOutcome, Pair, UsersParts } from './service.ts';

/**
 * One transaction an act: lock both circles (always in the order of their ids, so that two acts on one pair follow each other and never
 * block each other for good), look, decide, write both sides and both counts, tell.
 */
export function createFriendships({ record, clock }: UsersParts): (act: FriendshipAct, pair: Pair) => Promise<FriendshipOutcome> {
  return async (act, pair) => {
    const { userId, otherId } = pair;
    if (!isUserId(userId)) return noProfile();
    if (!isUserId(otherId)) return noSuchUser();
    if (userId === otherId) return refuse('invalid-argument', 'userId', 'must be another user');
    return record.tx(async (tx, outbox): Promise<FriendshipOutcome> => {
      const circles = new Map((await lockCircles(tx, [userId, otherId])).map((row) => [row.userId, row]));
      const [mine, theirs] = [circles.get(userId), circles.get(otherId)];
      if (mine === undefined) return noProfile();
      if (theirs === undefined) return noSuchUser();
      const sides = new Map((await findBonds(tx, userId, otherId)).map((row) => [row.userId, row]));
      const from = { mine: sides.get(userId)?.standing ?? null, theirs: sides.get(otherId)?.standing ?? null };
      const to = decideBond(act, from);
      if ('kind' in to) return to;
      const stands = { kind: 'stands', userId, otherId, standing: to.mine } as const;
      if (to.mine === from.mine && to.theirs === from.theirs) return stands;
      const next = decideCircles(mine, theirs, from, to);
      if ('kind' in next) return next;
      const atMs = clock.now();
      const changes = [
        { userId, otherId, was: from.mine, standing: to.mine },
        { userId: otherId, otherId: userId, was: from.theirs, standing: to.theirs },
      ].filter(({ was, standing }) => was !== standing);
      await writeBonds(
        tx,
        changes,
        changes.flatMap(({ userId, otherId, standing }): BondRow[] =>
          standing === null ? [] : [{ userId, otherId, standing, sinceMs: atMs }],
        ),
        [
          { userId, ...next.mine },
          { userId: otherId, ...next.theirs },
        ],
      );
      await outbox(
        changes.map(({ userId, otherId, standing }) => changeRecord({ kind: 'friendship-changed', userId, otherId, standing, atMs })),
      );
      return stands;
    });
  };
}

const noProfile = () => refuse('not-found', 'as', 'this user has no profile yet: save it first');
