import { z } from 'zod';
import { EventLog, KeyValue, Lease, Relational } from '../../ports/index.ts';
import { usersResolvers } from '../../resolvers/users.ts';
import { usersSchema } from '../../schema/users.ts';
import { createOutboxRelay, definePlugin, need, type Work } from '../kernel/index.ts';
import { CHANGES_PARTITIONS, CHANGES_TOPIC } from './changes.ts';
import { ENTRY_MS_MAX } from './profile-cache.ts';
import { createUsers, type Users } from './service.ts';

export type UsersService = Users & { readonly work: readonly Work[] };

/** Profiles and friendships. Used by other systems for names, pictures and friends. */
export const users = definePlugin({
  name: 'users',
  contract: 1,
  needs: {
    record: need(Relational, { durable: (caps) => caps.durable }),
    cache: need(KeyValue, { 'able to forget by itself': (caps) => caps.expiry !== undefined }),
    log: need(EventLog),
    leases: need(Lease),
  },
  uses: {},
  options: z.object({
    /** Life of a cached profile. A write voids it at once for everyone on the same cache; others see it when this has passed. */
    cacheMs: z.number().int().min(100).max(ENTRY_MS_MAX).optional(),
  }),
  migrations: { need: 'record', schema: 'users', folder: new URL('../../drizzle/users/migrations/', import.meta.url) },
  async service(context): Promise<UsersService> {
    const { ports, options, clock, random, meter } = context;
    await ports.log.api.declare(CHANGES_TOPIC, { partitions: CHANGES_PARTITIONS });
    const users = createUsers({
      record: ports.record.api,
      cache: ports.cache.api,
      cacheMs: options.cacheMs ?? (ports.cache.caps.scope === 'cluster' ? ENTRY_MS_MAX : PROCESS_CACHE_MS),
      clock,
      random,
      meter,
    });
    const stores = { relational: ports.record.api, log: ports.log.api, lease: ports.leases.api };
    return { ...users, work: [createOutboxRelay({ ...stores, holder: random.id(), environment: context })] };
  },
  work: (service) => service.work,
  schema: usersSchema,
  resolvers: usersResolvers,
  examples: [
    {
      title: 'Save my profile',
      operation: `mutation SaveMyProfile {
  saveProfile(name: "Ada", pictureUrl: "https://img.example/ada.png") {
    ... on ProfileSaved { user { id name pictureUrl } }
    ... on Refusal { field message }
  }
}`,
    },
    {
      title: 'Ask for friendship',
      operation: `mutation AskForFriendship($userId: ID!) {
  requestFriend(userId: $userId) {
    ... on Friendship { standing user { name } }
    ... on Refusal { field message }
  }
}`,
      variables: { userId: 'grace' },
    },
    {
      title: 'Me and my friends',
      operation: `query MeAndMyFriends {
  me {
    name
    friends(first: 20) {
      edges { since node { id name pictureUrl } }
      pageInfo { hasNextPage endCursor }
    }
    friendRequests { nodes { id name } }
  }
}`,
    },
  ],
});

/** A cache that only this process sees cannot hear of another process's writes, so what it holds is never older than this. */
const PROCESS_CACHE_MS = 5_000;
