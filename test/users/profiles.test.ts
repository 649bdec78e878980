import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Profile } from '../../plugins/users/profile.ts';
import { PortError } from '../../ports/index.ts';
import { type PostgresServer, postgresSuite, startPostgres } from '../services/postgres.ts';
import { type RedisServer, redisSuite, startRedis } from '../services/redis.ts';
import { type House, openHouse, settleAll } from './house.ts';

const range = (n: number) => Array.from({ length: n }, (_, i) => i);

const engines = { memory: describe, redis: redisSuite() };

for (const engine of ['memory', 'redis'] as const) {
  const suite = postgresSuite() === describe ? engines[engine] : describe.skip;
  suite(`profiles on PostgreSQL with a cache in ${engine}`, () => {
    let server: PostgresServer;
    let redis: RedisServer | undefined;
    let house: House;
    beforeAll(async () => {
      server = await startPostgres();
      redis = engine === 'redis' ? await startRedis() : undefined;
      house = await openHouse({ postgres: server.url, ...(redis && { redis: redis.url }) });
    });
    afterAll(async () => {
      await house?.close();
      await redis?.stop();
      await server?.stop();
    });
    beforeEach(() => void house.counted());

    const save = async (...drafts: { id?: string; name: string; pictureUrl?: string }[]): Promise<readonly Profile[]> => {
      const outcome = await house.users.upsertProfiles(drafts);
      if (outcome.kind !== 'saved') throw new Error(outcome.message);
      return outcome.profiles;
    };
    const nameOf = async (id: string) => (await house.users.profiles([id]))[0]?.name ?? null;

    it('[US-5] are written in lists: aligned, with made ids, the later of two drafts with one id', async () => {
      const createdAtMs = house.clock.now();
      const saved = await save(
        { id: 'u5-b', name: 'Old' },
        { name: 'Nameless' },
        { id: 'u5-a', name: 'Ada', pictureUrl: 'https://i.example/' },
        { id: 'u5-b', name: 'New' },
      );
      expect(saved.map(({ name }) => name)).toEqual(['New', 'Nameless', 'Ada', 'New']);
      expect(saved[1]?.id).toMatch(/^[0-9a-f-]{36}$/);
      expect(saved[2]).toEqual({ id: 'u5-a', name: 'Ada', pictureUrl: 'https://i.example/', createdAtMs });
      house.clock.advance(1000);
      expect((await save({ id: 'u5-a', name: 'Ada L.' }))[0]).toEqual({ id: 'u5-a', name: 'Ada L.', pictureUrl: null, createdAtMs });
      expect((await save({ id: 'u5-a', name: 'Ada L.' }))[0]?.createdAtMs).toBe(createdAtMs);
      expect(await house.users.upsertProfiles([])).toEqual({ kind: 'saved', profiles: [] });
    });

    it('[US-6] a refused list names the field with its index and leaves nothing behind', async () => {
      const drafts = [
        { id: 'u6-a', name: 'Ada' },
        { id: 'u6-b', name: '' },
      ];
      expect(await house.users.upsertProfiles(drafts)).toMatchObject({ kind: 'invalid-argument', field: 'profiles[1].name' });
      expect(await house.users.upsertProfiles(range(1001).map((i) => ({ id: `u6-${i}`, name: 'x' })))).toMatchObject({ field: 'profiles' });
      expect(await house.users.profiles(['u6-a', 'u6-b', 'u6-0'])).toEqual([null, null, null]);
    });

    it('[US-4] ids and names that mean something elsewhere are text like any other', async () => {
      const ids = ['__proto__', 'constructor', 'null', 'undefined', "o'hara", '100%', '{"a":1}', '$1', '\\', 'me', 'mark:x', 'profile:x'];
      await save(...ids.map((id) => ({ id, name: id })));
      for (const _ of ['from the record', 'from the cache']) {
        expect((await house.users.profiles(ids)).map((profile) => [profile?.id, profile?.name])).toEqual(ids.map((id) => [id, id]));
      }
    });

    it('[US-1] ids compare by their bytes, and text that can be no id is found by nobody', async () => {
      await save({ id: 'u1-É', name: 'composed' }, { id: 'u1-E\u0301', name: 'decomposed' }, { id: 'U1-É', name: 'upper' });
      const asked = ['u1-E\u0301', '', 'a\u0000b', '\ud800', 'x'.repeat(200), 'u1-É', 'U1-É'];
      const names = (await house.users.profiles(asked)).map((profile) => profile?.name ?? null);
      expect(names).toEqual(['decomposed', null, null, null, null, 'composed', 'upper']);
    });

    it('[US-7] five hundred ids cost three calls when the cache lacks them, and one when it has them', async () => {
      const ids = range(500).map((i) => `u7-${i}`);
      await save(...ids.filter((_, i) => i % 2 === 0).map((id) => ({ id, name: `Player ${id}` })));
      house.counted();
      const asked = [...ids, ids[4] ?? ''];
      const first = await house.users.profiles(asked);
      expect(house.counted()).toEqual({ record: 1, cache: 2 });
      expect(first.map((profile) => profile?.id ?? null)).toEqual(asked.map((id, i) => (i % 2 === 0 ? id : null)));
      expect(await house.users.profiles(asked)).toEqual(first);
      expect(house.counted()).toEqual({ record: 0, cache: 1 });
      expect(await house.users.profiles([])).toEqual([]);
      expect(house.counted()).toEqual({ record: 0, cache: 0 });
    });

    it('[US-8] a change is seen at once by another reader of the same cache', async () => {
      const other = house.another({});
      await save({ id: 'u8', name: 'Before' });
      expect((await other.profiles(['u8']))[0]?.name).toBe('Before');
      await save({ id: 'u8', name: 'After' });
      expect((await other.profiles(['u8']))[0]?.name).toBe('After');
    });

    it('[US-9] a reader that stores an old row after a change does not bring it back', async () => {
      await save({ id: 'u9', name: 'Old' });
      const held = Promise.withResolvers<void>();
      const loaded = Promise.withResolvers<void>();
      const slow = house.another({
        cache: new Proxy(house.store, {
          get(store, name) {
            if (name !== 'set') return Reflect.get(store, name) as unknown;
            return async (...args: Parameters<typeof store.set>) => {
              loaded.resolve();
              await held.promise;
              return store.set(...args);
            };
          },
        }),
      });
      const reading = slow.profiles(['u9']);
      await loaded.promise;
      await save({ id: 'u9', name: 'New' });
      held.resolve();
      expect((await reading)[0]?.name).toBe('Old');
      expect(await nameOf('u9')).toBe('New');
      expect(await nameOf('u9')).toBe('New');
    });

    it('[US-9] readers and writers that race end on the last name', async () => {
      await save({ id: 'u9-race', name: 'Name 0' });
      for (const round of range(20)) {
        const reads = range(8).map(() => nameOf('u9-race'));
        await Promise.all([...reads, save({ id: 'u9-race', name: `Name ${round}` }), ...range(8).map(() => nameOf('u9-race'))]);
        expect(await nameOf('u9-race')).toBe(`Name ${round}`);
      }
    });

    it('[US-10] that there is no such user is remembered, and forgotten when it is created', async () => {
      expect(await nameOf('u10')).toBeNull();
      house.counted();
      expect(await nameOf('u10')).toBeNull();
      expect(house.counted()).toEqual({ record: 0, cache: 1 });
      await save({ id: 'u10', name: 'There' });
      expect(await nameOf('u10')).toBe('There');
    });

    it('[US-11] a change that failed halfway leaves the profile uncached, never stale', async () => {
      await save({ id: 'u11', name: 'Old' });
      expect(await nameOf('u11')).toBe('Old');
      const broken = house.another({
        record: { ...house.record, db: house.db, tx: () => Promise.reject(new PortError('TIMEOUT', 'gone')) },
      });
      await expect(broken.upsertProfiles([{ id: 'u11', name: 'New' }])).rejects.toThrow('gone');
      // The statement that timed out is applied after all.
      await house.db.execute(sql`update users.profiles set name = 'New' where id = 'u11'`);
      expect(await nameOf('u11')).toBe('New');
      await house.db.execute(sql`update users.profiles set name = 'Newer' where id = 'u11'`);
      expect(await nameOf('u11')).toBe('Newer');
    });

    it('[US-12] a cache that does not answer costs speed, not answers', async () => {
      await save({ id: 'u12', name: 'Ada' });
      const down = () => Promise.reject(new PortError('UNAVAILABLE', 'no cache'));
      const dark = house.another({ cache: { get: down, set: down, take: down, add: down, remove: down } });
      expect((await dark.profiles(['u12', 'nobody']))[0]?.name).toBe('Ada');
      await expect(dark.upsertProfiles([{ id: 'u12', name: 'Eve' }])).rejects.toThrow('no cache');
      expect(await nameOf('u12')).toBe('Ada');
    });

    it('[US-23] a saved profile is told once a change, with its row', async () => {
      await settleAll(house);
      await save({ id: 'u23-a', name: 'A' }, { id: 'u23-b', name: 'B' });
      await save({ id: 'u23-a', name: 'A' }, { id: 'u23-b', name: 'B2' });
      const told = (await house.record.pending(1000)).map(({ topic, key, data }) => [
        topic,
        key,
        (JSON.parse(data) as { kind: string }).kind,
      ]);
      const line = (id: string) => ['users.changes', id, 'profile-changed'];
      expect(told.filter(([, key]) => key === 'u23-a')).toEqual([line('u23-a')]);
      expect(told.filter(([, key]) => key === 'u23-b')).toEqual([line('u23-b'), line('u23-b')]);
    });

    if (engine === 'memory') {
      it('[US-10] it is not remembered for longer than five seconds, nor a profile for longer than its life', async () => {
        await save({ id: 'u10-there', name: 'There' });
        await house.users.profiles(['u10-late', 'u10-there']);
        await house.db.execute(sql`insert into users.profiles values ('u10-late', 'Late', null, 0)`);
        await house.db.execute(sql`update users.profiles set name = 'Changed' where id = 'u10-there'`);
        house.clock.advance(4_999);
        expect(await nameOf('u10-late')).toBeNull();
        house.clock.advance(1);
        expect(await nameOf('u10-late')).toBe('Late');
        house.clock.advance(54_999);
        expect(await nameOf('u10-there')).toBe('There');
        house.clock.advance(1);
        expect(await nameOf('u10-there')).toBe('Changed');
      });
    }
  });
}
