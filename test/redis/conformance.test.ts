import { afterAll, describe, it } from 'vitest';
import { redis } from '../../adapters/redis/index.ts';
import { register } from '../kit/index.ts';
import { hasRedis, redisSuite, startRedis, startRedisCluster } from '../services/redis.ts';
import { startProxy } from './proxy.ts';

const suite = redisSuite();

if (hasRedis()) {
  const plain = await startRedis();
  const proxy = await startProxy(plain.port);
  const disk = await startRedis({ appendonly: true });
  const cluster = await startRedisCluster();
  afterAll(async () => {
    await proxy.close();
    await Promise.all([plain.stop(), disk.stop(), cluster.stop()]);
  });

  suite('one node behind a network that can be cut', () => {
    register(
      {
        adapter: () => redis({ url: `redis://127.0.0.1:${proxy.port}`, answerTimeoutMs: 1000 }),
        roundTrips: () => proxy.trips,
        fault: { cut: () => proxy.cut(), heal: () => proxy.heal() },
      },
      { describe, it, skip: it.skip },
    );
  });

  suite('one node with fsync on every write, killed and started again', () => {
    register(
      { adapter: () => redis({ url: disk.url, durable: 'disk' }), fault: { kill: () => disk.kill9(), restart: () => disk.restart() } },
      { describe, it, skip: it.skip },
    );
  });

  suite('a Cluster of three masters', () => {
    register(
      {
        adapter: () => redis({ nodes: cluster.urls }),
        nodes: 3,
        fault: {
          kill: async () => {
            await Promise.all(cluster.nodes.map((node) => node.kill9()));
          },
          restart: () => cluster.restart(),
        },
      },
      { describe, it, skip: it.skip },
    );
  });
} else {
  suite('redis', () => {
    it.todo('runs where a redis-server is');
  });
}
