import { memory } from '../../adapters/memory/index.ts';
import { postgres } from '../../adapters/postgres/index.ts';
import { redis } from '../../adapters/redis/index.ts';
import { migrate } from '../../drizzle/migrate.ts';
import type { Clock, Meter } from '../../plugins/kernel/index.ts';
import { users as plugin } from '../../plugins/users/plugin.ts';
import { createUsers, type Users } from '../../plugins/users/service.ts';
import type { ApiOf, Db, KeyValue, Relational } from '../../ports/index.ts';
import { systemRandom } from '../../server/environment.ts';

type Store = ApiOf<typeof KeyValue>;
type Record_ = ApiOf<typeof Relational>;

/** The system on a real Postgres and a real cache, with its port calls counted and its clock in the test's hand. */
export interface House {
  readonly users: Users;
  readonly record: Record_;
  readonly db: Db;
  readonly store: Store;
  /** Calls since `counted` was last read: statements and transactions of the record, calls of the cache. */
  counted(): { readonly record: number; readonly cache: number };
  /** Another service over the same stores, with parts of its own. */
  another(parts: Partial<Parameters<typeof createUsers>[0]>): Users;
  readonly clock: Clock & { advance(ms: number): void };
  close(): Promise<void>;
}

export async function openHouse(urls: { readonly postgres: string; readonly redis?: string }): Promise<House> {
  const stop = new AbortController();
  const clock = testClock();
  const log = { info: () => undefined, warn: () => undefined };
  const connecting = { signal: stop.signal, log, now: () => clock.now() };
  const opening = { namespace: 'users', signal: stop.signal, now: () => clock.now() };
  const main = postgres({ url: urls.postgres });
  const mainConnection = await main.connect(connecting);
  const record = await main.provides.relational.open(mainConnection.conn, opening);
  await migrate(record.api.db, [plugin.migrations ?? never()]);
  const cache = urls.redis === undefined ? await openMemory(connecting, opening) : await openRedis(urls.redis, connecting, opening);

  let calls = { record: 0, cache: 0 };
  const countedStore = counting(cache.api, () => void (calls.cache += 1));
  const countedRecord: Record_ = {
    ...record.api,
    db: counting(record.api.db, () => void (calls.record += 1), ['select', 'insert', 'update', 'delete', 'execute']),
    tx: (fn, options) => {
      calls.record += 1;
      return record.api.tx(fn, options);
    },
    pending: (limit, options) => record.api.pending(limit, options),
    settle: (ids) => record.api.settle(ids),
    untilPending: (options) => record.api.untilPending(options),
  };
  const parts = { record: countedRecord, cache: countedStore, cacheMs: 60_000, clock, random: systemRandom, meter: SILENT };
  return {
    users: createUsers(parts),
    record: record.api,
    db: record.api.db,
    store: cache.api,
    counted() {
      const counted = calls;
      calls = { record: 0, cache: 0 };
      return counted;
    },
    another: (own) => createUsers({ ...parts, ...own }),
    clock,
    async close() {
      stop.abort();
      await cache.close();
      await record.close();
      await mainConnection.close();
    },
  };
}

/** Starts at the real time, since Redis expires by its own clock, and moves only when it is told. */
function testClock(): House['clock'] {
  let now = Date.now();
  return {
    now: () => now,
    sleep: () => Promise.resolve(),
    advance(ms) {
      now += ms;
    },
  };
}

export const SILENT: Meter = {
  counter: () => ({ add: () => undefined }),
  gauge: () => undefined,
  histogram: () => ({ observe: () => undefined }),
};

/** Empties the outbox, as the relay would. */
export async function settleAll({ record }: House): Promise<void> {
  for (;;) {
    const pending = await record.pending(1000);
    if (pending.length === 0) return;
    await record.settle(pending.map(({ id }) => id));
  }
}

type Connecting = Parameters<ReturnType<typeof memory>['connect']>[0];
type Opening = Parameters<ReturnType<typeof memory>['provides']['keyValue']['open']>[1];

async function openMemory(connecting: Connecting, opening: Opening) {
  const adapter = memory();
  const connection = await adapter.connect(connecting);
  const instance = await adapter.provides.keyValue.open(connection.conn, opening);
  return { api: instance.api, close: () => instance.close().then(() => connection.close()) };
}

async function openRedis(url: string, connecting: Connecting, opening: Opening) {
  const adapter = redis({ url });
  const connection = await adapter.connect(connecting);
  const instance = await adapter.provides.keyValue.open(connection.conn, opening);
  return { api: instance.api, close: () => instance.close().then(() => connection.close()) };
}

/** The same object, telling of each call of these verbs (left out: of all). */
function counting<T extends object>(target: T, tell: () => void, verbs?: readonly string[]): T {
  return new Proxy(target, {
    get(object, name) {
      const member: unknown = Reflect.get(object, name);
      if (typeof member !== 'function') return member;
      return (...args: unknown[]): unknown => {
        if (verbs === undefined || verbs.includes(String(name))) tell();
        return member.apply(object, args);
      };
    },
  });
}

function never(): never {
  throw new Error('the plugin has no migrations');
}
