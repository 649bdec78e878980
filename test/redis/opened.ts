import type { RedisConn } from '../../adapters/redis/connection.ts';
import { type RedisOptions, redis } from '../../adapters/redis/index.ts';
import type { Connection, Instance } from '../../ports/index.ts';

type Provides = ReturnType<typeof redis>['provides'];
type Apis = { readonly [Name in keyof Provides]: Awaited<ReturnType<Provides[Name]['open']>>['api'] };

/** A connected adapter with all its ports open under one namespace. */
export interface Opened extends Apis {
  readonly connection: Connection<RedisConn>;
  readonly instances: readonly Instance<object>[];
  readonly warnings: readonly string[];
  close(): Promise<void>;
}

export async function openRedis(options: RedisOptions, namespace = `t${Math.floor(Math.random() * 1e9)}`): Promise<Opened> {
  const adapter = redis(options);
  const stop = new AbortController();
  const warnings: string[] = [];
  const log = { info: () => undefined, warn: (message: string) => warnings.push(message) };
  const connection = await adapter.connect({ signal: stop.signal, now: Date.now, log });
  const context = { namespace, signal: stop.signal, now: Date.now };
  const { rankedSet, geoIndex, keyValue, pubSub, eventLog, lease } = adapter.provides;
  const boards = await rankedSet.open(connection.conn, context);
  const layers = await geoIndex.open(connection.conn, context);
  const keys = await keyValue.open(connection.conn, context);
  const topics = await pubSub.open(connection.conn, context);
  const logs = await eventLog.open(connection.conn, context);
  const leases = await lease.open(connection.conn, context);
  const instances = [boards, layers, keys, topics, logs, leases];
  return {
    connection,
    instances,
    warnings,
    rankedSet: boards.api,
    geoIndex: layers.api,
    keyValue: keys.api,
    pubSub: topics.api,
    eventLog: logs.api,
    lease: leases.api,
    async close() {
      stop.abort();
      await Promise.all(instances.map((instance) => instance.close()));
      await connection.close();
    },
  };
}
