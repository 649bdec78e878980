import { afterAll, describe, it } from 'vitest';
import { redis } from '../../adapters/redis/index.ts';
import { register } from '../kit/index.ts';
import { hasRedis, redisSuite, startRedisCluster } from '../services/redis.ts';

const suite = redisSuite();
const cluster = hasRedis() ? await startRedisCluster() : null;

afterAll(() => cluster?.stop());

suite('a Cluster of three masters', () => {
  if (cluster === null) return it.skip('needs a redis-server', () => undefined);
  const kill = async () => {
    await Promise.all(cluster.nodes.map((node) => node.kill9()));
  };
  register(
    { adapter: () => redis({ nodes: cluster.urls }), nodes: 3, fault: { kill, restart: () => cluster.restart() } },
    { describe, it, skip: it.skip },
  );
});
