import type { ApiOf, KeyValue, Relational, Waiting } from '../../ports/index.ts';
import type { Clock, Meter, Random, Refusal } from '../kernel/index.ts';
import type { FriendshipAct, FriendshipRefusal, Standing } from './friendship.ts';
import { createFriendships } from './friendships.ts';
import { createLists, type ListAsk, type ListPage } from './lists.ts';
import type { Profile, ProfileDraft } from './profile.ts';
import { createProfiles } from './profiles.ts';

/** What other systems ask of this one: `uses: { users: use<Profiles>('users') }`. */
export interface Profiles {
  /** Aligned; null where there is none. A cache get, and for what it lacks one statement and a cache set, however many ids. */
  profiles(ids: readonly string[], options?: Waiting): Promise<(Profile | null)[]>;
  /** Ids of up to `limit` (1–5000) friends, newest friendship first. One statement. */
  friendIds(userId: string, options: { readonly limit: number } & Waiting): Promise<string[]>;
}

export interface Users extends Profiles {
  /** The same as `profiles`, with null also for those who block the viewer. One statement more. */
  profilesFor(viewerId: string, ids: readonly string[], options?: Waiting): Promise<(Profile | null)[]>;
  /** Writes up to PROFILES_MAX profiles, all or none; of two drafts with one id the later counts. Answers aligned. */
  upsertProfiles(drafts: readonly ProfileDraft[]): Promise<ProfilesOutcome>;
  /** Pages of friends, requests or blocked users: one for each ask, aligned, in one statement. */
  lists(asks: readonly ListAsk[]): Promise<(ListPage | Refusal<'invalid-argument'>)[]>;
  /** Asks for friendship; becomes one at once where the other has asked already. */
  requestFriend(pair: Pair): Promise<FriendshipOutcome>;
  acceptFriend(pair: Pair): Promise<FriendshipOutcome>;
  declineFriend(pair: Pair): Promise<FriendshipOutcome>;
  /** Ends a friendship, or takes back a request. */
  removeFriend(pair: Pair): Promise<FriendshipOutcome>;
  /** Ends whatever was between the two, and keeps it so until `unblock`. */
  block(pair: Pair): Promise<FriendshipOutcome>;
  unblock(pair: Pair): Promise<FriendshipOutcome>;
}

/** `userId` acts, towards `otherId`. One transaction; the same act again answers the same and changes nothing. */
export interface Pair {
  readonly userId: string;
  readonly otherId: string;
}

export type ProfilesOutcome = { readonly kind: 'saved'; readonly profiles: readonly Profile[] } | Refusal<'invalid-argument'>;

export type FriendshipOutcome =
  | { readonly kind: 'stands'; readonly userId: string; readonly otherId: string; readonly standing: Standing | null }
  | FriendshipRefusal;

export interface UsersParts {
  readonly record: ApiOf<typeof Relational>;
  readonly cache: ApiOf<typeof KeyValue>;
  /** Life of a cached profile in milliseconds. */
  readonly cacheMs: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly meter: Meter;
}

export function createUsers(parts: UsersParts): Users {
  const act = createFriendships(parts);
  const by = (kind: FriendshipAct) => (pair: Pair) => act(kind, pair);
  return {
    ...createProfiles(parts),
    ...createLists(parts),
    requestFriend: by('request'),
    acceptFriend: by('accept'),
    declineFriend: by('decline'),
    removeFriend: by('remove'),
    block: by('block'),
    unblock: by('unblock'),
  };
}
