import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { serviceOrSkip } from './require.ts';

/** `redisSuite('…', () => …)`: `describe` where a redis-server is on the PATH, else a skip that says so. */
export const redisSuite = () => serviceOrSkip('Redis', hasRedis(), 'apt-get install redis-server');

export interface RedisServer {
  readonly url: string;
  readonly port: number;
  readonly isRunning: boolean;
  /** SIGKILL, as a power cut would; resolves when the process is gone. */
  kill9(): Promise<void>;
  /** Starts it again on the same port and folder; resolves when it serves. */
  restart(): Promise<void>;
  /** Stops the process without ending it: connections stay open and silent. */
  freeze(): void;
  thaw(): void;
  stop(): Promise<void>;
}

export interface RedisServerOptions {
  /** Append-only file with fsync on every write. Default: nothing is kept. */
  readonly appendonly?: boolean;
  /** Further arguments, e.g. `['--maxmemory', '10mb']`. */
  readonly extra?: readonly string[];
}

/** A private server on a random port below the ephemeral range, in a temp folder, that dies with this process. */
export async function startRedis(options: RedisServerOptions = {}): Promise<RedisServer> {
  for (let attempt = 0; attempt < 20; attempt++) {
    const port = 10_000 + Math.floor(Math.random() * 12_000);
    const dir = mkdtempSync(join(tmpdir(), 'portico-redis-'));
    const arguments_ = ['--port', `${port}`, '--dir', dir, '--save', '', '--bind', '127.0.0.1', ...(options.extra ?? [])];
    if (options.appendonly === true) arguments_.push('--appendonly', 'yes', '--appendfsync', 'always');
    const server = createServer(port, dir, arguments_);
    try {
      await server.restart();
      return server;
    } catch {
      await server.stop();
    }
  }
  throw new Error('no port for a redis-server was free in twenty tries');
}

export interface RedisCluster {
  readonly nodes: readonly RedisServer[];
  readonly urls: readonly string[];
  /** Starts the nodes that were killed; resolves when the Cluster serves. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** Three masters with a third of the slots each, without replicas. Resolves when the Cluster serves. */
export async function startRedisCluster(): Promise<RedisCluster> {
  const extra = ['--cluster-enabled', 'yes', '--cluster-node-timeout', '2000', '--cluster-require-full-coverage', 'no'];
  const nodes = await Promise.all([1, 2, 3].map(() => startRedis({ extra })));
  const addresses = nodes.map(({ port }) => `127.0.0.1:${port}`);
  execFileSync('redis-cli', ['--cluster', 'create', ...addresses, '--cluster-yes'], { stdio: 'ignore' });
  const untilServing = async () => {
    for (const { port } of nodes) {
      await untilTrue(`node ${port} serves its slots`, async () => {
        const state = String(await withClient(port, (client) => client.cluster('INFO')));
        return state.includes('cluster_state:ok') && state.includes('cluster_slots_ok:16384') && state.includes('cluster_known_nodes:3');
      });
    }
  };
  await untilServing();
  return {
    nodes,
    urls: nodes.map(({ url }) => url),
    async restart() {
      await Promise.all(nodes.filter((node) => !node.isRunning).map((node) => node.restart()));
      await untilServing();
    },
    async stop() {
      await Promise.all(nodes.map((node) => node.stop()));
    },
  };
}

/** Asks every 20 ms until it is so; fails after the deadline. */
export async function untilTrue(what: string, ask: () => Promise<boolean> | boolean, deadlineMs = 15_000): Promise<void> {
  const end = Date.now() + deadlineMs;
  let last: unknown;
  while (Date.now() < end) {
    try {
      if (await ask()) return;
    } catch (error) {
      last = error;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`not within ${deadlineMs} ms: ${what}`, { cause: last });
}

function createServer(port: number, dir: string, arguments_: readonly string[]): RedisServer {
  let child: ChildProcess | undefined;
  const kill9 = async () => {
    const dying = child;
    child = undefined;
    if (dying === undefined || dying.exitCode !== null || dying.signalCode !== null) return;
    const gone = new Promise((resolve) => dying.once('exit', resolve));
    dying.kill('SIGKILL');
    await gone;
  };
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    get isRunning() {
      return child !== undefined;
    },
    kill9,
    async restart() {
      if (child !== undefined) throw new Error('the server runs');
      const started = spawn(...command(arguments_), { stdio: 'ignore' });
      child = started;
      await untilTrue(
        `redis-server on port ${port} serves`,
        async () => {
          if (started.exitCode !== null) throw new Error('redis-server ended');
          return (await withClient(port, (client) => client.ping())) === 'PONG';
        },
        5000,
      );
    },
    freeze: () => child?.kill('SIGSTOP'),
    thaw: () => child?.kill('SIGCONT'),
    async stop() {
      await kill9();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

async function withClient<T>(port: number, ask: (client: Redis) => Promise<T>): Promise<T> {
  const client = new Redis({ port, host: '127.0.0.1', lazyConnect: true, retryStrategy: null, enableOfflineQueue: false });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await ask(client);
  } finally {
    client.disconnect();
  }
}

function command(arguments_: readonly string[]): [string, string[]] {
  return has('setpriv') ? ['setpriv', ['--pdeathsig', 'KILL', 'redis-server', ...arguments_]] : ['redis-server', [...arguments_]];
}

export const hasRedis = () => has('redis-server');

function has(binary: string): boolean {
  try {
    execFileSync('which', [binary], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
