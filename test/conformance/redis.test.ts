import { afterAll, describe, it } from 'vitest';
import { redis } from '../../adapters/redis/index.ts';
import { register } from '../kit/index.ts';
import { startProxy } from '../services/proxy.ts';
import { hasRedis, redisSuite, startRedis } from '../services/redis.ts';

const suite = redisSuite();
const server = hasRedis() ? await startRedis({ appendonly: true }) : null;
const proxy = server === null ? null : await startProxy(server);

afterAll(async () => {
  await proxy?.stop();
  await server?.stop();
});

suite('one node with fsync on every write', () => {
  if (server === null || proxy === null) return it.skip('needs a redis-server', () => undefined);
  register(
    {
      adapter: () => redis({ url: `redis://127.0.0.1:${proxy.port}`, durable: 'disk' }),
      roundTrips: proxy.roundTrips,
      fault: { cut: proxy.cut, heal: proxy.heal, kill: server.kill9, restart: server.restart },
    },
    { describe, it, skip: it.skip },
  );
});
