import { Cluster, type Redis } from 'ioredis';
import { type ConnectContext, type Connection, type Health, PortError } from '../../ports/index.ts';
import { type Client, createClient, mastersOf } from './client.ts';
import { describeEndpoint, type Endpoint } from './endpoint.ts';
import { checkEngine } from './engine-check.ts';
import { createListener, type Listener } from './listener.ts';
import { slotOf } from './slot.ts';

/** What every port of the resource shares: one client for commands and one listener for channels. */
export interface RedisConn {
  readonly client: Client;
  readonly isCluster: boolean;
  readonly listener: Listener;
  readonly load: { inFlight: number };
  /** Whether one command may name both keys. */
  readonly isSameSlot: (a: string, b: string) => boolean;
  readonly health: () => Promise<Health>;
}

/**
 * Connects, checks that the engine is fit and keeps the connection. Fails at once when the engine is away, unfit or refuses the
 * credentials; later outages are survived.
 */
export async function connectRedis(
  endpoint: Endpoint,
  durable: 'memory' | 'disk',
  context: ConnectContext,
): Promise<Connection<RedisConn>> {
  const { log, signal } = context;
  const client = createClient(endpoint);
  const isCluster = endpoint.kind === 'cluster';
  let lastFault = '';
  client.on('error', (error: Error) => {
    lastFault = error.message;
  });
  try {
    await untilConnected(client, signal, endpoint, () => lastFault);
    const version = await checkEngine(client, durable);
    const listener = createListener(endpoint, client, log);
    let closing: Promise<void> | undefined;
    client.on('close', () => {
      if (closing === undefined) log.warn('the connection to Redis was lost', { fault: lastFault });
    });
    client.on('ready', () => log.info('connected to Redis'));
    const conn: RedisConn = {
      client,
      isCluster,
      listener,
      load: { inFlight: 0 },
      isSameSlot: (a, b) => !isCluster || slotOf(a) === slotOf(b),
      health: () => ping(client),
    };
    return {
      conn,
      health: () => (closing === undefined ? ping(client) : Promise.resolve({ status: 'down', detail: 'closed' })),
      close() {
        closing ??= Promise.resolve().then(() => {
          listener.close();
          client.disconnect();
        });
        return closing;
      },
      description: `Redis ${version}${isCluster ? ' Cluster' : ''} at ${describeEndpoint(endpoint)}${durable === 'disk' ? ', fsync on every write' : ''}`,
    };
  } catch (error) {
    client.disconnect();
    throw error;
  }
}

async function untilConnected(client: Client, signal: AbortSignal, endpoint: Endpoint, lastFault: () => string): Promise<void> {
  const onAbort = () => client.disconnect();
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    if (signal.aborted) throw new Error('aborted');
    await client.connect();
  } catch (error) {
    if (signal.aborted) throw new PortError('CANCELLED', 'connecting to Redis was given up', { adapter: 'redis', cause: signal.reason });
    const reason = lastFault() || (error instanceof Error ? error.message : String(error));
    throw new PortError('UNAVAILABLE', `Redis at ${describeEndpoint(endpoint)} cannot be used: ${reason}`, {
      adapter: 'redis',
      cause: error,
    });
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

const HEALTH_WITHIN_MS = 900;

/** Asks every master; answers within 900 ms whatever happens. */
async function ping(client: Client): Promise<Health> {
  const started = performance.now();
  const nodes = mastersOf(client);
  if (nodes.length === 0 || client.status !== 'ready') return { status: 'down', detail: 'Redis is not connected' };
  const answers = await Promise.all(nodes.map(answersPing));
  const latencyMs = performance.now() - started;
  const alive = answers.filter((isAlive) => isAlive).length;
  // The client drops a master it cannot reach, so those that should be there are counted by the slots they own.
  const all = client instanceof Cluster ? new Set(client.slots.map((owners) => owners?.[0])).size : 1;
  if (alive === 0) return { status: 'down', latencyMs, detail: 'Redis does not answer' };
  if (alive >= all) return { status: 'ok', latencyMs };
  return { status: 'degraded', latencyMs, detail: `${all - alive} of ${all} masters of the Cluster do not answer` };
}

async function answersPing(node: Redis): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(resolve, HEALTH_WITHIN_MS, false);
  });
  const answer = node.ping().then(
    () => true,
    () => false,
  );
  return Promise.race([answer, late]).finally(() => clearTimeout(timer));
}
