import { PortError } from '../../ports/index.ts';

/** One server by URL (`redis://`, `rediss://`), or a Cluster by `redis+cluster://host,host:port` or by the URLs of some of its nodes. */
export type RedisOptions = ({ readonly url: string } | { readonly nodes: readonly string[] }) & {
  /**
   * `disk` claims durability on every port and has `connect` verify it: the engine must run with `appendonly yes` and
   * `appendfsync always`. Default `memory`.
   */
  readonly durable?: 'memory' | 'disk';
  /** How long an answer may be due before the connection counts as dead, 200–60,000 ms. Default 5000. */
  readonly answerTimeoutMs?: number;
};

interface Shared {
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly tls: boolean;
  readonly answerTimeoutMs: number;
}

export interface Node {
  readonly host: string;
  readonly port: number;
}

export type Endpoint =
  | (Shared & Node & { readonly kind: 'single'; readonly db: number })
  | (Shared & { readonly kind: 'cluster'; readonly nodes: readonly Node[] });

/** Reads where the engine is. A malformed address: INVALID_ARGUMENT, without the address in the message since it may hold a password. */
export function parseEndpoint(options: RedisOptions): Endpoint {
  const answerTimeoutMs = options.answerTimeoutMs ?? 5000;
  if (!Number.isSafeInteger(answerTimeoutMs) || answerTimeoutMs < 200 || answerTimeoutMs > 60_000) {
    throw new PortError('INVALID_ARGUMENT', 'answerTimeoutMs must be an integer from 200 to 60000', { adapter: 'redis' });
  }
  const urls = ('nodes' in options ? options.nodes : splitCluster(options.url)).map(parseUrl);
  const [first] = urls;
  if (first === undefined)
    throw new PortError('INVALID_ARGUMENT', 'a Redis Cluster needs the address of one node at least', { adapter: 'redis' });
  const shared = { username: first.username, password: first.password, tls: first.tls, answerTimeoutMs };
  const isCluster = 'nodes' in options || /^rediss?\+cluster:/.test(options.url);
  if (isCluster) return { ...shared, kind: 'cluster', nodes: urls.map(({ host, port }) => ({ host, port })) };
  return { ...shared, kind: 'single', host: first.host, port: first.port, db: first.db };
}

/** What an operator may see: hosts and ports. */
export function describeEndpoint(endpoint: Endpoint): string {
  const nodes = endpoint.kind === 'single' ? [endpoint] : endpoint.nodes;
  const at = nodes.map(({ host, port }) => `${host}:${port}`).join(', ');
  return endpoint.kind === 'single' && endpoint.db > 0 ? `${at}, database ${endpoint.db}` : at;
}

function splitCluster(url: string): string[] {
  const match = /^(rediss?)\+cluster:\/\/(?:([^@/]*)@)?([^/?#]+)/.exec(url);
  if (match === null) return [url];
  const [, scheme, credentials, hosts = ''] = match;
  return hosts.split(',').map((host) => `${scheme}://${credentials === undefined ? '' : `${credentials}@`}${host}`);
}

function parseUrl(text: string) {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw new PortError('INVALID_ARGUMENT', 'the address of Redis is no URL', { adapter: 'redis' });
  }
  if (url.protocol !== 'redis:' && url.protocol !== 'rediss:') {
    throw new PortError('INVALID_ARGUMENT', `the address of Redis must begin with redis://, rediss:// or redis+cluster://`, {
      adapter: 'redis',
    });
  }
  const db = Number(url.pathname.slice(1) || '0');
  if (!Number.isSafeInteger(db) || db < 0) {
    throw new PortError('INVALID_ARGUMENT', 'the path of a Redis address is the number of a database', { adapter: 'redis' });
  }
  return {
    host: url.hostname.replace(/^\[|\]$/g, '') || '127.0.0.1',
    port: Number(url.port || '6379'),
    username: url.username === '' ? undefined : decodeURIComponent(url.username),
    password: url.password === '' ? undefined : decodeURIComponent(url.password),
    tls: url.protocol === 'rediss:',
    db,
  };
}
