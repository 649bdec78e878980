import type { Redis } from 'ioredis';
import { PortError } from '../../ports/index.ts';
import { type Client, mastersOf } from './client.ts';
import { mapRedisError } from './errors.ts';

/**
 * Refuses an engine that would break a promise of the ports: too old, allowed to evict keys, or less durable than claimed. Answers its
 * version. A managed engine that hides CONFIG passes the eviction check by INFO alone and cannot claim `disk`.
 */
export async function checkEngine(client: Client, durable: 'memory' | 'disk'): Promise<string> {
  const nodes = mastersOf(client);
  try {
    const versions = await Promise.all(nodes.map((node) => checkNode(node, client.isCluster, durable)));
    return versions[0] ?? 'of unknown version';
  } catch (error) {
    throw mapRedisError(error, { port: 'connection', effect: 'read' });
  }
}

async function checkNode(node: Redis, isCluster: boolean, durable: 'memory' | 'disk'): Promise<string> {
  await node.ping();
  const info = await node.info();
  const field = (name: string) => new RegExp(`^${name}:(.*?)\r?$`, 'm').exec(info)?.[1];
  const version = field('redis_version') ?? '0.0';
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const oldest = isCluster ? ([7, 0] as const) : ([6, 2] as const);
  if (major < oldest[0] || (major === oldest[0] && minor < oldest[1])) {
    throw unfit(`Redis ${version} is too old: ${isCluster ? 'a Cluster needs 7.0 (sharded channels)' : '6.2 is the oldest that serves'}`);
  }
  const policy = field('maxmemory_policy') ?? 'noeviction';
  if (Number(field('maxmemory') ?? 0) > 0 && policy !== 'noeviction') {
    throw unfit(`Redis may evict keys (maxmemory-policy ${policy}), so boards and logs would lose entries silently: set it to noeviction`);
  }
  if (durable === 'disk') await checkDisk(node);
  return version;
}

async function checkDisk(node: Redis): Promise<void> {
  const held = new Map<string, string>();
  for (const name of ['appendonly', 'appendfsync']) {
    const answer = (await node.config('GET', name)) as string[];
    held.set(name, answer[1] ?? '');
  }
  if (held.get('appendonly') !== 'yes' || held.get('appendfsync') !== 'always') {
    throw unfit(
      `durable: 'disk' needs appendonly yes and appendfsync always; this Redis has appendonly ${held.get('appendonly')} and appendfsync ${held.get('appendfsync')}`,
    );
  }
}

const unfit = (message: string) => new PortError('UNSUPPORTED', message, { adapter: 'redis' });
