import { Cluster, Redis } from 'ioredis';
import type { Endpoint } from './endpoint.ts';
import { SCRIPTS } from './scripts.ts';

export type Client = Redis | Cluster;

/**
 * The one client of a connection. Nothing waits for an engine that is away: without a connection a command is refused at once, an
 * answer that is lost is an error (never sent a second time), and a connection that stays silent for `answerTimeoutMs` while an answer is
 * due is given up. Reconnecting goes on for ever, at least once a second.
 */
export function createClient(endpoint: Endpoint): Client {
  if (endpoint.kind === 'single') {
    return new Redis({
      ...nodeOptions(endpoint),
      host: endpoint.host,
      port: endpoint.port,
      db: endpoint.db,
      enableOfflineQueue: false,
      scripts: SCRIPTS,
    });
  }
  return new Cluster([...endpoint.nodes], {
    lazyConnect: true,
    enableAutoPipelining: true,
    enableOfflineQueue: false,
    scripts: SCRIPTS,
    // A cut connection must surface: the client's own retry would send a write that may have been applied once more.
    retryDelayOnFailover: 0,
    slotsRefreshTimeout: 2000,
    slotsRefreshInterval: 2000,
    clusterRetryStrategy: backoffMs,
    redisOptions: { ...nodeOptions(endpoint), lazyConnect: true },
  });
}

/** A connection of its own for subscriptions, to one node. */
export function createSubscriber(endpoint: Endpoint, node: { readonly host: string; readonly port: number }): Redis {
  return new Redis({
    ...nodeOptions(endpoint),
    host: node.host,
    port: node.port,
    db: endpoint.kind === 'single' ? endpoint.db : 0,
    enableAutoPipelining: false,
    enableOfflineQueue: false,
    autoResubscribe: false,
  });
}

/** 50, 100, 200, 400, 800, 1000, 1000, … ms, each with up to a fifth of jitter. */
export function backoffMs(attempt: number): number {
  const base = Math.min(50 * 2 ** Math.min(attempt - 1, 5), 1000);
  return base - Math.floor(Math.random() * (base / 5));
}

function nodeOptions(endpoint: Endpoint) {
  return {
    lazyConnect: true,
    protocol: 2 as const,
    enableAutoPipelining: true,
    connectTimeout: 2000,
    socketTimeout: endpoint.answerTimeoutMs,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    retryStrategy: backoffMs,
    disableClientInfo: true,
    connectionName: 'portico',
    ...(endpoint.username === undefined ? {} : { username: endpoint.username }),
    ...(endpoint.password === undefined ? {} : { password: endpoint.password }),
    ...(endpoint.tls ? { tls: {} } : {}),
  };
}

/** The masters of a Cluster, or the one node. */
export function mastersOf(client: Client): readonly Redis[] {
  return client instanceof Cluster ? client.nodes('master') : [client];
}
