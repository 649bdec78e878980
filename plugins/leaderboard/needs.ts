import { EventLog, Lease, PubSub, RankedSet, Relational, type Waiting } from '../../ports/index.ts';
import { need, type Use, use } from '../kernel/index.ts';

/** What this system asks of whoever keeps the players: names, pictures and friends. */
export interface LeaderboardUsers {
  /** Aligned; null where there is no such user. */
  profiles(ids: readonly string[], options?: Waiting): Promise<readonly (Profile | null)[]>;
  friendIds(userId: string, options: { readonly limit: number } & Waiting): Promise<readonly string[]>;
}

export interface Profile {
  readonly id: string;
  readonly name: string;
  readonly pictureUrl: string | null;
}

export const leaderboardNeeds = {
  record: need(Relational, { 'kept on disk': (caps) => caps.durable }),
  boards: need(RankedSet),
  scores: need(EventLog, { 'acknowledged records survive a killed engine': (caps) => caps.durable === 'disk' }),
  feed: need(PubSub),
  leases: need(Lease),
};
export type LeaderboardNeeds = typeof leaderboardNeeds;

export interface LeaderboardUses extends Readonly<Record<string, Use>> {
  readonly users: Use<LeaderboardUsers>;
}
export const leaderboardUses: LeaderboardUses = { users: use<LeaderboardUsers>('users') };
