import { type Refusal, refuse } from '../kernel/index.ts';

/** How a user stands to another, from the user's side. `null`: not at all. */
export type Standing = 'friend' | 'requested' | 'invited' | 'blocked';

export type FriendshipAct = 'request' | 'accept' | 'decline' | 'remove' | 'block' | 'unblock';

/** Both sides of a pair: how I stand to the other, and how the other stands to me. */
export interface Bond {
  readonly mine: Standing | null;
  readonly theirs: Standing | null;
}

/** Bonds that count towards a cap. Incoming requests do not: they are bounded by what others may send. */
export interface Circle {
  readonly friends: number;
  readonly requested: number;
  readonly blocked: number;
}

export const FRIENDS_MAX = 5000;
export const REQUESTED_MAX = 1000;
export const BLOCKED_MAX = 5000;

export type FriendshipRefusal = Refusal<'invalid-argument' | 'not-found' | 'conflict'>;

/**
 * What an act makes of a pair: the next bond (the same one when it stands already), or a refusal. A user who is blocked is answered as if
 * the other did not exist, so that a block does not show.
 */
export function decideBond(act: FriendshipAct, bond: Bond): Bond | FriendshipRefusal {
  const { mine, theirs } = bond;
  if (act === 'block') return { mine: 'blocked', theirs: theirs === 'blocked' ? 'blocked' : null };
  if (theirs === 'blocked' && act !== 'unblock') return noSuchUser();
  switch (act) {
    case 'unblock':
      return mine === 'blocked' ? { mine: null, theirs } : bond;
    case 'request':
      if (mine === 'blocked') return refuse('conflict', FIELD, 'this user is blocked by you: unblock first');
      if (mine === 'invited') return FRIENDS;
      return mine === null ? { mine: 'requested', theirs: 'invited' } : bond;
    case 'accept':
      if (mine === 'friend') return bond;
      return mine === 'invited' ? FRIENDS : refuse('not-found', FIELD, 'this user has not asked for your friendship');
    case 'decline':
      if (mine === 'friend') return refuse('conflict', FIELD, 'this user is a friend already: remove the friendship instead');
      return mine === 'invited' ? NOTHING : bond;
    case 'remove':
      if (mine === 'invited') return refuse('conflict', FIELD, 'this user has asked for your friendship: decline the request instead');
      return mine === 'friend' || mine === 'requested' ? NOTHING : bond;
    default:
      return act satisfies never;
  }
}

/** The circles of both sides after a pair went from one bond to another, or the cap it would cross. */
export function decideCircles(
  mine: Circle,
  theirs: Circle,
  from: Bond,
  to: Bond,
): { readonly mine: Circle; readonly theirs: Circle } | FriendshipRefusal {
  const next = { mine: recount(mine, from.mine, to.mine), theirs: recount(theirs, from.theirs, to.theirs) };
  if (next.mine.friends > FRIENDS_MAX) return refuse('conflict', FIELD, `you have ${FRIENDS_MAX} friends, which is the most there can be`);
  if (next.theirs.friends > FRIENDS_MAX) return refuse('conflict', FIELD, 'this user has as many friends as there can be');
  if (next.mine.requested > REQUESTED_MAX) {
    return refuse('conflict', FIELD, `${REQUESTED_MAX} of your requests wait for an answer, which is the most there can be`);
  }
  if (next.mine.blocked > BLOCKED_MAX) return refuse('conflict', FIELD, `you block ${BLOCKED_MAX} users, which is the most there can be`);
  return next;
}

export const noSuchUser = (): Refusal<'not-found'> => refuse('not-found', FIELD, 'there is no such user');

const FIELD = 'userId';
const FRIENDS: Bond = { mine: 'friend', theirs: 'friend' };
const NOTHING: Bond = { mine: null, theirs: null };

function recount(circle: Circle, from: Standing | null, to: Standing | null): Circle {
  const moved = (standing: Standing) => Number(to === standing) - Number(from === standing);
  return {
    friends: circle.friends + moved('friend'),
    requested: circle.requested + moved('requested'),
    blocked: circle.blocked + moved('blocked'),
  };
}
