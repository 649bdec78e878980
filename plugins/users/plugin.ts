import { z } from 'zod';
import { EventLog, KeyValue, Lease, Relational } from '../../ports/index.ts';
import { usersResolvers } from '../../resolvers/users.ts';
import { usersSchema } from '../../schema/users.ts';
import { definePlugin, need } from '../kernel/index.ts';
import { ENTRY_MS_MAX } from './profile-cache.ts';
import { createUsers } from './service.ts';

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
  service: ({ ports, options, clock, random, meter }) =>
    createUsers({
      record: ports.record.api,
      cache: ports.cache.api,
      cacheMs: options.cacheMs ?? (ports.cache.caps.scope === 'cluster' ? ENTRY_MS_MAX : PROCESS_CACHE_MS),
      clock,
      random,
      meter,
    }),
  schema: usersSchema,
  resolvers: usersResolvers,
});

/** A cache that only this process sees cannot hear of another process's writes, so what it holds is never older than this. */
const PROCESS_CACHE_MS = 5_000;
