import { type Adapter, type ConnectContext, type Connection, defineAdapter, isPortError, PortError } from '../../ports/index.ts';
import { type Conn, connectPostgres } from './connection.ts';
import { startEmbedded } from './embedded/server.ts';
import { keyValueProvider } from './key-value.ts';
import { leaseProvider } from './lease.ts';
import { eventLogProvider } from './log/event-log.ts';
import { pubSubProvider } from './pub-sub.ts';
import { relationalProvider } from './relational.ts';

export interface PostgresOptions {
  /** `postgres://user:password@host:port/database`; `?sslmode=require` and the other settings of postgres.js are understood. */
  readonly url: string;
  /** Links for plugins' queries and transactions, default 10. The adapter's own ports use seven more at most. */
  readonly poolSize?: number;
  /** Cuts off any statement of a plugin that runs longer, default 30,000. Migrations are not cut off. */
  readonly statementTimeoutMs?: number;
}

export interface EmbeddedPostgresOptions {
  /** Where the data lives; made when it is missing. One gateway at a time. */
  readonly folder: string;
  /** Default: chosen from the folder's path once and kept while it is free, 20,000–29,999. */
  readonly port?: number;
  /** A folder with the `bin/`, `lib/` and `share/` of a PostgreSQL 17 or newer; default: the npm package for this machine. */
  readonly binaries?: string;
  readonly poolSize?: number;
  readonly statementTimeoutMs?: number;
}

const VERSION = '0.1.0';
const POOL_SIZE = 10;
const STATEMENT_TIMEOUT_MS = 30_000;

const provides = {
  relational: relationalProvider,
  eventLog: eventLogProvider,
  lease: leaseProvider,
  pubSub: pubSubProvider,
  keyValue: keyValueProvider,
} as const;

/** A PostgreSQL server of yours, version 15 or newer. The user must be allowed to create the schema `portico`. */
export const postgres = (options: PostgresOptions): Adapter<typeof provides, Conn> =>
  defineAdapter({
    name: 'postgres',
    version: VERSION,
    provides,
    async connect(context: ConnectContext): Promise<Connection<Conn>> {
      const { host, pathname } = new URL(options.url);
      const conn = await connectPostgres(settingsOf(options), context).catch((error: unknown) => {
        throw isPortError(error) ? new PortError(error.code, `${host}: ${error.message}`, { adapter: 'postgres', cause: error }) : error;
      });
      const description = `PostgreSQL ${conn.serverVersion} at ${host}${pathname}`;
      return { conn, description, health: () => conn.health(), close: () => conn.close() };
    },
  });

/** A real PostgreSQL out of npm, started and stopped with the gateway, on the loopback interface only. */
export const embeddedPostgres = (options: EmbeddedPostgresOptions): Adapter<typeof provides, Conn> =>
  defineAdapter({
    name: 'embedded-postgres',
    version: VERSION,
    provides,
    async connect(context: ConnectContext): Promise<Connection<Conn>> {
      const server = await startEmbedded(options, context);
      const conn = await connectPostgres(settingsOf({ ...options, url: server.url }), context).catch(async (error: unknown) => {
        await server.stop();
        throw error;
      });
      return {
        conn,
        description: `PostgreSQL ${conn.serverVersion} in ${server.place}, port ${server.port}`,
        health: () => conn.health(),
        async close() {
          await conn.close();
          await server.stop();
        },
      };
    },
  });

function settingsOf(options: PostgresOptions): { url: string; poolSize: number; statementTimeoutMs: number } {
  return {
    url: options.url,
    poolSize: options.poolSize ?? POOL_SIZE,
    statementTimeoutMs: options.statementTimeoutMs ?? STATEMENT_TIMEOUT_MS,
  };
}
